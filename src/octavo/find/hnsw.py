"""A graph of near neighbours, walked from far to near: an index that is slow to build and quick to ask.

Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small World Graphs
(Malkov and Yashunin, 2016), arXiv:1603.09320. The graph is FAISS's (Douze et al., 2024), arXiv:2401.08281.
What it proposes is scored again exactly; few documents, and searches among given ids, are scanned.
"""

from __future__ import annotations

import threading
from typing import Any, Self, SupportsIndex

import faiss
import numpy as np
import numpy.typing as npt

from octavo.find.best import Best
from octavo.find.rows import Rows, allowed, cutoff, vectors
from octavo.protocols import Hits, Ids


class HNSWIndex:
    """Index whose documents are linked to their neighbours as they come; so their order matters a little.

    links: of a document on each layer (twice as many on the lowest). build, reach: how many candidates are
    kept while a document is linked, and while a query is answered. exact_below: fewer documents are
    scanned.

    Many threads may add and search; a search sees the documents there were when it began.
    """

    def __init__(
        self, *, links: int = 16, build: int = 128, reach: int = 64, exact_below: int = 1000
    ) -> None:
        for name, value in (
            ("links", links),
            ("build", build),
            ("reach", reach),
            ("exact_below", exact_below),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.links, self.build, self.reach, self.exact_below = links, build, reach, exact_below
        self._rows = Rows(np.float32)
        self._graph: Any = None
        self._mutex = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, x: npt.NDArray[np.floating[Any]]) -> Self:
        """Link (N, D) vectors, copied, in their order. Raises ShapeError."""
        given = vectors(x, "x", self._rows.dim)
        with self._mutex:
            if self._graph is None and len(given):
                self._graph = faiss.IndexHNSWFlat(given.shape[1], self.links, faiss.METRIC_INNER_PRODUCT)
                self._graph.hnsw.efConstruction = self.build
            if len(given):
                before = faiss.omp_get_max_threads()
                # Threads would link in an order of their own: the same documents must make the same graph.
                faiss.omp_set_num_threads(1)
                try:
                    self._graph.add(np.ascontiguousarray(given, dtype=np.float32))
                finally:
                    faiss.omp_set_num_threads(before)
            self._rows = self._rows.added(given)
        return self

    def search(
        self, queries: npt.NDArray[np.floating[Any]], k: SupportsIndex, *, among: Ids | None = None
    ) -> Hits:
        """Return the best k for each row of (Q, D); `among` restricts to those ids. Raises ShapeError."""
        rows = self._rows
        asked = vectors(queries, "queries", rows.dim)
        best = Best(asked, min(cutoff(k), len(rows)))
        if among is not None:
            blocks = rows.blocks_among(allowed(among, len(rows)))
        elif len(rows) < self.exact_below or best.k >= len(rows):
            blocks = rows.blocks()
        else:
            with self._mutex:
                self._graph.hnsw.efSearch = max(self.reach, best.k)
                _, proposed = self._graph.search(np.ascontiguousarray(asked, np.float32), best.k)
            for query, row in enumerate(proposed):
                ids = np.sort(row[(row >= 0) & (row < len(rows))])
                best.offer_to(query, ids, rows.take(ids))
            return best.hits()
        for ids, block in blocks:
            best.offer(ids, block)
        return best.hits()
