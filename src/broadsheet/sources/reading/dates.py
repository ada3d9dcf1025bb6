"""Dates of publication as sources write them, as precisely as they tell: `2021`, `2021-05`, `2021-05-14`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - reads as a calendar
_NUMERIC: Final = re.compile(r"\s*(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?!\d))?)?(?!\d)")
_COMPACT: Final = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:\d{6})?\s*")
_YEAR: Final = re.compile(r"(?<!\d)(1[4-9]\d\d|2[01]\d\d)(?!\d)")
_MONTH: Final = re.compile(
    r"(?i)(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:[a-z]{0,7})(?![a-z])"
)
_DAY: Final = re.compile(r"(?<!\d)([0-3]?\d)(?:st|nd|rd|th)?(?![\da-z])")


def from_parts(parts: Sequence[object]) -> str:
    """A date of year, month, day as numbers or digits, cut before the first part that is none.

    >>> from_parts([2021, 5]), from_parts(["2021", "2", "30"]), from_parts([None])
    ('2021-05', '2021-02', '')
    """
    numbers = []
    for part in parts[:3]:
        text = str(part).strip() if isinstance(part, int | str) and not isinstance(part, bool) else ""
        if not (text.isascii() and text.isdigit()) or len(text) > 4:
            break
        numbers.append(int(text))
    if not numbers or not 1400 <= numbers[0] <= 2199:
        return ""
    if len(numbers) > 1 and not 1 <= numbers[1] <= 12:
        del numbers[1:]
    if len(numbers) > 2:
        try:
            date(*numbers)
        except ValueError:
            del numbers[2:]
    return "-".join(f"{number:02d}" for number in numbers)


def from_text(text: str) -> str:
    """A date of words or digits in any usual order; of a range the beginning; '' where there is no year.

    >>> from_text("1948/07//"), from_text("2026-6-30"), from_text("12 Mar. 2019"), from_text("Jun-Jul 2020")
    ('1948-07', '2026-06-30', '2019-03-12', '2020-06')
    """
    if found := _COMPACT.fullmatch(text):
        return from_parts(found.groups())
    if (found := _NUMERIC.match(text)) and (found[2] or not _MONTH.search(text)):
        return from_parts([part for part in found.groups() if part])
    year = _YEAR.search(text)
    if not year:
        return ""
    rest = text[: year.start()] + " " + text[year.end() :]
    return from_parts([year[1], *month_and_day(rest)])


def month_and_day(text: str) -> list[int]:
    """What a month field says: nothing, a month, or a month and a day ("10~June", "6", "jun-jul").

    >>> month_and_day("10 June"), month_and_day("6"), month_and_day("June 3-5"), month_and_day("spring")
    ([6, 10], [6], [6, 3], [])
    """
    found = _MONTH.search(text)
    if not found:
        number = text.strip()
        return [int(number)] if number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= 12 else []
    month = _MONTHS.index(found[1].lower()) + 1
    day = _DAY.search(text[: found.start()]) or _DAY.search(text[found.end() :])
    return [month, int(day[1])] if day else [month]


def day(text: object) -> date | None:
    """The day a timestamp or date in ISO 8601's order begins with, if it is a whole one."""
    published = from_text(text) if isinstance(text, str) else ""
    return date.fromisoformat(published) if len(published) == 10 else None
