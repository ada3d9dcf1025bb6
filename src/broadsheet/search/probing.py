"""Whether the nearest papers are found: the index of meaning, asked as readers ask it, and all vectors."""

from __future__ import annotations

from typing import Final, Self

import numpy as np

from broadsheet.search.meaning import Near
from octavo.find.insertion_order import probe
from octavo.protocols import Array, Hits, Ids

QUESTIONS: Final = 20
K: Final = 10
MOST: Final = 300_000
"""Papers up to which all vectors are compared; more would take a doctor's visit too long."""


class _Asked:
    """The index as an Index over the papers it knows, in the order of their ids."""

    def __init__(self, near: Near) -> None:
        self.near = near

    def __len__(self) -> int:
        return len(self.near.known)

    def add(self, x: Array) -> Self:
        """Not for this."""
        raise NotImplementedError("a probe asks, and adds nothing")

    def search(self, queries: Array, k: int, *, among: Ids | None = None) -> Hits:
        """Ask it, one question after the other."""
        ids = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for row, query in enumerate(queries):
            for place, (paper_id, score) in enumerate(self.near.nearest(query, k, among=among)):
                ids[row, place] = np.searchsorted(self.near.known, paper_id)
                scores[row, place] = score
        return Hits(ids, scores)


def recall(near: Near) -> float | None:
    """Return how much of the `K` nearest is found, from 0 to 1; None for too few papers or too many.

    Papers themselves are the questions, each moved a little, so that none asks for itself.
    """
    known = near.known
    if not K < len(known) <= MOST:
        return None
    return probe(_Asked(near), near.vectors_of(known.tolist()), queries=QUESTIONS, k=K)
