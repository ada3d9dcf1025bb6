"""Loki: decide for the label that lies in the middle of what is probable, also one never trained on.

Geometry-Aware Adaptation for Pretrained Models
(Roberts, Li, Adila, Cromp, Huang, Zhao and Sala, 2023), arXiv:2307.12226. Where labels have a distance d, as
in a tree of categories, the most probable label is replaced by the Fréchet mean over all labels Y, given the
probabilities of those observed:

    ŷ(x) = argmin_{y ∈ Y} Σ_k P(k | x) d(y, k)²

Differs from the paper: only the decision rule is here, of its extensions only the set of labels that can win
at all. Equal labels go to the more probable one, then to the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


def tree_distances(paths: Sequence[Sequence[str]]) -> Array:
    """Return (Y, Y): how many steps it is from leaf to leaf over their last common branch.

    >>> tree_distances([("cs", "cs.LG"), ("cs", "cs.CV"), ("math", "math.CO")]).tolist()
    [[0.0, 2.0, 4.0], [2.0, 0.0, 4.0], [4.0, 4.0, 0.0]]
    """
    distances = np.zeros((len(paths), len(paths)), np.float32)
    for i, one in enumerate(paths):
        for j, other in enumerate(paths):
            shared = 0
            while shared < min(len(one), len(other)) and one[shared] == other[shared]:
                shared += 1
            distances[i, j] = len(one) + len(other) - 2 * shared
    return distances


class Loki:
    """The Fréchet mean of labels.

    distances: (Y, Y) between all labels, symmetric and without negative numbers. observed: (K,), the labels
    whose probabilities are given; all of them by default.
    """

    def __init__(self, distances: npt.ArrayLike, observed: npt.ArrayLike | None = None) -> None:
        given = np.asarray(distances)
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise ShapeError(f"distances must have the shape (Y, Y), got {given.shape}")
        self.distances = matrix(given, "distances", least=1)
        if (self.distances < 0).any() or not np.allclose(self.distances, self.distances.T):
            raise ShapeError("distances must be symmetric and not negative")
        labels = np.arange(len(given)) if observed is None else np.asarray(observed)
        self.observed = integers(labels, "observed", len(labels))
        if not len(labels) or self.observed.min() < 0 or self.observed.max() >= len(given):
            raise ShapeError(f"observed must hold labels below {len(given)}, got {labels.tolist()[:9]}")

    def scores(self, probabilities: npt.ArrayLike) -> Array:
        """Return (M, Y), minus the expected squared distance, of (M, K) probabilities. Raises ShapeError."""
        given = matrix(probabilities, "probabilities", dim=len(self.observed))
        if (given < 0).any() or not np.allclose(given.sum(axis=1), 1, atol=1e-3):
            raise ShapeError("probabilities must not be negative, and every row must sum to 1")
        fitting: Array = -(given @ self.distances[self.observed] ** 2)
        return fitting

    def decide(self, probabilities: npt.ArrayLike) -> Ids:
        """Return (M,), the label in the middle for each row of (M, K). Raises ShapeError."""
        fitting = self.scores(probabilities)
        given = np.asarray(probabilities, np.float32)
        weight = np.zeros_like(fitting)
        np.add.at(weight.T, self.observed, given.T)
        best = fitting >= fitting.max(axis=1, keepdims=True, initial=-np.inf) - 1e-5
        chosen: Ids = np.where(best, weight, -1.0).argmax(axis=1)
        return chosen

    def can_win(self, *, draws: int = 2000, seed: int = 0) -> Ids:
        """Return the labels that some probabilities decide for, found by drawing them, pairs foremost."""
        rng = np.random.default_rng(seed)
        k = len(self.observed)
        drawn = np.concatenate([np.eye(k), rng.dirichlet(np.full(k, 1 / max(k, 2)), draws)])
        return np.unique(self.decide(drawn.astype(np.float32)))
