"""Off the shelf: a frozen encoder, whitened, and a line between the classes: the baseline to beat.

CNN Features off-the-shelf: an Astounding Baseline for Recognition (Sharif Razavian, Azizpour, Sullivan and
Carlsson, 2014), arXiv:1403.6382. What a network learned for one task is taken as it is for others: scaled
to unit length, and for search rotated onto its principal directions, whitened and scaled again,

    z = norm( Λ^(-1/2) Vᵀ (norm(x) - mean) ),   V, Λ from the covariance's eigenvectors, the first d;

for classes a linear support vector machine is learned on norm(x). What a method of one's own adds is told by
the difference to that.

Differs from the paper: x are a text encoder's vectors, not the activations of a network of pictures, so there
are no crops and no search over parts. Whitening may be partial, Λ^(-power/2), since full whitening lifts
directions that are mostly noise.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array

_TINY: Final = 1e-9


class Whitened:
    """A Transform: the first principal directions, whitened. dims: d, all if None. power: 1 whitens fully.

    Raises ValueError for dims below 1 or a power below 0.
    """

    def __init__(self, dims: int | None = None, *, power: float = 1.0) -> None:
        if dims is not None and dims < 1:
            raise ValueError(f"dims must be at least 1, got {dims}")
        if not power >= 0:
            raise ValueError(f"power must be at least 0, got {power}")
        self.dims, self.power = dims, power

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:
        """Learn from (N, D); y is not looked at. Raises ShapeError."""
        given = unit(matrix(x, "x", least=2)).astype(np.float64)
        self.mean_ = given.mean(axis=0)
        values, directions = np.linalg.eigh(np.cov(given.T, bias=True).reshape(given.shape[1], -1))
        if values[-1] < _TINY:
            raise ShapeError(f"x must hold vectors that differ, got {given.shape}, all rows equal")
        order = np.argsort(-values, kind="stable")[: self.dims]
        kept = order[values[order] > _TINY * values[-1]]
        self.directions_ = directions[:, kept] * values[kept] ** (-self.power / 2)
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, d) of unit length. Raises ShapeError, NotFittedError."""
        if not hasattr(self, "mean_"):
            raise NotFittedError("Whitened must be fitted before it is used")
        given = unit(matrix(x, "x", dim=len(self.mean_)))
        return unit(((given - self.mean_) @ self.directions_).astype(np.float32))


def linear(
    x: npt.ArrayLike, labels: npt.ArrayLike, asked: npt.ArrayLike, *, strength: float = 1.0, seed: int = 0
) -> Array:
    """Return (M, C): how a linear support vector machine, learned from (N, D) and labels (N,), scores (M, D).

    strength: C of the machine; the larger, the less it is held back. Raises ShapeError.
    """
    from sklearn.svm import LinearSVC  # of the extra `learn`

    given = unit(matrix(x, "x", least=2))
    y = integers(labels, "labels", len(given))
    classes = np.unique(y)
    if len(classes) < 2:
        raise ShapeError(f"labels must be of at least 2 classes, got {len(classes)}")
    machine = LinearSVC(C=strength, random_state=seed).fit(given, y)
    scores = machine.decision_function(unit(matrix(asked, "asked", dim=given.shape[1])))
    both: Array = (np.column_stack([-scores, scores]) if scores.ndim == 1 else scores).astype(np.float32)
    return both
