"""The answer to a question, whatever page of it is asked for: who belongs to it, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np

from broadsheet.search.words import Snapshot
from octavo.protocols import Array, Ids

RRF: Final = 5
"""The constant of the fusion. The customary 60, made for many rankings, puts a paper in 38th place by both
before one in first place by one and last by the other; 4 to 6 are the best on SciFact's training claims."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper in the results: its score, and its rank (from 1) in each leg that found it."""

    paper_id: int
    score: float = 0.0
    legs: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leg:
    """One ranking: (K,) ids of papers, the best first, and (K,) scores of its own kind, higher is better."""

    name: str
    ids: Ids
    scores: Array

    @classmethod
    def of(cls, name: str, pairs: Sequence[tuple[int, float]]) -> Self:
        """A leg of (paper id, score), the best first."""
        ids = np.array([i for i, _ in pairs], np.int64)
        return cls(name, ids, np.array([score for _, score in pairs], np.float32))


@dataclass
class Answer:
    """What does not depend on the page: who belongs to the results, and in which order.

    top: (K,) ids of the papers ranked by all legs together, the best first, and their scores. first: how many
    of them stand there because the query is their title or their name. rest: what follows by words.
    listed: what is listed by `key` instead. whole: whether `total` and `facets` were counted.
    """

    words: Snapshot | None
    legs: list[Leg] = field(default_factory=list)
    top: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    scores: Array = field(default_factory=lambda: np.empty(0, np.float32))
    first: int = 0
    first_leg: str = ""
    rest: Any = None
    listed: Any = None
    key: str = "by_date"
    whole: bool = True
    total: int = 0
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    took_ms: dict[str, float] = field(default_factory=dict)

    def page(self, offset: int, limit: int) -> list[Ranked]:
        """The results from `offset` on, at most `limit`. Raises DerivedIndexError."""
        page = [self._ranked(place) for place in range(offset, min(offset + limit, len(self.top)))]
        wanted, start = limit - len(page), max(0, offset - len(self.top))
        if wanted <= 0 or self.words is None or (self.whole and offset + len(page) >= self.total):
            return page
        if self.listed is not None:
            return [*page, *map(Ranked, self.words.ordered(self.listed, self.key, wanted, start))]
        if self.rest is None:
            return page
        deep = max((len(leg.ids) for leg in self.legs if leg.name == "words"), default=0)
        for rank, (paper_id, _) in enumerate(self.words.best(self.rest, wanted, start), deep + start + 1):
            page.append(Ranked(paper_id, 1 / (RRF + rank), {"words": rank}))
        return page

    def _ranked(self, place: int) -> Ranked:
        paper_id = int(self.top[place])
        legs = {self.first_leg: 1} if place < self.first else {}
        for leg in self.legs:
            for rank in np.flatnonzero(leg.ids == paper_id).tolist():
                legs[leg.name] = min(rank + 1, legs.get(leg.name, rank + 1))
        return Ranked(paper_id, float(self.scores[place]), legs)
