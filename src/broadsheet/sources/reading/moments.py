"""Moments as sources write them, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MAIL = re.compile(
    r"(?:[A-Za-z]{2,9},?\s+)?(\d{1,2})\s+([A-Za-z]{3})[a-z]*\.?\s+(\d{4})"
    r"(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([A-Za-z]{1,5}|[+-]\d{4})?)?(?:\s*\([A-Za-z ]+\))?"
)
_ZONES: Final = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


def moment(text: object) -> datetime | None:
    """The moment a timestamp names, as its own zone writes it (UTC where it names none); None if it is none.

    ISO 8601 ("2026-07-23T00:00:00.000Z") and mail dates ("Mon, 11 Jan 2021 20:31:27 GMT") are read.
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    if not 10 <= len(text) <= 64:
        return None
    try:
        if text[:4].isdigit():
            found = datetime.fromisoformat(text.replace(" ", "T", 1) if text[10:11] == " " else text)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if parts := _MAIL.fullmatch(text):
            day, month, year, hour, minute, second, zone = parts.groups()
            return datetime(
                int(year),
                _MONTHS[month.lower()],
                int(day),
                int(hour or 0),
                int(minute or 0),
                min(int(second or 0), 59),  # a leap second
                tzinfo=_zone(zone or ""),
            )
    except (ValueError, KeyError, OverflowError):
        return None
    return None


def _zone(name: str) -> timezone:
    if name[:1] in ("+", "-"):
        offset = timedelta(hours=int(name[1:3]), minutes=int(name[3:5]))
        return timezone(offset if name[0] == "+" else -offset)
    hours = _ZONES.get(name.upper(), 0)
    return timezone(timedelta(hours=hours)) if hours else UTC


def utc(text: object) -> datetime | None:
    """That moment in UTC.

    >>> utc("Tue, 15 Sep 2026 00:00:00 -0400").isoformat(), utc("2026-02-30T00:00:00Z")
    ('2026-09-15T04:00:00+00:00', None)
    """
    found = moment(text)
    if found is None:
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:  # the first and last day there is
        return None


def utc_day(text: object) -> date | None:
    """The UTC day of that moment."""
    found = utc(text)
    return found.date() if found else None


def of_milliseconds(value: object) -> datetime | None:
    """The UTC moment of milliseconds since 1970, between 1970 and 2200."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 7_258_118_400_000:
        return datetime.fromtimestamp(value / 1000, UTC)
    return None
