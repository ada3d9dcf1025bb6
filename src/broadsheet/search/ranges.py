"""The values of `year:` and `date:`: text to an inclusive range of numbers.

A year is its number, a day is YYYYMMDD as a number (20240229), so that both sort as they read; a paper known
to be of some month or year only stands before its first day (20240200, 20240000) and inside it.
An open side is None.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_SIDE: Final = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", re.ASCII)
_LAST: Final = re.compile(r"(\d{1,4})(d|w|m|y)", re.ASCII)
_YEARS: Final = re.compile(r"(\d{4})\s*[-–—]\s*(\d{4})?", re.ASCII)
_YEAR: Final = re.compile(r"[0-9]{4}")
_NAMED: Final = {"today": 0, "yesterday": 1}


@dataclass(frozen=True, slots=True)
class Range:
    """An inclusive range and its canonical spelling.

    swapped: the sides were given in the wrong order and have been exchanged.
    """

    low: int | None
    high: int | None
    text: str
    swapped: bool = False


def years(text: str) -> Range | None:
    """Read `2020`, `2020..2023`, `2020-2023`, `2020..`, `..2020`, `>=2020`, `<2020`; else None.

    >>> years("2020-2023"), years("soon")
    (Range(low=2020, high=2023, text='2020..2023', swapped=False), None)
    """
    value = text.strip()
    dashed = _YEARS.fullmatch(value)
    if dashed:
        value = f"{dashed[1]}..{dashed[2] or ''}"
    return _between(value, lambda side: (int(side), int(side)) if _YEAR.fullmatch(side) else None)


def days(text: str, today: date) -> Range | None:
    """Read a day, month or year, a range of them, or the last days: `today`, `7d`, `2w`, `6m`, `1y`.

    >>> days("2024-02", date(2024, 5, 1))
    Range(low=20240200, high=20240229, text='2024-02', swapped=False)
    """
    value = text.strip().casefold()
    last = _LAST.fullmatch(value)
    if last:
        return _last(int(last[1]), last[2], today)
    return _between(value, lambda side: _day(side, today))


def _between(value: str, read: Callable[[str], tuple[int, int] | None]) -> Range | None:
    compared = re.fullmatch(r"(>=|<=|>|<|=)\s*(.+)", value)
    if compared:
        side = read(compared[2])
        if side is None:
            return None
        sign = compared[1]
        text = f"{'' if sign == '=' else sign}{compared[2]}"
        low = {">=": side[0], ">": side[1] + 1, "=": side[0]}.get(sign)
        high = {"<=": side[1], "<": side[0] - 1, "=": side[1]}.get(sign)
        return Range(low, high, text)
    first, dots, second = value.partition("..")
    first, second = first.strip(), second.strip(" .")
    if not dots:
        side = read(first)
        return Range(*side, first) if side else None
    left, right = (read(first) if first else None), (read(second) if second else None)
    if (first and not left) or (second and not right) or not (first or second):
        return None
    if left and right and left[0] > right[1]:
        return Range(right[0], left[1], f"{second}..{first}", swapped=True)
    return Range(left[0] if left else None, right[1] if right else None, f"{first}..{second}")


def _day(side: str, today: date) -> tuple[int, int] | None:
    if side in _NAMED:
        number = day_number(today - timedelta(days=_NAMED[side]))
        return number, number
    found = _SIDE.fullmatch(side)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not year or (found[2] and not 1 <= month <= 12):
        return None
    if not month:
        return year * 10000, year * 10000 + 1231
    last = calendar.monthrange(year, month)[1]
    if not found[3]:
        return year * 10000 + month * 100, year * 10000 + month * 100 + last
    if not 1 <= day <= last:
        return None
    number = year * 10000 + month * 100 + day
    return number, number


def _last(count: int, unit: str, today: date) -> Range:
    size = {"d": 1, "w": 7, "m": 30, "y": 365}[unit]
    reach = min(count * size, today.toordinal() - 1)
    low = day_number(today - timedelta(days=max(0, reach - 1)))
    return Range(low, day_number(today), f"{count}{unit}")


def day_number(day: date) -> int:
    """The day as YYYYMMDD."""
    return day.year * 10000 + day.month * 100 + day.day
