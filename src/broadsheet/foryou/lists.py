"""Lists of papers: what completes one, in which order to read one, and what to read next to a paper.

What completes a list is what the ranker scores best for somebody who likes just that list. What is read next
to a paper is not more of the same: papers that stand on public shelves with it, and papers that are near it
and of another field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from broadsheet.categories import section_of
from broadsheet.foryou.learning import standard
from broadsheet.foryou.pool import placed
from broadsheet.foryou.rankers import made
from broadsheet.papers import Paper
from octavo.protocols import Array

if TYPE_CHECKING:
    from broadsheet.foryou.foryou import ForYou

_FEWEST: Final = 2
"""So many papers make a list that can be completed."""
_FLOOR: Final = 1.0
"""So many standard deviations above the middle of the newest papers stands what completes a list."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A paper to read next to another, and why: `on 2 public shelves with it`."""

    paper: Paper
    why: str


class Lists:
    """Completes, orders, and looks beside."""

    def __init__(self, for_you: ForYou) -> None:
        self._for_you = for_you

    def completing(self, papers: Sequence[Paper], *, limit: int = 5) -> list[Paper]:
        """The newest papers that a list seems to want; none while it has fewer than two."""
        pool, desk = self._for_you.pool(), self._for_you.desk
        held = desk.read([paper.id for paper in papers])
        if len(held) < _FEWEST or not len(pool):
            return []
        name = self._for_you.house.settings.for_you_ranker
        ranker = made(name, pool).fit(desk.texts(held, pool.rare), np.ones(len(held), np.int64))
        scores = standard(ranker.scores(pool.texts))
        scores[np.isin(pool.ids, [paper.id for paper in papers])] = -np.inf
        order = np.argsort(-scores, kind="stable")[:limit]
        return self._for_you.store.papers([int(pool.ids[row]) for row in order if scores[row] >= _FLOOR])

    def in_order(self, papers: Sequence[Paper]) -> list[Paper]:
        """A list in an order to read it: what is most about all of it first, then what is nearest to what was
        read, of equals the older."""
        pool, desk = self._for_you.pool(), self._for_you.desk
        held = desk.read([paper.id for paper in papers])
        if len(held) < 3:
            return list(papers)
        texts = desk.texts(held, pool.rare)
        places = placed(texts, pool.middle)
        found = {paper.id: paper for paper in papers}
        rows = walked(places @ places.T, [found[read.id].year or 9999 for read in held])
        ordered = [found[held[row].id] for row in rows]
        gone = {paper.id for paper in papers} - {paper.id for paper in ordered}
        return [*ordered, *(paper for paper in papers if paper.id in gone)]

    def beside(self, paper: Paper, *, limit: int = 4) -> list[Beside]:
        """What to read next to a paper."""
        house = self._for_you.house
        together = self._shelved_with(paper)
        named = {each.key: each for each in house.store.named(list(together))} if together else {}
        found = {
            each.id: Beside(each, f"on {count} public {'shelf' if count == 1 else 'shelves'} with it")
            for key, count in together.most_common(limit + 1)
            if (each := named.get(key)) is not None and each.id != paper.id
        }
        if paper.primary_category and len(found) < limit:
            own = section_of(paper.primary_category)
            others = {
                number: section_of(category)
                for number, category in house.nearby.of(paper.id)
                if category and section_of(category) != own and number not in found
            }
            for other in house.store.papers(list(others)[: limit - len(found)]) if others else ():
                found[other.id] = Beside(other, f"near it, from {others[other.id]}")
        return list(found.values())[:limit]

    def _shelved_with(self, paper: Paper) -> Counter[str]:
        """How many public shelves each other paper shares with one."""
        events = self._for_you.house.store.events
        shelves = {mark.object for mark in events.marks("shelved", works=[paper.key]) if mark.object}
        if not shelves:
            return Counter()
        described = events.marks("shelf", objects=sorted(shelves))
        public = sorted(mark.object for mark in described if mark.body.get("access") == "public")
        if not public:
            return Counter()
        return Counter(mark.work_key for mark in events.marks("shelved", objects=public) if mark.work_key)


def walked(near: Array, years: Sequence[int]) -> list[int]:
    """The rows of a list in an order to read them. near: (N, N) cosines; years: (N,).

    The first has the greatest sum of cosines; each next one is the nearest to any before it, and of those
    that are about as near the oldest.

    >>> walked(np.array([[1, .9, .1], [.9, 1, .5], [.1, .5, 1]], np.float32), [2020, 2021, 2019])
    [1, 0, 2]
    """
    left = list(range(len(near)))
    read = [max(left, key=lambda row: (float(near[row].sum()), -years[row], -row))]
    left.remove(read[0])
    while left:
        closeness = {row: round(float(near[row, read].max()), 1) for row in left}
        following = max(left, key=lambda row: (closeness[row], -years[row], -row))
        read.append(following)
        left.remove(following)
    return read
