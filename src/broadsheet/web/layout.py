"""Where things stand on the page: sections into bands and folds, days into calendars. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from broadsheet.feed.editions import Column, Section
from broadsheet.feed.spans import MONTHS, Span

FOLD: Final = 12  # papers between two rules across the page: about a screen of three columns
ABREAST: Final = 3  # short sections side by side


@dataclass(frozen=True, slots=True)
class Band:
    """A strip across the page: one section in columns (`folds`), or short ones side by side (`abreast`)."""

    sections: tuple[Section, ...]

    @property
    def abreast(self) -> bool:
        """Whether each section is a column of its own."""
        return len(self.sections) > 1 or len(self.sections[0].columns) < ABREAST

    @property
    def folds(self) -> tuple[tuple[Column, ...], ...]:
        """The papers of a single section, cut so that no column is longer than a screen or so."""
        columns = self.sections[0].columns
        count = max(1, round(len(columns) / FOLD))
        size = -(-len(columns) // count)
        return tuple(columns[at : at + size] for at in range(0, len(columns), size))


def bands(sections: Sequence[Section]) -> list[Band]:
    """Lay sections out: long ones across the page, short ones gathered side by side, near their place."""
    laid: list[Band] = []
    short: list[Section] = []
    for section in sections:
        if len(section.columns) >= ABREAST:
            laid.append(Band((section,)))
            continue
        short.append(section)
        if len(short) == ABREAST:
            laid.append(Band(tuple(short)))
            short = []
    if short:
        laid.append(Band(tuple(short)))
    return laid


def wider(span: Span | None) -> list[tuple[Span, str]]:
    """The week and the month that hold a span, with what to call them."""
    if span is None or not span.dated:
        return []
    first = date.fromisoformat(span.first)
    return [(Span.of_week(first), "Week"), (Span.of_month(first), "Month")]


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the archive. A week has seven places: day of the month or 0, its edition, its papers."""

    span: Span
    total: int
    weeks: tuple[tuple[Span, tuple[tuple[int, Span | None, int], ...]], ...]

    @property
    def name(self) -> str:
        """`July`."""
        return MONTHS[int(self.span.name[5:]) - 1]


def months(days: Iterable[tuple[Span, int]]) -> Iterator[Month]:
    """Calendars of the months that have papers, in the order of the days given; undated days are left out."""
    counts = {span.name: (span, count) for span, count in days if span.dated}
    for name in dict.fromkeys(day[:7] for day in counts):
        year, month = int(name[:4]), int(name[5:])
        weeks = []
        for week in calendar.Calendar().monthdayscalendar(year, month):
            first = next(number for number in week if number)
            places: list[tuple[int, Span | None, int]] = []
            for number in week:
                span, count = counts.get(f"{name}-{number:02}", (None, 0))
                places.append((number, span, count))
            weeks.append((Span.of_week(date(year, month, first)), tuple(places)))
        total = sum(count for day, (_, count) in counts.items() if day.startswith(name))
        yield Month(Span.parse(name), total, tuple(weeks))
