"""What experiments with clusters share: how well they are the labels nobody showed them."""

from __future__ import annotations

import numpy as np

from octavo.protocols import Ids


def agreement(labels: Ids, clusters: Ids) -> float:
    """Return the share of rows that are right when each cluster is given a label of its own, the best way.

    A cluster of -1 is no cluster, and its rows are wrong.
    """
    from scipy.optimize import linear_sum_assignment  # of the extra `learn`

    table = np.zeros((int(labels.max()) + 1, max(int(clusters.max()) + 1, 1)))
    put = clusters >= 0
    np.add.at(table, (labels[put], clusters[put]), 1)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / len(labels))


def shared_information(labels: Ids, clusters: Ids) -> float:
    """Return the mutual information of both, as a share of the mean of their entropies."""
    _, one = np.unique(labels, return_inverse=True)
    _, other = np.unique(clusters, return_inverse=True)
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1 / len(one))
    alone = np.outer(table.sum(axis=1), table.sum(axis=0))
    there = table > 0
    shared = float((table[there] * np.log(table[there] / alone[there])).sum())
    entropies = [-float((p[p > 0] * np.log(p[p > 0])).sum()) for p in (table.sum(axis=1), table.sum(axis=0))]
    return shared / max(sum(entropies) / 2, 1e-12)
