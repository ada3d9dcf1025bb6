"""Matching-pursuit sparse autoencoder: one direction after another, each explaining what the last ones left.

From Flat to Hierarchical: Extracting Sparse Representations with Matching Pursuit (Costa, Fel, Lubana,
Tolooshams and Ba, 2025), arXiv:2506.03093. The residual r begins as the vector, and each step takes away its
part along the direction nearest to it:

    j = argmax_j ⟨d_j, r⟩,    a = max(⟨d_j, r⟩, 0),    r ← r - a d_j,    x̂ = b + Σ a d_j,    ‖d_j‖ = 1.

The residual never grows, so one dictionary serves for any number of steps; what comes later is right-angled
to what came before, so a general direction is followed by a finer one within it. The order of the steps is
the reason to show.

Differs from the paper: NumPy throughout. The dictionary follows the gradient of ‖r‖² with the choices and the
amounts held; it does not go through the unrolled steps. Directions that no vector has chosen for an epoch are
replaced by residuals that are large.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo import saving
from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.codes import Adam, Codes
from octavo.explain.top_k import first_directions
from octavo.protocols import Array

_KIND: Final = "matching-pursuit sparse autoencoder"
_VERSION: Final = 1
_BATCH: Final = 256


def pursue(x: Array, dictionary: Array, steps: int) -> tuple[Codes, Array]:
    """Return the codes (N, steps) of vectors (N, D) in the order chosen, and the residuals (N, D).

    dictionary: (M, D), rows of unit length.
    """
    rows = np.arange(len(x))
    residual = x.astype(np.float32, copy=True)
    likeness, between = residual @ dictionary.T, dictionary @ dictionary.T
    places = np.zeros((len(x), steps), np.int64)
    amounts = np.zeros((len(x), steps), np.float32)
    for step in range(steps):
        best = likeness.argmax(axis=1)
        amount = np.maximum(likeness[rows, best], 0)
        places[:, step], amounts[:, step] = best, amount
        residual -= amount[:, None] * dictionary[best]
        likeness -= amount[:, None] * between[best]
    return Codes(places, amounts), residual


class MatchingPursuit:
    """Learns `latents` directions for k steps of pursuit. A Transform: vectors to their dense codes.

    dictionary_: (M, D), the directions, of unit length. centre_: (D,), the mean vector.
    """

    def __init__(
        self, latents: int = 256, k: int = 8, *, epochs: int = 30, rate: float = 3e-3, seed: int = 0
    ) -> None:
        if k < 1 or latents < 1:
            raise ValueError(f"k and latents must be at least 1, got k={k} and latents={latents}")
        self.latents, self.k, self.epochs, self.rate, self.seed = latents, k, epochs, rate, seed
        self.dictionary_: Array | None = None

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:
        """Learn from vectors (N, D); y is not looked at. Raises ShapeError."""
        given = matrix(x, "x", least=2)
        rng = np.random.default_rng(self.seed)
        self.centre_ = given.mean(axis=0)
        centred = given - self.centre_
        if not centred.any():
            raise ShapeError(f"x must vary, got {len(given)} equal rows")
        dictionary = first_directions(centred, self.latents, rng)
        adam = Adam({"dictionary": dictionary}, self.rate)
        for _ in range(self.epochs):
            used = np.zeros(self.latents, bool)
            residual = centred
            for rows in np.array_split(rng.permutation(len(centred)), max(1, len(centred) // _BATCH)):
                codes, residual = pursue(centred[rows], dictionary, self.k)
                used[codes.places[codes.amounts > 0]] = True
                z = codes.dense(self.latents)
                adam.step({"dictionary": (-2 / len(rows)) * (z.T @ residual)})
                dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
            silent = np.flatnonzero(~used)
            large = np.argsort(-(residual**2).sum(axis=1), kind="stable")[: len(silent)]
            if len(silent) and residual[large].any():
                dictionary[silent[: len(large)]] = unit(residual[large])
        self.dictionary_ = dictionary
        return self

    def encode(self, x: npt.ArrayLike, k: int | None = None) -> Codes:
        """Return the codes of vectors (N, D) by k steps, in the order in which they were chosen.

        k may be another than the one learned with. Raises NotFittedError, ShapeError.
        """
        if self.dictionary_ is None:
            raise NotFittedError("fit before encode or transform")
        centred = matrix(x, "x", dim=self.dictionary_.shape[1]) - self.centre_
        return pursue(centred, self.dictionary_, k or self.k)[0]

    def decode(self, codes: Codes) -> Array:
        """Return (N, D), the vectors that codes stand for. Raises NotFittedError."""
        if self.dictionary_ is None:
            raise NotFittedError("fit before decode")
        made: Array = codes.dense(self.latents) @ self.dictionary_ + self.centre_
        return made

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, M), dense codes. Raises NotFittedError, ShapeError."""
        return self.encode(x).dense(self.latents)

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        if self.dictionary_ is None:
            raise NotFittedError("fit before save")
        arrays = {"dictionary": self.dictionary_, "centre": self.centre_}
        saving.save(folder, _KIND, _VERSION, saving.Saved({"k": self.k}, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = saving.load(folder, _KIND, _VERSION)
        made = cls(len(saved.arrays["dictionary"]), int(saved.facts["k"]))
        made.dictionary_, made.centre_ = saved.arrays["dictionary"], saved.arrays["centre"]
        return made
