"""The best documents found so far: what every index of the room ends with.

A matrix product over a block of documents proposes; the scores kept are inner products computed one document
at a time, so that a document's score depends on nothing but its vector and the query's. Equal documents then
have equal scores, wherever they stand and however many queries are asked at once, and stand in ascending
order of id.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from octavo.protocols import Array, Hits, Ids

_QUERIES: Final = 64  # whose scores with a block are in memory at once
_ROUNDING: Final = 1e-5  # of the largest score: the two products never differ by more


class Best:
    """Collects the best k documents for each row of queries (Q, D)."""

    def __init__(self, queries: Array, k: int) -> None:
        self.queries = queries
        self.k = k
        self._found = [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(queries)
        self._floors = np.full(len(queries), -np.inf, np.float32)

    def offer(self, ids: Ids, block: Array) -> None:
        """Consider documents (B,) with vectors (B, D), ids ascending, for every query."""
        for low in range(0, len(self.queries), _QUERIES):
            proposed = self.queries[low : low + _QUERIES] @ block.T
            highest = proposed.max(axis=1, initial=-np.inf)
            slack = _ROUNDING * np.maximum(highest, -proposed.min(axis=1, initial=np.inf))
            for row in np.flatnonzero(highest >= self._floors[low : low + _QUERIES] - slack):
                floor = self._floors[low + row]
                if self.k < len(ids):
                    floor = max(floor, np.partition(proposed[row], -self.k)[-self.k])
                near = np.flatnonzero(proposed[row] >= floor - slack[row])
                self.offer_to(low + int(row), ids[near], block[near])

    def offer_to(self, query: int, ids: Ids, block: Array) -> None:
        """Consider documents (B,) with vectors (B, D) for one query only."""
        known_ids, known_scores = self._found[query]
        ids = np.concatenate([known_ids, ids])
        scores = np.concatenate([known_scores, np.einsum("bd,d->b", block, self.queries[query])])
        order = np.lexsort((ids, -scores))[: self.k]
        self._found[query] = ids[order], scores[order]
        if len(order) == self.k:
            self._floors[query] = scores[order[-1]]

    def hits(self) -> Hits:
        """Return what was found."""
        ids = np.full((len(self.queries), self.k), -1, np.int64)
        scores = np.full((len(self.queries), self.k), -np.inf, np.float32)
        for query, (found, worth) in enumerate(self._found):
            ids[query, : len(found)] = found
            scores[query, : len(found)] = worth
        return Hits(ids, scores)
