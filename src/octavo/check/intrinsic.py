"""Intrinsic dimension and label sharpness: how many directions vectors use, how suddenly labels change.

The Effect of Intrinsic Dataset Properties on Generalization: Unraveling Learning Differences Between
Natural and Medical Images (Konz and Mazurowski, 2024), arXiv:2401.08865. Of a vector x with neighbours at
the distances T_1 ≤ .. ≤ T_k, and of pairs of vectors with labels,

    1 / dimension = mean over x of  1 / (k - 1) Σ_{j < k} log(T_k / T_j)
    sharpness K   = max over pairs of  [y_1 ≠ y_2] / |x_1 - x_2|

Learning takes the more examples the larger either is, error ~ K N^(-1/dimension), and a representation's
dimension is at most that of the data. TwoNN, dimension = N / Σ log(T_2 / T_1), asks less of how even the
density is: Estimating the intrinsic dimension of datasets by a minimal neighborhood information
(Facco, d'Errico, Rodriguez and Laio, 2017), doi:10.1038/s41598-017-11873-y.

Differs from the paper: the authors' code compares the labels of several classes with == where the text says
they must differ; here they differ. A maximum over a million pairs is a matter of chance, so a quantile may be
asked for in its place. Doubles are left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array

_BLOCK: Final = 1024
_TINY: Final = 1e-12


def dimension(x: npt.ArrayLike, *, k: int = 20) -> float:
    """Return the intrinsic dimension of (N, D) by the maximum likelihood of k neighbours.

    Raises ShapeError where fewer than k + 1 vectors differ, ValueError for k below 2.
    """
    if k < 2:
        raise ValueError(f"k must be at least 2, got {k}")
    near = _neighbours(x, k)
    inverse = np.log(near[:, -1:] / near[:, :-1]).mean(axis=1)
    return float(1 / max(float(inverse.mean()), _TINY))


def two_nearest(x: npt.ArrayLike) -> float:
    """Return the intrinsic dimension of (N, D) by the ratio of the two nearest. Raises ShapeError."""
    near = _neighbours(x, 2)
    return float(len(near) / max(float(np.log(near[:, 1] / near[:, 0]).sum()), _TINY))


def sharpness(
    x: npt.ArrayLike, labels: npt.ArrayLike, *, pairs: int = 100_000, quantile: float = 1.0, seed: int = 0
) -> float:
    """Return K of (N, D) with labels (N,) over so many pairs drawn by chance; 0 where no labels differ.

    quantile: 1 is the maximum. Raises ShapeError, and ValueError for pairs below 1 or another quantile.
    """
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1, got {pairs}")
    if not 0 <= quantile <= 1:
        raise ValueError(f"quantile must be from 0 to 1, got {quantile}")
    given = matrix(x, "x", least=2).astype(np.float64)
    y = integers(labels, "labels", len(given))
    rng = np.random.default_rng(seed)
    one = rng.integers(0, len(given), pairs)
    other = (one + rng.integers(1, len(given), pairs)) % len(given)
    apart = np.linalg.norm(given[one] - given[other], axis=1)
    there = apart > _TINY
    if not there.any():
        raise ShapeError(f"x must hold vectors that differ, got {given.shape}, all rows equal")
    return float(np.quantile((y[one] != y[other])[there] / apart[there], quantile))


def _neighbours(x: npt.ArrayLike, k: int) -> Array:
    """Return (N, k), the distances of every different vector to its k nearest, the nearest first."""
    given = np.unique(matrix(x, "x", least=2), axis=0).astype(np.float64)
    if len(given) <= k:
        raise ShapeError(f"x must have more than {k} rows that differ, got {len(given)}")
    squares = (given**2).sum(axis=1)
    found = np.empty((len(given), k))
    for low in range(0, len(given), _BLOCK):
        some = given[low : low + _BLOCK]
        distances = squares[low : low + _BLOCK, None] + squares - 2 * some @ given.T
        distances[np.arange(len(some)), np.arange(low, low + len(some))] = np.inf
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        # Differences of squares lose the small ones: of the nearest they are taken again.
        exact = np.linalg.norm(some[:, None] - given[nearest], axis=2)
        found[low : low + _BLOCK] = np.sort(exact, axis=1)
    near: Array = np.maximum(found, _TINY)
    return near
