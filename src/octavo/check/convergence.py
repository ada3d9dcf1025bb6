"""Convergent learning: whether two representations found the same features, one by one or as a whole.

Convergent Learning: Do different neural networks learn the same representations?
(Li, Yosinski, Clune, Lipson and Hopcroft, 2015), arXiv:1511.07543. With C_ij the correlation, over the same
texts, of unit i of one with unit j of the other:

    one to one      the assignment of units that maximises Σ |C_ij|, and the mean of |C| over it
    semi-matched    for every unit the best of the other, max_j |C_ij|, which may serve many
    sparse          min over w of |y_j - X w|² / 2N + λ |w|₁: how much of a unit a few of the other explain
    many to many    spectral clustering of all units of both by |correlation|: groups that mean the same

Networks share some units, more of them as small groups, and most of all the subspace these span.

Differs from the paper: correlations are absolute, since a direction without its sign is the same feature. The
subspace is compared by canonical correlation, which the paper leaves to later work, small directions damped.
Units that never change are left alone: their correlation is 0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids

_FLOOR: Final = 1e-3
_TINY: Final = 1e-12
_LEAST: Final = 1e-4
_Floats = npt.NDArray[np.float64]


class Sparse(NamedTuple):
    """explained: (D_2,), the share of each unit's variance. used: (D_2,), how many of the other's units."""

    explained: Array
    used: Ids


def correlations(x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return (D_1, D_2) between the units of (N, D_1) and of (N, D_2). Raises ShapeError."""
    a, b = _standard(x, y)
    found: Array = (a.T @ b / len(a)).astype(np.float32)
    return found


def one_to_one(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the mean |correlation| of units matched one to one. Raises ShapeError."""
    from scipy.optimize import linear_sum_assignment  # of the extra `learn`

    strength = np.abs(correlations(x, y))
    return float(strength[linear_sum_assignment(-strength)].mean())


def semi_matched(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the mean, over the units of x, of the |correlation| with the best of y. Raises ShapeError."""
    return float(np.abs(correlations(x, y)).max(axis=1).mean())


def sparse(x: npt.ArrayLike, y: npt.ArrayLike, *, penalty: float = 0.05) -> Sparse:
    """Return how much of y's units a few of x's explain. Raises ShapeError, ValueError for a penalty of 0."""
    from sklearn.linear_model import Lasso  # of the extra `learn`

    if not penalty > 0:
        raise ValueError(f"penalty must be above 0, got {penalty}")
    a, b = _standard(x, y)
    weights = np.array([Lasso(penalty, fit_intercept=False).fit(a, unit).coef_ for unit in b.T])
    left = ((b - a @ weights.T) ** 2).mean(axis=0)
    explained = (1 - left / np.maximum((b**2).mean(axis=0), _TINY)).astype(np.float32)
    return Sparse(explained, (np.abs(weights) > _TINY).sum(axis=1).astype(np.int64))


def many_to_many(x: npt.ArrayLike, y: npt.ArrayLike, groups: int, *, seed: int = 0) -> tuple[Ids, Ids]:
    """Return (D_1,) and (D_2,), the group of every unit of both, from 0. Raises ShapeError."""
    from sklearn.cluster import SpectralClustering  # of the extra `learn`

    a, b = _standard(x, y)
    units = a.shape[1] + b.shape[1]
    if not 1 < groups < units:
        raise ShapeError(f"groups must be from 2 to {units - 1}, got {groups}")
    both = np.hstack([a, b])
    likeness = np.abs(both.T @ both / len(both)) + _LEAST  # so that the graph holds together
    found = SpectralClustering(groups, affinity="precomputed", random_state=seed).fit_predict(likeness)
    return found[: a.shape[1]].astype(np.int64), found[a.shape[1] :].astype(np.int64)


def subspace(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Return the mean canonical correlation, over as many pairs of directions as the narrower has.

    Raises ShapeError.
    """
    a, b = _standard(x, y)
    left, right = _white(a), _white(b)
    agreement = np.linalg.svd(left.T @ right / len(a), compute_uv=False)
    return float(agreement[: min(a.shape[1], b.shape[1])].mean())


def _standard(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[_Floats, _Floats]:
    one = matrix(x, "x", least=2)
    other = matrix(y, "y", rows=len(one))
    made = []
    for name, given in (("x", one), ("y", other)):
        units = given.astype(np.float64) - given.mean(axis=0, dtype=np.float64)
        spread = units.std(axis=0)
        if not (spread > _TINY).any():
            raise ShapeError(f"{name} must hold vectors that differ, got {given.shape}, all rows equal")
        made.append(np.where(spread > _TINY, units / np.maximum(spread, _TINY), 0.0))
    return made[0], made[1]


def _white(x: _Floats) -> _Floats:
    values, directions = np.linalg.eigh(x.T @ x / len(x))
    white: _Floats = x @ (directions / np.sqrt(np.maximum(values, 0) + _FLOOR * values[-1]))
    return white
