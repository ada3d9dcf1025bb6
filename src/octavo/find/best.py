"""The best documents found so far: what every index of the room ends with.

A score is the inner product of one document with one query, computed by itself and not in a matrix product,
whose rounding depends on what else is multiplied. So equal documents have equal scores wherever they stand,
and asking more queries at once changes nothing. It also starts no threads: on a busy machine a threaded
matrix product was measured to cost a hundred times the processor time of this.
"""

from __future__ import annotations

import numpy as np

from octavo.protocols import Array, Hits, Ids


class Best:
    """Collects the best k documents for each row of queries (Q, D)."""

    def __init__(self, queries: Array, k: int) -> None:
        self.queries = queries
        self.k = k
        self._found = [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(queries)

    def offer(self, ids: Ids, block: Array) -> None:
        """Consider documents (B,) with vectors (B, D) for every query."""
        for query in range(len(self.queries)):
            self.offer_to(query, ids, block)

    def offer_to(self, query: int, ids: Ids, block: Array) -> None:
        """Consider documents (B,) with vectors (B, D) for one query only."""
        scores = np.einsum("bd,d->b", block, self.queries[query])
        best_ids, best_scores = self._found[query]
        if len(best_ids) == self.k:
            # Most blocks hold few documents, or none, that could still enter.
            near = np.flatnonzero(scores >= best_scores[-1])
        elif len(scores) > self.k:
            near = np.flatnonzero(scores >= np.partition(scores, -self.k)[-self.k])
        else:
            near = np.arange(len(scores))
        ids = np.concatenate([best_ids, ids[near]])
        scores = np.concatenate([best_scores, scores[near]])
        order = np.lexsort((ids, -scores))[: self.k]
        self._found[query] = ids[order], scores[order]

    def hits(self) -> Hits:
        """Return what was found, with -1 and -inf where that is less than k."""
        ids = np.full((len(self.queries), self.k), -1, np.int64)
        scores = np.full((len(self.queries), self.k), -np.inf, np.float32)
        for query, (found, worth) in enumerate(self._found):
            ids[query, : len(found)] = found
            scores[query, : len(found)] = worth
        return Hits(ids, scores)
