"""A span of days that makes an edition: a day, an ISO week, or a month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from broadsheet.exceptions import EditionNotFoundError
from broadsheet.papers import is_day

_WEEK: Final = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """The days `first` to `last`, both included, in the spelling of `Listing.day`.

    kind: day, week or month.
    name: how the span is written in an address: `2025-07-29`, `2025-W31`, `2025-07`, or `--07-29`
        for a day whose year nobody told.
    """

    kind: str
    name: str
    first: str
    last: str

    @property
    def title(self) -> str:
        """The span as the date line prints it.

        >>> Span.parse("2025-07-29").title, Span.parse("--07-29").title
        ('Tuesday, 29 July 2025', '29 July')
        """
        if self.name.startswith("--"):
            return f"{int(self.first[5:])} {MONTHS[int(self.first[2:4]) - 1]}"
        first = date.fromisoformat(self.first)
        if self.kind == "day":
            return f"{first:%A}, {first.day} {MONTHS[first.month - 1]} {first.year}"
        if self.kind == "month":
            return f"{MONTHS[first.month - 1]} {first.year}"
        last = date.fromisoformat(self.last)
        opening = f"{first.day}" if first.month == last.month else f"{first.day} {MONTHS[first.month - 1]}"
        if first.year != last.year:
            opening += f" {first.year}"
        return f"{opening}\N{EN DASH}{last.day} {MONTHS[last.month - 1]} {last.year}"

    @property
    def path(self) -> str:
        """The span's address below the root of the site."""
        return f"/papers/{'date' if self.kind == 'day' else self.kind}/{self.name}"

    @property
    def dated(self) -> bool:
        """Whether the year is known."""
        return not self.name.startswith("--")

    def shifted(self, steps: int) -> Span | None:
        """The span that many days, weeks or months later; None past the calendar's ends or without a year."""
        if not self.dated:
            return None
        first = date.fromisoformat(self.first)
        try:
            if self.kind == "day":
                return Span.of_day(first + timedelta(days=steps))
            if self.kind == "week":
                return Span.of_week(first + timedelta(weeks=steps))
            month = first.year * 12 + first.month - 1 + steps
            return Span.of_month(date(month // 12, month % 12 + 1, 1))
        except (ValueError, OverflowError):
            return None

    @classmethod
    def of_day(cls, day: date) -> Span:
        """The day itself."""
        return cls("day", day.isoformat(), day.isoformat(), day.isoformat())

    @classmethod
    def of_week(cls, day: date) -> Span:
        """The ISO week, Monday to Sunday, that holds the day."""
        year, week, _ = day.isocalendar()
        first, last = date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7)
        return cls("week", f"{year:04}-W{week:02}", first.isoformat(), last.isoformat())

    @classmethod
    def of_month(cls, day: date) -> Span:
        """The calendar month that holds the day."""
        first = day.replace(day=1)
        # The last day of a month is the eve of the next; December of year 9999 has no next.
        last = (
            day.replace(day=31) if day.month == 12 else day.replace(month=day.month + 1, day=1) - timedelta(1)
        )
        return cls("month", f"{first.year:04}-{first.month:02}", first.isoformat(), last.isoformat())

    @classmethod
    def parse(cls, name: str) -> Span:
        """Read a span as it stands in an address.

        Raises EditionNotFoundError for anything that is not a day, week or month.

        >>> Span.parse("2025-W31")
        Span(kind='week', name='2025-W31', first='2025-07-28', last='2025-08-03')
        """
        try:
            if is_day(name):
                return (
                    cls("day", name, name, name) if name[0] == "-" else cls.of_day(date.fromisoformat(name))
                )
            if week := _WEEK.fullmatch(name):
                return cls.of_week(date.fromisocalendar(int(week[1]), int(week[2]), 1))
            if month := _MONTH.fullmatch(name):
                return cls.of_month(date(int(month[1]), int(month[2]), 1))
        except (ValueError, OverflowError):
            pass
        raise EditionNotFoundError(name)
