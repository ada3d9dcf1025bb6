"""Reciprocal rank fusion: one ranking out of several, from the ranks alone.

Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods
(Cormack, Clarke and Buettcher, 2009), doi:10.1145/1571941.1572114:

    score(d) = Σ_r w_r / (k + rank_r(d)),    ranks from 1; a ranking that does not hold d adds nothing.

Differs from the paper: rankings may have weights w_r, which by default are all 1 as there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np


def reciprocal_rank(
    rankings: Sequence[Sequence[int]], *, k: float = 60, weights: Sequence[float] | None = None
) -> list[tuple[int, float]]:
    """Return (document, score) of every document in any ranking, best first, equal scores by document.

    rankings: each the ids of documents, best first. One repeated within a ranking counts where it first
    stands. k: the larger, the less the first places stand out. weights: one for each ranking, not negative;
    by default all 1.

    >>> [document for document, score in reciprocal_rank([[7, 3], [3, 9]])]
    [3, 7, 9]
    """
    if not (math.isfinite(k) and k >= 0):
        raise ValueError(f"k must be a finite number of at least 0, got {k}")
    if weights is None:
        weights = [1.0] * len(rankings)
    if len(weights) != len(rankings):
        raise ValueError(f"weights must be one for each of {len(rankings)} rankings, got {len(weights)}")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise ValueError(f"weights must be finite and not negative, got {list(weights)}")
    firsts = [list(dict.fromkeys(ranking)) for ranking in rankings]
    documents, places = np.unique(np.fromiter(itertools.chain(*firsts), np.int64), return_inverse=True)
    if not len(documents):
        return []
    shares = np.concatenate(
        [weight / (k + np.arange(1, len(first) + 1)) for first, weight in zip(firsts, weights, strict=True)]
    )
    # Each document's shares are added from the smallest up, so the order of the rankings cannot break or make
    # a tie.
    upwards = np.lexsort((shares, places))
    starts = np.searchsorted(places[upwards], np.arange(len(documents)))
    scores = np.add.reduceat(shares[upwards], starts)
    order = np.lexsort((documents, -scores))
    return list(zip(documents[order].tolist(), scores[order].tolist(), strict=True))
