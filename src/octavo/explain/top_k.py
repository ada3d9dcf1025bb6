"""Top-k sparse autoencoder: every vector as a sum of a few directions out of many, found in one step.

Scaling and evaluating sparse autoencoders (Gao, la Tour, Tillman, Goh, Troll, Radford, Sutskever, Leike and
Wu, 2024), arXiv:2406.04093. Of a vector x, as many latents as are asked for stay, those with the largest
activations:

    z = TopK(W_enc (x - b)),    x̂ = b + Σ_j z_j d_j,    loss = ‖x - x̂‖²,    ‖d_j‖ = 1.

Differs from the paper: NumPy throughout, with the gradient written out, so that a house without torch can
explain itself. A latent that has been silent for an epoch is given the direction of a vector that was
reconstructed badly, in the place of the auxiliary loss. There is no bias in the encoder; activations below
zero are set to it.
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
from octavo.protocols import Array

_KIND: Final = "top-k sparse autoencoder"
_VERSION: Final = 1
_BATCH: Final = 256


class TopKAutoencoder:
    """Learns `latents` directions of which k make up a vector. A Transform: vectors to their dense codes.

    dictionary_: (M, D), the directions, of unit length. encoder_: (M, D). centre_: (D,), the mean vector.
    """

    def __init__(
        self, latents: int = 256, k: int = 8, *, epochs: int = 30, rate: float = 3e-3, seed: int = 0
    ) -> None:
        if not 1 <= k <= latents:
            raise ValueError(f"k must be 1 .. latents, got k={k} and latents={latents}")
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
        arrays = {"encoder": dictionary.copy(), "dictionary": dictionary}
        adam = Adam(arrays, self.rate)
        for _ in range(self.epochs):
            used = np.zeros(self.latents, bool)
            for rows in np.array_split(rng.permutation(len(centred)), max(1, len(centred) // _BATCH)):
                batch = centred[rows]
                codes = _highest(batch @ arrays["encoder"].T, self.k)
                used[codes.places[codes.amounts > 0]] = True
                adam.step(self._gradients(arrays["dictionary"], batch, codes))
                arrays["dictionary"] /= np.linalg.norm(arrays["dictionary"], axis=1, keepdims=True)
            self._revive(arrays, centred, used, rng)
        self.encoder_, self.dictionary_ = arrays["encoder"], arrays["dictionary"]
        return self

    def _gradients(self, dictionary: Array, batch: Array, codes: Codes) -> dict[str, Array]:
        """Return the gradients of the mean squared error; only latents that are there have one."""
        z = codes.dense(self.latents)
        error = (z @ dictionary - batch) * (2 / len(batch))
        through = (error @ dictionary.T) * (z > 0)
        return {"dictionary": z.T @ error, "encoder": through.T @ batch}

    def _revive(
        self, arrays: dict[str, Array], centred: Array, used: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        silent = np.flatnonzero(~used)
        if not len(silent):
            return
        some = centred[rng.permutation(len(centred))[: 4 * _BATCH]]
        codes = _highest(some @ arrays["encoder"].T, self.k)
        error = some - codes.dense(self.latents) @ arrays["dictionary"]
        worst = np.argsort(-(error**2).sum(axis=1), kind="stable")[: len(silent)]
        fresh = unit(error[worst])
        arrays["dictionary"][silent[: len(fresh)]] = fresh
        arrays["encoder"][silent[: len(fresh)]] = fresh

    def encode(self, x: npt.ArrayLike, k: int | None = None) -> Codes:
        """Return the codes of vectors (N, D), k of them, the strongest latent first."""
        return _highest(self._centred(x) @ self.encoder_.T, k or self.k)

    def decode(self, codes: Codes) -> Array:
        """Return (N, D), the vectors that codes stand for."""
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
        arrays = {"dictionary": self.dictionary_, "encoder": self.encoder_, "centre": self.centre_}
        saving.save(folder, _KIND, _VERSION, saving.Saved({"k": self.k}, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = saving.load(folder, _KIND, _VERSION)
        made = cls(len(saved.arrays["dictionary"]), int(saved.facts["k"]))
        made.dictionary_, made.encoder_ = saved.arrays["dictionary"], saved.arrays["encoder"]
        made.centre_ = saved.arrays["centre"]
        return made

    def _centred(self, x: npt.ArrayLike) -> Array:
        if self.dictionary_ is None:
            raise NotFittedError("fit before encode or transform")
        centred: Array = matrix(x, "x", dim=self.dictionary_.shape[1]) - self.centre_
        return centred


def first_directions(centred: Array, latents: int, rng: np.random.Generator) -> Array:
    """Return (latents, D) of unit length to begin with: directions of rows, blurred so that none is twice."""
    rows = centred[rng.integers(0, len(centred), latents)]
    scale = np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    noise = rng.standard_normal(rows.shape).astype(np.float32) * scale / np.sqrt(rows.shape[1])
    return unit(rows + 0.3 * noise)


def _highest(activations: Array, k: int) -> Codes:
    k = min(k, activations.shape[1])
    some = np.argpartition(-activations, k - 1, axis=1)[:, :k]
    amounts = np.take_along_axis(activations, some, axis=1)
    order = np.argsort(-amounts, axis=1, kind="stable")
    places = np.take_along_axis(some, order, axis=1).astype(np.int64)
    return Codes(places, np.maximum(np.take_along_axis(amounts, order, axis=1), 0))
