"""The answer to a question, whatever page of it is asked for: who belongs to it, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from broadsheet.papers import Paper
from broadsheet.search.plan import Step
from broadsheet.search.words import Snapshot
from octavo.protocols import Array, Ids


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper in the results.

    score: higher is better. legs: its rank (from 1) in each leg that found it. shares: what each leg gave to
    the score.
    """

    paper_id: int
    score: float = 0.0
    legs: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leg:
    """One ranking: (K,) ids of papers, the best first, and (K,) scores of its own kind, higher is better.

    low: the score of a paper that it does not hold, where that is known; else the lowest it holds. silent:
    papers of which it cannot say anything.
    """

    name: str
    ids: Ids
    scores: Array
    low: float | None = None
    silent: Ids = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, name: str, pairs: Sequence[tuple[int, float]], low: float | None = None) -> Self:
        """A leg of (paper id, score), the best first."""
        ids = np.array([i for i, _ in pairs], np.int64)
        return cls(name, ids, np.array([score for _, score in pairs], np.float32), low)

    def first(self, many: int) -> Self:
        """The best `many` alone."""
        return replace(self, ids=self.ids[:many], scores=self.scores[:many])


@dataclass
class Fused:
    """(K,) ids of papers, the best first; their scores, and what each kind of leg gave to these."""

    ids: Ids = field(default_factory=lambda: np.empty(0, np.int64))
    scores: Array = field(default_factory=lambda: np.empty(0, np.float32))
    parts: dict[str, Array] = field(default_factory=dict)

    def first(self, many: int) -> Self:
        """The best `many` alone."""
        return self.taken(np.arange(min(many, len(self.ids))))

    def taken(self, places: Ids) -> Self:
        """Those at these places, in this order."""
        parts = {name: part[places] for name, part in self.parts.items()}
        return type(self)(self.ids[places], self.scores[places], parts)

    def ordered(self) -> Self:
        """The best first, of equal scores the newest paper."""
        return self.taken(np.lexsort((-self.ids, -self.scores)))


@dataclass
class Answer:
    """What does not depend on the page.

    legs: the rankings asked. top: what they rank together. first: how many of these stand before all others
    because the query is their title or their name. rest: what follows by words. listed: what is listed by
    `key` instead. whole: whether `total` and `facets` were counted. steps: what was done, and what was not.
    stems: what was asked for, and how rare each is. telling: stems of the first papers, that the second look
    went by, or of those that results should be like; the most telling first. read: papers that were looked at
    on the way, which age and are not kept.
    """

    words: Snapshot | None
    legs: list[Leg] = field(default_factory=list)
    top: Fused = field(default_factory=Fused)
    first: int = 0
    first_leg: str = ""
    rest: Callable[[], Any] | None = None
    listed: Any = None
    key: str = "by_date"
    whole: bool = True
    total: int = 0
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    stems: dict[str, float] = field(default_factory=dict)
    telling: tuple[str, ...] = ()
    read: dict[int, Paper] = field(default_factory=dict, repr=False)

    @property
    def complete(self) -> bool:
        """Whether every stage had its time."""
        return not any(step.skipped for step in self.steps)

    def page(self, offset: int, limit: int) -> list[Ranked]:
        """The results from `offset` on, at most `limit`. Raises DerivedIndexError."""
        ranked = len(self.top.ids)
        ranks = [
            (leg.name, {paper_id: rank for rank, paper_id in enumerate(leg.ids.tolist(), 1)})
            for leg in self.legs
        ]
        page = [self._ranked(place, ranks) for place in range(offset, min(offset + limit, ranked))]
        wanted, start = limit - len(page), max(0, offset - ranked)
        if wanted <= 0 or self.words is None or (self.whole and offset + len(page) >= self.total):
            return page
        if self.listed is not None:
            return [*page, *map(Ranked, self.words.ordered(self.listed, self.key, wanted, start))]
        if self.rest is None:
            return page
        deep = max((len(leg.ids) for leg in self.legs if leg.name == "words"), default=0)
        lowest = float(self.top.scores[-1]) if ranked else 1.0
        for rank, (paper_id, _) in enumerate(self.words.best(self.rest(), wanted, start), deep + start + 1):
            page.append(Ranked(paper_id, lowest / (1 + rank), {"words": rank}))
        return page

    def _ranked(self, place: int, ranks: Sequence[tuple[str, dict[int, int]]]) -> Ranked:
        paper_id = int(self.top.ids[place])
        legs = {self.first_leg: 1} if place < self.first else {}
        for name, places in ranks:
            if paper_id in places:
                legs[name] = min(places[paper_id], legs.get(name, places[paper_id]))
        shares = {name: round(float(part[place]), 4) for name, part in self.top.parts.items()}
        return Ranked(paper_id, float(self.top.scores[place]), legs, {n: s for n, s in shares.items() if s})
