"""When a digest is due: an hour in somebody's zone, on days that are not quiet. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broadsheet.exceptions import MailError
from broadsheet.subscriptions import Cadence, Wish


def zone_named(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises MailError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MailError(f"not a time zone: {name!r}; use an IANA name such as Europe/Berlin") from error


def next_due(wish: Wish, after: datetime) -> datetime:
    """The first moment strictly after `after` at which a digest is due, in UTC.

    An hour that a change of clocks skips is the one after it; one that comes twice counts once. A weekly
    digest whose day is quiet comes on the next day that is not.

    >>> next_due(Wish(hour=7, zone="Europe/Berlin"), datetime(2025, 3, 29, 7, tzinfo=UTC)).isoformat()
    '2025-03-30T05:00:00+00:00'
    """
    zone = zone_named(wish.zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        moment = _moment(day, wish.hour, zone)
        if moment > after and is_wanted(wish, day):
            return moment
        day = _day_after(wish, day)


def _day_after(wish: Wish, day: date) -> date:
    """The next day worth looking at; a vacation of years is passed in one step."""
    if wish.away and wish.away[0] <= day < wish.away[1]:
        return wish.away[1]
    return day + timedelta(days=1)


def is_wanted(wish: Wish, day: date) -> bool:
    """Whether a digest may come on that day.

    >>> weekend = Wish(quiet=frozenset({5, 6}))
    >>> is_wanted(weekend, date(2025, 8, 1)), is_wanted(weekend, date(2025, 8, 2))
    (True, False)
    """
    if day.weekday() in wish.quiet or (wish.away and wish.away[0] <= day <= wish.away[1]):
        return False
    if wish.cadence is Cadence.DAILY:
        return True
    # The day that was chosen; failing that, the first behind it that is not quiet.
    back = (day.weekday() - wish.weekday) % 7
    return all((wish.weekday + step) % 7 in wish.quiet for step in range(back))


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
