"""Spherical k-means: groups of vectors by direction, with NumPy alone.

What the methods of this room must beat.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids


class SphericalKMeans:
    """Groups by the cosine with K centres.

    count: K. starts: as many runs, of which the best is kept. rounds: at most so many in each.
    centres_: (K, D) at unit length. labels_: (N,). fit_: the mean cosine with the own centre.
    """

    centres_: Array
    labels_: Ids
    fit_: float

    def __init__(self, count: int, *, starts: int = 1, rounds: int = 30, seed: int = 0) -> None:
        if count < 1 or starts < 1 or rounds < 1:
            raise ValueError(
                f"count, starts and rounds must be at least 1, got {count}, {starts} and {rounds}"
            )
        self.count, self.starts, self.rounds, self.seed = count, starts, rounds, seed

    def fit(self, x: Array) -> Self:
        """Group (N, D), N at least K. Raises ShapeError."""
        rows = unit(matrix(x, "x"))
        if len(rows) < self.count:
            raise ShapeError(f"x must have at least {self.count} rows, got {rows.shape}")
        best = None
        for start in range(self.starts):
            found = self._run(rows, np.random.default_rng([self.seed, start]))
            if best is None or found[2] > best[2]:
                best = found
        assert best is not None
        self.centres_, self.labels_, self.fit_ = best
        return self

    def _run(self, rows: Array, rng: np.random.Generator) -> tuple[Array, Ids, float]:
        centres = rows[spread(rows, self.count, rng)]
        labels = np.full(len(rows), -1, np.int64)
        for _ in range(self.rounds):
            likeness = rows @ centres.T
            new = likeness.argmax(axis=1)
            if np.array_equal(new, labels):
                break
            labels = new
            centres = self._centres(rows, labels, likeness)
        likeness = rows @ centres.T
        labels = likeness.argmax(axis=1)
        return centres, labels, float(likeness.max(axis=1).mean())

    def _centres(self, rows: Array, labels: Ids, likeness: Array) -> Array:
        sums = np.zeros((self.count, rows.shape[1]))
        np.add.at(sums, labels, rows)
        counts = np.bincount(labels, minlength=self.count)
        lost = np.flatnonzero(counts == 0)
        if len(lost):  # a group that lost everybody begins anew where the rows are worst served
            sums[lost] = rows[np.argsort(likeness.max(axis=1))[: len(lost)]]
        return unit(sums.astype(np.float32))

    def predict(self, x: Array) -> Ids:
        """Return (M,), the nearest centre of each row of (M, D). Raises ShapeError, NotFittedError."""
        if not hasattr(self, "centres_"):
            raise NotFittedError("there are no groups yet; call fit first")
        labels: Ids = (matrix(x, "x", dim=self.centres_.shape[1]) @ self.centres_.T).argmax(axis=1)
        return labels


def spread(rows: Array, count: int, rng: np.random.Generator) -> Ids:
    """Return rows to begin with, each drawn by its squared distance from those before (k-means++)."""
    chosen = [int(rng.integers(len(rows)))]
    away = np.maximum(1 - rows @ rows[chosen[0]], 0).astype(np.float64)
    while len(chosen) < count:
        total = away.sum()
        share = away / total if total > 1e-9 else np.full(len(rows), 1 / len(rows))
        chosen.append(int(rng.choice(len(rows), p=share)))
        away = np.minimum(away, np.maximum(1 - rows @ rows[chosen[-1]], 0))
    return np.array(chosen, np.int64)


def stability(labels: Ids, others: list[Ids]) -> Array:
    """Return (K,): how much of each group other runs found again.

    It is the mean, over the runs, of its best Jaccard index with any of their groups.
    """
    count = int(labels.max()) + 1
    sizes = np.bincount(labels, minlength=count)
    best = np.zeros((len(others), count), np.float32)
    for run, other in enumerate(others):
        table = np.zeros((count, int(other.max()) + 1))
        np.add.at(table, (labels, other), 1)
        union = sizes[:, None] + table.sum(axis=0)[None] - table
        best[run] = (table / np.maximum(union, 1)).max(axis=1)
    mean: Array = best.mean(axis=0) if others else np.ones(count, np.float32)
    return mean
