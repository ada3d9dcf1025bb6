"""Iterative feature merging: how many different units a layer has, found by making one of two that are alike.

Going Beyond Neural Network Feature Similarity: The Network Feature Complexity and Its Interpretation Using
Category Theory (Chen, Zhou and Yan, 2023), arXiv:2310.06756. Of a hidden layer with incoming weights w_i (the
bias among them) and outgoing weights v_i, the nearest two units i and j are merged,

    w ← (n_i w_i + n_j w_j) / (n_i + n_j),    v ← v_i + v_j,    n ← n_i + n_j,

again and again, until no two are nearer than a threshold; how many are left is the layer's complexity. Units
that are the same merge without any change of the network's answers. No data and no training are needed.

Differs from the paper: weights are compared as they stand, not normalised for each layer; a hidden layer of a
multi-layer perceptron only, without convolutions and batch normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.protocols import Array, Ids


@dataclass(frozen=True, slots=True)
class Merged:
    """incoming (K, I), outgoing (K, O): weights of what is left. units (H,): which of them each became."""

    incoming: Array
    outgoing: Array
    units: Ids

    def __len__(self) -> int:
        return len(self.incoming)


def merge(
    incoming: npt.ArrayLike, outgoing: npt.ArrayLike, *, keep: int = 1, threshold: float = float("inf")
) -> Merged:
    """Merge units until `keep` are left or no two are nearer than the threshold.

    incoming: (H, I), a unit a row, with the bias as one of the I where there is one. outgoing: (H, O).
    Raises ShapeError; ValueError for a keep that is not 1 .. H.
    """
    given = matrix(incoming, "incoming", least=1)
    after = matrix(outgoing, "outgoing", rows=len(given)).astype(np.float64)
    before = given.astype(np.float64)
    if not 1 <= keep <= len(given):
        raise ValueError(f"keep must be 1 .. {len(given)}, got {keep}")
    after = after.copy()
    sizes = np.ones(len(given))
    units = np.arange(len(given), dtype=np.int64)
    squared = ((before[:, None] - before) ** 2).sum(axis=2) if len(given) <= 64 else _distances(before)
    np.fill_diagonal(squared, np.inf)
    left = len(given)
    while left > keep:
        flat = int(squared.argmin())
        i, j = divmod(flat, len(given))
        if squared[i, j] >= threshold**2:
            break
        i, j = min(i, j), max(i, j)
        before[i] = (sizes[i] * before[i] + sizes[j] * before[j]) / (sizes[i] + sizes[j])
        after[i] += after[j]
        sizes[i] += sizes[j]
        units[units == j] = i
        squared[j] = squared[:, j] = np.inf
        alive = np.isfinite(squared[i])
        alive[i] = False
        squared[i, alive] = squared[alive, i] = ((before[alive] - before[i]) ** 2).sum(axis=1)
        left -= 1
    kept, renamed = np.unique(units, return_inverse=True)
    return Merged(before[kept].astype(np.float32), after[kept].astype(np.float32), renamed.astype(np.int64))


def _distances(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    norms = (x**2).sum(axis=1)
    squared: npt.NDArray[np.float64] = np.maximum(norms[:, None] + norms - 2 * x @ x.T, 0)
    return squared
