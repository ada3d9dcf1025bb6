"""A first page that is not one paper twenty times: each is good, and not too near those already chosen.

    next = argmax_i (1 - t) s_i - t max_{j chosen} a_i · a_j,    s the scores brought to 0 .. 1

Maximal marginal relevance, by Carbonell and Goldstein, 1998. The trade t is how much likeness costs.
"""

from __future__ import annotations

import numpy as np

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids, SparseRows
from octavo.rank.sparse import products, sparse, taken


def slate(scores: Array, papers: SparseRows, k: int, *, trade: float = 0.3, among: int = 200) -> Ids:
    """Return the places (K,) of the papers of a page, first to last; K is k, or N where that is less.

    scores: (N,). papers: (N, W) of unit length, by which likeness is told. among: only so many of the best
    can stand on it. Raises ShapeError.

    >>> from octavo.rank.sparse import from_dense
    >>> twins = from_dense(np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    >>> slate(np.array([3, 2.9, 2], np.float32), twins, 2, trade=0.6).tolist()
    [0, 2]
    """
    known = sparse(papers, "papers")
    if scores.shape != (len(known),) or not np.isfinite(scores).all():
        raise ShapeError(f"scores must be ({len(known)},) finite numbers, got {scores.shape}")
    if k < 1 or among < k:
        raise ValueError(f"k must be at least 1 and at most among, got {k} and {among}")
    if not 0 <= trade <= 1:
        raise ValueError(f"trade must be between 0 and 1, got {trade}")
    first = np.lexsort((np.arange(len(scores)), -scores))[:among]
    if not len(first):
        return first
    near = products(taken(known, first), taken(known, first))
    worth = scores[first].astype(np.float64)
    worth = (worth - worth[-1]) / max(float(worth[0] - worth[-1]), 1e-12)
    chosen: list[int] = []
    closest = np.zeros(len(first))
    for _ in range(min(k, len(first))):
        value = (1 - trade) * worth - trade * closest
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
        closest = np.maximum(closest, near[:, chosen[-1]])
    return first[chosen]
