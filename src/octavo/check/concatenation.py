"""Concatenation: what encoders know that were taught apart is more than any of them knows.

Learning useful representations for shifting tasks and distributions
(Zhang and Bottou, 2022), arXiv:2212.07346. Training finds the features that its task needs and stops; another
run, or another encoder, stops at others. For tasks to come, n of them side by side,

    z(x) = [ w_1 z_1(x) ; .. ; w_n z_n(x) ] / √(Σ w²),   each z_i of unit length,

are the better start, even than one of the same size.

Differs from the paper: for search each part is brought to unit length, so that the cosine of two
concatenations is the mean of the parts' cosines, weighted by w²; theirs feeds a linear probe.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Encoder


def concatenated(parts: Sequence[npt.ArrayLike], weights: Sequence[float] | None = None) -> Array:
    """Return (N, D_1 + .. + D_n) of unit length from vectors (N, D_i). weights: w, by default all 1.

    Raises ShapeError.
    """
    if not parts:
        raise ShapeError("parts must hold at least one array, got none")
    share = np.ones(len(parts)) if weights is None else np.asarray(weights, np.float64)
    if share.shape != (len(parts),) or not (share >= 0).all() or not share.any():
        raise ShapeError(f"weights must be {len(parts)} numbers from 0, not all 0, got {weights!r}")
    first = matrix(parts[0], "parts[0]")
    arrays = [first, *(matrix(x, f"parts[{i}]", rows=len(first)) for i, x in enumerate(parts[1:], 1))]
    return unit(np.hstack([unit(x) * np.float32(w) for x, w in zip(arrays, share, strict=True)]))


class ConcatenatedEncoder:
    """An Encoder of several, side by side. Raises ValueError for none."""

    def __init__(self, encoders: Sequence[Encoder], weights: Sequence[float] | None = None) -> None:
        if not encoders:
            raise ValueError("encoders must hold at least one, got none")
        self.encoders, self.weights = tuple(encoders), weights

    @property
    def dim(self) -> int:
        """D, those of all together."""
        return sum(encoder.dim for encoder in self.encoders)

    @property
    def name(self) -> str:
        """The names of all, and their weights."""
        names = "+".join(str(getattr(each, "name", type(each).__qualname__)) for each in self.encoders)
        return f"{names}:{','.join(map(str, self.weights))}" if self.weights else names

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) vectors of unit length."""
        return concatenated([each.encode_documents(texts) for each in self.encoders], self.weights)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) vectors of unit length."""
        return concatenated([each.encode_queries(texts) for each in self.encoders], self.weights)
