"""Random-feature attention: a candidate judged against a set by one layer of attention, in closed form.

What can a Single Attention Layer Learn? A Study Through the Random Features Lens
(Fu, Guo, Bai and Mei, 2023), arXiv:2307.11353. The weights inside the attention are drawn and stay as they
are; only those that read it out, v_m, are learned, by ridge regression. For a query q and keys k_1 .. k_N,

    f(q, K) = Σ_m (1/N) Σ_i σ(⟨q̄, W_m k̄_i⟩) ⟨v_m, k̄_i⟩,    σ the positive part,    k̄ = [k; 1],

which does not ask in what order the keys stand, nor how many there are. W_m is Gaussian, and with a bias
around the identity, so that it begins with how alike a query and a key are.

Differs from the paper: q and k are put to unit length first. What is read out of each feature may be limited
to the one number that the constant in k̄ brings (`readout`), which is what a ranker needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array

Readout = Literal["whole", "constant"]


class RandomFeatureAttention:
    """Learns a number y of queries (N, D) and their sets of keys (T, D), each of at least one.

    features: M. bias: how much of the identity stands in every W_m; 0 is the paper's attention without it.
    strength: of the ridge. readout: "whole", D + 1 numbers a feature, or "constant", one.
    """

    def __init__(
        self,
        features: int = 256,
        *,
        bias: float = 1.0,
        strength: float = 1.0,
        readout: Readout = "whole",
        seed: int = 0,
    ) -> None:
        if features < 1 or strength <= 0 or readout not in ("whole", "constant"):
            raise ValueError(
                "want at least one feature, a strength above 0 and a readout that is whole or constant, got "
                f"{features}, {strength} and {readout!r}"
            )
        self.features, self.bias, self.strength = features, bias, strength
        self.readout, self.seed = readout, seed
        self.read_: Array | None = None
        """What is learned, one number a column of the design."""
        self.mean_ = 0.0
        self._inside = np.empty((0, 0, 0), np.float32)

    def fit(self, queries: npt.ArrayLike, keys: Sequence[npt.ArrayLike], y: npt.ArrayLike) -> Self:
        """Learn y (N,) of queries (N, D), each with its keys (T, D). Raises ShapeError."""
        x = matrix(queries, "queries", least=1)
        wanted = np.asarray(y, np.float64)
        if wanted.shape != (len(x),) or not np.isfinite(wanted).all():
            raise ShapeError(f"y must hold ({len(x)},) finite numbers, got {wanted.shape}")
        size = x.shape[1] + 1
        rng = np.random.default_rng(self.seed)
        drawn = rng.standard_normal((self.features, size, size)) / np.sqrt(size)
        alike = np.diag(np.append(np.ones(size - 1), 0))  # the constants are always alike
        self._inside = (drawn + self.bias * alike).astype(np.float32)
        design = self._design(x, keys).astype(np.float64)
        self.mean_ = float(wanted.mean())
        gram = design.T @ design
        gram[np.diag_indices(len(gram))] += self.strength
        self.read_ = np.linalg.solve(gram, design.T @ (wanted - self.mean_)).astype(np.float32)
        return self

    def predict(self, queries: npt.ArrayLike, keys: Sequence[npt.ArrayLike]) -> Array:
        """Return (N,), told of queries (N, D) with their keys. Raises NotFittedError and ShapeError."""
        if self.read_ is None:
            raise NotFittedError("fit has not been called")
        x = matrix(queries, "queries", dim=self._inside.shape[1] - 1)
        if not len(x):
            return np.empty(0, np.float32)
        made: Array = self._design(x, keys) @ self.read_ + np.float32(self.mean_)
        return made

    def _design(self, queries: Array, keys: Sequence[npt.ArrayLike]) -> Array:
        """(N, M) or (N, M (D + 1)), what the layer tells of every query before it is read out."""
        if len(keys) != len(queries):
            raise ShapeError(f"keys must be ({len(queries)},) sets, as many as queries, got {len(keys)}")
        asked = _with_constant(queries)
        whole = self.readout == "whole"
        made = np.empty((len(queries), self.features * (queries.shape[1] + 1 if whole else 1)), np.float32)
        for row, query, given in zip(made, asked, keys, strict=True):
            each = _with_constant(matrix(given, "keys", dim=queries.shape[1], least=1))
            weights = np.maximum(np.tensordot(query, self._inside, axes=(0, 1)) @ each.T, 0) / len(each)
            row[:] = (weights @ each).ravel() if whole else weights.sum(axis=1)
        return made


def _with_constant(x: Array) -> Array:
    made: Array = np.concatenate([unit(x), np.ones((len(x), 1), np.float32)], axis=1)
    return made
