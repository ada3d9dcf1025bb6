"""Cluster-distinct batches: what stands beside a pair in its batch is never nearly the same paper.

G-SimCLR : Self-Supervised Contrastive Learning with Guided Projection via Pseudo Labelling
(Chakraborty, Gosthipaty and Paul, 2020), arXiv:2009.12007. Contrastive learning takes everything else in the
batch for wrong, also what is not. So the examples are clustered first, and no two of a cluster share a batch:

    B ⊂ {1 .. N},    c(i) ≠ c(j) for all i ≠ j ∈ B,    c = k-means(f(x)).

Differs from the paper: the clusters are those of the vectors at hand, not of an autoencoder's code, and there
are more of them than a batch has places, so that batches stay full; `hard` makes the opposite, batches out
of one cluster each, which the paper does not try.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.protocols import Ids


def clusters(x: npt.ArrayLike, k: int, *, seed: int) -> Ids:
    """Return (N,), the cluster of each of (N, D) by k-means. Raises ShapeError."""
    from sklearn.cluster import MiniBatchKMeans  # of the learn extra, and slow to load

    array = matrix(x, "x", least=1)
    if not 1 <= k <= len(array):
        raise ValueError(f"k must be between 1 and N = {len(array)}, got {k}")
    found: Ids = MiniBatchKMeans(k, n_init=3, random_state=seed).fit_predict(array).astype(np.int64)
    return found


def cluster_batches(
    labels: npt.ArrayLike,
    size: int,
    *,
    steps: int,
    seed: int,
    order: Literal["distinct", "hard"] = "distinct",
) -> list[Ids]:
    """Return so many batches of positions, by the cluster (N,) of each.

    distinct: no two of a cluster in a batch, which has fewer places where there are fewer clusters. hard:
    whole clusters, one after the other, fill a batch.
    """
    label = np.asarray(labels)
    if label.ndim != 1 or not len(label) or size < 1:
        raise ValueError(f"want labels of shape (N,) and a size of at least 1, got {label.shape} and {size}")
    rng = np.random.default_rng(seed)
    made: list[Ids] = []
    while len(made) < steps:
        made += _distinct(label, size, rng) if order == "distinct" else _hard(label, size, rng)
    return made[:steps]


def _distinct(label: npt.NDArray[np.int64], size: int, rng: np.random.Generator) -> list[Ids]:
    """One epoch: every round takes one of each cluster that is left, and is cut into batches."""
    order = rng.permutation(len(label))
    grouped = order[np.argsort(label[order], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(label[grouped]) != 0])
    turn = np.arange(len(grouped)) - np.repeat(starts, np.diff(np.r_[starts, len(grouped)]))
    most = min(size, len(starts))
    found: list[Ids] = []
    for number in range(int(turn.max()) + 1):
        members = rng.permutation(grouped[turn == number]).astype(np.int64)
        # A round of fewer than half a batch would teach little and often the same clusters.
        found += [members[low : low + most] for low in range(0, len(members) - most // 2, most)]
    return [batch for batch in found if len(batch) >= max(1, most // 2)]


def _hard(label: npt.NDArray[np.int64], size: int, rng: np.random.Generator) -> list[Ids]:
    values = rng.permutation(np.unique(label))
    order = np.concatenate([rng.permutation(np.flatnonzero(label == value)) for value in values])
    size = min(size, len(order))
    return [order[low : low + size].astype(np.int64) for low in range(0, len(order) - size + 1, size)]
