"""When a digest is due, checked against a walk through every minute of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.digest.schedule import next_due
from broadsheet.exceptions import MailError
from broadsheet.subscriptions import Cadence, Kind, Wish

FIRST = datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # hypothesis puts the zone on
LAST = datetime(2026, 12, 31, tzinfo=UTC).replace(tzinfo=None)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")


def wishes():
    return st.builds(
        Wish,
        cadence=st.sampled_from(Cadence),
        weekday=st.integers(0, 6),
        hour=st.integers(0, 23),
        zone=st.sampled_from(ZONES),
        quiet=st.frozensets(st.integers(0, 6), max_size=6),
    )


def by_hand(wish, after):
    """Walk quarter of an hour by quarter of an hour, looking at the clock on the wall."""
    zone = ZoneInfo(wish.zone)
    moment = after.replace(minute=0, second=0, microsecond=0)
    seen = None
    while True:
        moment += timedelta(minutes=15)
        local = moment.astimezone(zone)
        before = (moment - timedelta(minutes=15)).astimezone(zone)
        struck = local.hour == wish.hour and (local.minute == 0 or before.hour != wish.hour)
        # An hour that is skipped strikes at the first moment behind it.
        struck |= before.date() == local.date() and before.hour < wish.hour < local.hour
        if not struck or moment <= after or local.date() == seen or local.fold:
            continue
        seen = local.date()
        if local.weekday() in wish.quiet:
            continue
        if wish.cadence is Cadence.WEEKLY:
            back = (local.weekday() - wish.weekday) % 7
            if any((wish.weekday + step) % 7 not in wish.quiet for step in range(back)):
                continue
        return moment


@settings(max_examples=60, deadline=None)
@given(wishes(), st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_the_next_hour_is_that_of_the_wall(wish, after):
    assert next_due(wish, after) == by_hand(wish, after)


@settings(max_examples=100, deadline=None)
@given(wishes(), st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_it_lies_ahead_and_is_found_again(wish, after):
    due = next_due(wish, after)
    assert after < due <= after + timedelta(days=15)
    assert next_due(wish, due - timedelta(microseconds=1)) == due
    assert next_due(wish, due) > due


def test_changes_of_clocks():
    wish = Wish(hour=2, zone="Europe/Berlin")
    assert next_due(wish, datetime(2025, 3, 29, 12, tzinfo=UTC)).isoformat() == "2025-03-30T01:00:00+00:00"
    autumn = next_due(wish, datetime(2025, 10, 25, 12, tzinfo=UTC))
    assert autumn.isoformat() == "2025-10-26T00:00:00+00:00"
    assert next_due(wish, autumn).isoformat() == "2025-10-27T01:00:00+00:00", "and not an hour later"


def test_a_vacation_is_passed_over():
    wish = Wish(away=(date(2025, 8, 1), date(2026, 8, 1)))
    assert next_due(wish, datetime(2025, 8, 2, tzinfo=UTC)) == datetime(2026, 8, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "bad",
    [
        {"hour": 24},
        {"weekday": -1},
        {"length": 0},
        {"length": 51},
        {"quiet": frozenset(range(7))},
        {"quiet": frozenset({7})},
        {"kind": Kind.QUERY},
        {"object": "x"},
        {"kind": Kind.QUERY, "object": "x" * 1001},
        {"away": (date(2025, 2, 1), date(2025, 1, 1))},
    ],
)
def test_what_nobody_can_want(bad):
    with pytest.raises(MailError):
        Wish(**bad)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "\x00"])
def test_a_zone_is_one(zone):
    with pytest.raises(MailError, match="time zone"):
        next_due(Wish(zone=zone), datetime.now(UTC))
