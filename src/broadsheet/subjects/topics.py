"""Topics: what the papers of a house are about, by grouping their vectors; with names, curves and doubts.

Groups are made five times from different beginnings (`octavo.discover.clusters`); the stability of a topic
says how much of it the other runs found again. Its name is made of the words that stand in many of its
papers and in few others (`telling`). Its curve is its share of the papers of each month.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from broadsheet.papers import Paper
from broadsheet.subjects.space import Space
from broadsheet.subjects.telling import spread, telling, text_of
from octavo.discover.clusters import SphericalKMeans, stability
from octavo.exceptions import SavedFileError
from octavo.protocols import Ids
from octavo.saving import Saved, load, save

LEAST: Final = 30
"""Fewer papers have no topics."""
SEEDS: Final = 5
_MOST_TOPICS: Final = 40
_READ: Final = 150
"""Of each topic so many papers, the most central, are read for its name."""
_SHOWN: Final = 12
_KIND: Final = "broadsheet.subjects.topics"
_VERSION: Final = 1
_BATCH: Final = 500
_GROUPED: Final = 6000
"""So many papers, evenly spread over time, make the groups; the others join the nearest."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of papers. number: from 1, the largest first. terms: its telling words.

    stability: from 0 to 1, how much of it other beginnings found again. papers: numbers, the most central
    first. curve: by month of `Topics.months`, its share of that month's papers. rising: the share of the last
    quarter of the months by that of all, minus 1.
    """

    number: int
    terms: tuple[str, ...]
    size: int
    stability: float
    papers: tuple[int, ...]
    curve: tuple[float, ...]
    rising: float

    @property
    def name(self) -> str:
        """Its name: the telling words in a row."""
        return ", ".join(self.terms) or f"topic {self.number}"


@dataclass(frozen=True)
class Topics:
    """What was found, and when.

    encoder: whose vectors. labels: (N,), of `ids` (N,) the number of the topic.
    """

    at: datetime
    encoder: str
    topics: tuple[Topic, ...]
    months: tuple[str, ...]
    counts: tuple[int, ...]
    ids: Ids
    labels: Ids

    def named(self, number: int) -> Topic | None:
        """The topic of that number."""
        return self.topics[number - 1] if 0 < number <= len(self.topics) else None

    def of(self, paper_id: int) -> Topic | None:
        """The topic of a paper that was there when they were found."""
        place = int(np.searchsorted(self.ids, paper_id))
        if place < len(self.ids) and self.ids[place] == paper_id:
            return self.named(int(self.labels[place]))
        return None

    def papers_of(self, topic: Topic) -> list[int]:
        """The numbers of all its papers, the newest first."""
        found: list[int] = self.ids[self.labels == topic.number][::-1].tolist()
        return found

    def save(self, folder: Path) -> None:
        """Write to a folder."""
        facts: dict[str, Any] = {
            "at": self.at.isoformat(),
            "encoder": self.encoder,
            "months": list(self.months),
            "counts": list(self.counts),
            "topics": [
                [t.number, list(t.terms), t.size, t.stability, list(t.papers), list(t.curve), t.rising]
                for t in self.topics
            ],
        }
        save(folder, _KIND, _VERSION, Saved(facts, {"ids": self.ids, "labels": self.labels}))

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read what `save` wrote; None where there is nothing that can be read."""
        try:
            kept = load(folder, _KIND, _VERSION)
        except SavedFileError:
            return None
        facts = kept.facts
        topics = tuple(
            Topic(n, tuple(terms), size, firm, tuple(papers), tuple(curve), rising)
            for n, terms, size, firm, papers, curve, rising in facts["topics"]
        )
        return cls(
            datetime.fromisoformat(facts["at"]),
            facts["encoder"],
            topics,
            tuple(facts["months"]),
            tuple(facts["counts"]),
            kept.arrays["ids"],
            kept.arrays["labels"],
        )


def how_many(papers: int) -> int:
    """How many topics so many papers have: more papers are told apart more finely, up to forty.

    >>> how_many(120), how_many(3000), how_many(20000)
    (5, 24, 40)
    """
    return max(3, min(_MOST_TOPICS, round(math.sqrt(papers / 5))))


def find(
    space: Space, read: Callable[[Sequence[int]], list[Paper]], encoder: str, *, count: int | None = None
) -> Topics | None:
    """Find the topics of a space; `read` gives papers by number. None where there are too few papers."""
    if len(space) < LEAST:
        return None
    count = min(count or how_many(len(space)), len(space) // 3)
    some = space.rows[np.linspace(0, len(space) - 1, min(len(space), _GROUPED)).astype(int)]
    runs = [SphericalKMeans(count, seed=seed).fit(some) for seed in range(SEEDS)]
    best = max(runs, key=lambda run: run.fit_)
    groups = best.predict(space.rows)
    firm = stability(groups, [run.predict(space.rows) for run in runs if run is not best])
    sizes = np.bincount(groups, minlength=count)
    order = [group for group in np.argsort(-sizes, kind="stable") if sizes[group]]
    likeness = np.einsum("nd,nd->n", space.rows, best.centres_[groups])
    central = {
        group: members[np.argsort(-likeness[members], kind="stable")]
        for group in order
        if len(members := np.flatnonzero(groups == group))
    }
    texts, months = _read(space, read, {int(row) for rows in central.values() for row in rows[:_READ]})
    everywhere = spread(texts.values())
    named = [month for month in sorted(set(months.values())) if month]
    names = named[-36:]
    totals = Counter(months.values())
    labels = np.zeros(len(space), np.int64)
    topics = []
    for number, group in enumerate(order, 1):
        rows = central[group]
        labels[rows] = number
        inside = [texts[int(row)] for row in rows[:_READ] if int(row) in texts]
        terms = telling(spread(inside), max(len(inside), 1), everywhere, len(texts), 3)
        own = Counter(months.get(int(row), "") for row in rows)
        curve = tuple(round(own[month] / totals[month], 4) for month in names)
        topics.append(
            Topic(
                number,
                tuple(terms),
                len(rows),
                round(float(firm[group]), 3),
                tuple(int(space.ids[row]) for row in rows[:_SHOWN]),
                curve,
                _rising(own, totals, names),
            )
        )
    counts = tuple(totals[month] for month in names)
    now = datetime.now(UTC)
    return Topics(now, encoder, tuple(topics), tuple(names), counts, space.ids.copy(), labels)


def _read(
    space: Space, read: Callable[[Sequence[int]], list[Paper]], wanted: set[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """The texts of the rows that are wanted, and the month of every row that has one."""
    texts, months = {}, {}
    place = {int(number): row for row, number in enumerate(space.ids)}
    for low in range(0, len(space), _BATCH):
        for paper in read(space.ids[low : low + _BATCH].tolist()):
            row = place[paper.id]
            months[row] = month_of(paper)
            if row in wanted:
                texts[row] = text_of(paper)
    return texts, months


def month_of(paper: Paper) -> str:
    """The month a paper came out, such as "2025-07"; '' where nobody says."""
    for day in (paper.submitted, paper.announced, paper.published, *paper.days[:1]):
        text = str(day or "")
        if len(text) >= 7 and not text.startswith("--"):
            return text[:7]
    return ""


def _rising(own: Counter[str], totals: Counter[str], months: Sequence[str]) -> float:
    late = months[-max(1, len(months) // 4) :]
    if len(months) < 4:
        return 0.0
    share = sum(own[month] for month in months) / max(sum(totals[month] for month in months), 1)
    lately = sum(own[month] for month in late) / max(sum(totals[month] for month in late), 1)
    return round(lately / share - 1, 3) if share else 0.0
