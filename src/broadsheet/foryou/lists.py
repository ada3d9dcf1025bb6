"""Lists of papers: what completes one, in which order to read one, and what to read next to a paper.

What completes a list is what scores best for somebody who likes just that list: by the ranker, by what many
readers read together, and by EASE over the public shelves that share papers with it, where there are some.
What is read next to a paper is not more of the same: papers that stand on public shelves with it, and papers
that are near it and of another field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from broadsheet.categories import section_of
from broadsheet.foryou.learning import standard
from broadsheet.foryou.pool import placed
from broadsheet.foryou.rankers import made
from broadsheet.papers import Paper
from octavo.exceptions import MissingPackageError
from octavo.protocols import Array, SparseRows
from octavo.rank.ease import Ease
from octavo.rank.read_together import BESIDE
from octavo.rank.sparse import taken

if TYPE_CHECKING:
    from broadsheet.foryou.foryou import ForYou

_FEWEST: Final = 2
"""So many papers make a list that can be completed."""
FEWEST_SHELVES: Final = 5
"""So many public shelves must share papers with a list, to tell what else belongs there."""
_MOST_SHELVES: Final = 200
_HELD_BACK: Final = 5.0
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
        """The papers that a list seems to want, of the newest and of those on public shelves like it; none
        while it has fewer than two."""
        pool, desk = self._for_you.pool(), self._for_you.desk
        held = desk.read([paper.id for paper in papers])
        if len(held) < _FEWEST or not len(pool):
            return []
        name = self._for_you.house.settings.for_you_ranker
        own = desk.texts(held, pool.rare)
        ranker = made(name, pool).fit(own, np.ones(len(held), np.int64))
        by_shelves = self._by_shelves(papers)
        more = desk.read([number for number in by_shelves if number not in pool.rows])
        others = desk.texts(more, pool.rare)
        ids = np.concatenate([pool.ids, np.array([paper.id for paper in more], np.int64)])
        scores = standard(np.concatenate([ranker.scores(pool.texts), ranker.scores(others)]))
        likeness = self._for_you.together.likeness()
        if likeness is not None:
            profile = likeness.profile(likeness.placed(own.vectors).sum(axis=0, keepdims=True))[0]
            places = np.concatenate([likeness.on(pool), likeness.placed(others.vectors)])
            scores += np.float32(BESIDE) * standard(places @ profile)
        if by_shelves:
            scores += standard(np.array([by_shelves.get(int(number), 0.0) for number in ids], np.float32))
        scores[np.isin(ids, [paper.id for paper in papers])] = -np.inf
        order = np.argsort(-scores, kind="stable")[:limit]
        return self._for_you.store.papers([int(ids[row]) for row in order if scores[row] >= _FLOOR])

    def _by_shelves(self, papers: Sequence[Paper]) -> dict[int, float]:
        """Number → EASE's score for a list, from the public shelves that share two papers with it.

        Empty where fewer than FEWEST_SHELVES do, or SciPy is not installed.
        """
        events = self._for_you.house.store.events
        mine = [paper.key for paper in papers]
        met = Counter(mark.object for mark in events.marks("shelved", works=mine) if mark.object)
        near = self._public(name for name, both in met.most_common() if both >= _FEWEST)[:_MOST_SHELVES]
        if len(near) < FEWEST_SHELVES:
            return {}
        shelves: dict[str, set[str]] = {}
        for mark in events.marks("shelved", objects=near):
            if mark.work_key:
                shelves.setdefault(mark.object, set()).add(mark.work_key)
        # A shelf that holds nothing but this list's papers tells nothing new: it may be this very list.
        told = [held for held in shelves.values() if not held <= set(mine)]
        keys = sorted(set().union(mine, *told))
        column = {key: at for at, key in enumerate(keys)}
        rows = [sorted(column[key] for key in held) for held in (*told, mine)]
        indptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
        indices = np.concatenate([np.array(row, np.int64) for row in rows])
        have = SparseRows(indptr, indices, np.ones(len(indices), np.float32), len(keys))
        try:
            learned = Ease(regularisation=_HELD_BACK).fit(taken(have, np.arange(len(told))))
        except MissingPackageError:
            return {}
        scores = learned.scores(taken(have, np.array([len(told)])))[0]
        numbers = self._for_you.house.store.columns.numbers(keys)
        return {numbers[key]: float(scores[at]) for key, at in column.items() if key in numbers}

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
        public = self._public(sorted(shelves))
        if not public:
            return Counter()
        return Counter(mark.work_key for mark in events.marks("shelved", objects=public) if mark.work_key)

    def _public(self, shelves: Iterable[str]) -> list[str]:
        """Those of some shelves that everybody may see, in their order."""
        asked = list(shelves)
        described = self._for_you.house.store.events.marks("shelf", objects=asked) if asked else []
        public = {mark.object for mark in described if mark.body.get("access") == "public"}
        return [name for name in asked if name in public]


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
