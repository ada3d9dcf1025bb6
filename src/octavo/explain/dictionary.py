"""A learned dictionary: what sparse autoencoders do alike, whichever way they find the codes of a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.codes import Codes
from octavo.protocols import Array
from octavo.saving import Kept


class LearnedDictionary(Kept):
    """Learns `latents` directions of which k make up a vector. A Transform: vectors to their dense codes.

    dictionary_: (M, D), the directions, of unit length. centre_: (D,), the mean vector.
    """

    _version = 2
    _asked = ("latents", "k", "epochs", "rate", "seed")
    _kept: ClassVar[Mapping[str, str]] = {"dictionary": "dictionary_", "centre": "centre_"}

    dictionary_: Array
    centre_: Array

    def __init__(
        self, latents: int = 256, k: int = 8, *, epochs: int = 30, rate: float = 3e-3, seed: int = 0
    ) -> None:
        if k < 1 or latents < 1:
            raise ValueError(f"k and latents must be at least 1, got k={k} and latents={latents}")
        self.latents, self.k, self.epochs, self.rate, self.seed = latents, k, epochs, rate, seed

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:
        """Learn from vectors (N, D); y is not looked at. Raises ShapeError."""
        given = matrix(x, "x", least=2)
        self.centre_ = given.mean(axis=0)
        centred = given - self.centre_
        if not centred.any():
            raise ShapeError(f"x must vary, got {len(given)} equal rows")
        self.dictionary_ = self._learn(centred, np.random.default_rng(self.seed))
        return self

    def encode(self, x: npt.ArrayLike, k: int | None = None) -> Codes:
        """Return the codes of vectors (N, D), k latents each, those first that count most.

        k may be another than the one learned with. Raises NotFittedError, ShapeError.
        """
        dictionary = self._fitted()
        centred = matrix(x, "x", dim=dictionary.shape[1]) - self.centre_
        return self._codes(centred, dictionary, k or self.k)

    def decode(self, codes: Codes) -> Array:
        """Return (N, D), the vectors that codes stand for. Raises NotFittedError."""
        made: Array = codes.dense(self.latents) @ self._fitted() + self.centre_
        return made

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, M), dense codes. Raises NotFittedError, ShapeError."""
        return self.encode(x).dense(self.latents)

    def _fitted(self) -> Array:
        if not hasattr(self, "dictionary_"):
            raise NotFittedError("fit before it is used")
        return self.dictionary_

    def _learn(self, centred: Array, rng: np.random.Generator) -> Array:
        """Return the dictionary (M, D) for centred vectors (N, D)."""
        raise NotImplementedError

    def _codes(self, centred: Array, dictionary: Array, k: int) -> Codes:
        raise NotImplementedError


def first_directions(centred: Array, latents: int, rng: np.random.Generator) -> Array:
    """Return (latents, D) of unit length to begin with: directions of rows, blurred so that none is twice."""
    rows = centred[rng.integers(0, len(centred), latents)]
    scale = np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    noise = rng.standard_normal(rows.shape).astype(np.float32) * scale / np.sqrt(rows.shape[1])
    return unit(rows + 0.3 * noise)
