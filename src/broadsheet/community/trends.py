"""What trends, as of any moment, and why."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from broadsheet.community.room import Room
from broadsheet.config import Settings
from broadsheet.feed import trending
from broadsheet.feed.tally import in_days
from broadsheet.feed.trending import Breakdown, Formula, Preset, Ranking
from broadsheet.papers import Paper
from broadsheet.people import People
from broadsheet.store import Store

KEPT_SECONDS: Final = 60
"""How long an order is shown while nobody votes and nothing comes in: a little trust may grow in it."""


@dataclass(frozen=True, slots=True)
class Trending:
    """A page of what trends: the papers, best first, each with how it came to its place.

    at: the moment it is the state of; asked for as of that moment, it is the same again.
    total: papers in the whole list.
    """

    papers: tuple[Paper, ...]
    breakdowns: tuple[Breakdown, ...]
    total: int
    at: datetime
    preset: Preset
    formula: Formula
    days: float | None


class Trends(Room):
    """Trending lists."""

    def __init__(self, store: Store, config: Settings, people: People) -> None:
        super().__init__(store, config, people)
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[tuple[int, int, int], datetime, Ranking]] = {}

    @property
    def formula(self) -> Formula:
        """The formula of the settings."""
        s = self.settings
        return Formula(
            half_life=s.trending_half_life,
            prior=s.trending_prior,
            source_weight=s.trending_source_weight,
            probation=s.trending_probation,
            seniority=s.trending_seniority,
            active_days=s.trending_active_days,
        )

    def trending(
        self,
        *,
        as_of: datetime | None = None,
        preset: Preset = "broadsheet",
        formula: Formula | None = None,
        days: float | None = None,
        limit: int = 60,
        offset: int = 0,
    ) -> Trending:
        """What trends now, or did at a moment, by a preset and a formula; only papers of the last `days`."""
        formula = formula or self.formula
        moment, ranking = self._ranking(as_of, preset, formula, days)
        rows = ranking.order[offset : offset + limit]
        numbers = [self.tally.numbers[row] for row in rows]
        found = {paper.id: paper for paper in self.store.papers(numbers)}
        shown = [
            (found[number], breakdown)
            for number, breakdown in zip(numbers, ranking.breakdowns(rows), strict=True)
            if number in found
        ]
        return Trending(
            papers=tuple(paper for paper, _ in shown),
            breakdowns=tuple(breakdown for _, breakdown in shown),
            total=len(ranking.order),
            at=moment,
            preset=preset,
            formula=formula,
            days=days,
        )

    def explain(
        self, paper: Paper, *, as_of: datetime | None = None, preset: Preset = "broadsheet"
    ) -> tuple[int, Breakdown] | None:
        """The place of a paper in what trends (from 1), and why; None if it is not in the list."""
        _, ranking = self._ranking(as_of, preset, self.formula, None)
        row = self.tally.row(paper.id)
        places = [] if row is None else np.flatnonzero(ranking.order == row).tolist()
        return (places[0] + 1, ranking.breakdown(row)) if places and row is not None else None

    def _ranking(
        self, as_of: datetime | None, preset: Preset, formula: Formula, days: float | None
    ) -> tuple[datetime, Ranking]:
        if as_of is not None:
            at = in_days(as_of)
            return as_of, trending.rank(self.tally.signals(as_of), formula, at, preset=preset, days=days)
        now = self.now()
        state = self.store.reached()
        name = preset, formula, days
        with self._lock:
            kept = self._kept.get(name)
            if kept and kept[0] == state and 0 <= (now - kept[1]).total_seconds() < KEPT_SECONDS:
                return kept[1], kept[2]
        ranking = trending.rank(self.tally.signals(now), formula, in_days(now), preset=preset, days=days)
        with self._lock:
            if len(self._kept) > 32:
                self._kept.clear()
            self._kept[name] = state, now, ranking
        return now, ranking
