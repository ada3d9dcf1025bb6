"""Reciprocal rank fusion: one ranking out of several, from the ranks alone.

Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods
(Cormack, Clarke and Buettcher, 2009), doi:10.1145/1571941.1572114:

    score(d) = Σ_r w_r / (k + rank_r(d)),    ranks from 1; a ranking that does not hold d adds nothing.

Differs from the paper: rankings may have weights w_r, which by default are all 1 as there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


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
    shares: dict[int, list[float]] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, document in enumerate(dict.fromkeys(ranking), start=1):
            shares.setdefault(document, []).append(weight / (k + rank))
    # fsum rounds once, so the order of the rankings cannot break or make a tie.
    scores = [(document, math.fsum(parts)) for document, parts in shares.items()]
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))
