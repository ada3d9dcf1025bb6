from __future__ import annotations

import doctest
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.sources.reading import moments
from broadsheet.sources.reading.moments import moment, of_milliseconds, utc, utc_day


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-07-23T00:00:00.000Z", "2026-07-23T00:00:00+00:00"),
        ("2025-08-20T00:00:00-04:00", "2025-08-20T04:00:00+00:00"),
        ("2026-07-23", "2026-07-23T00:00:00+00:00"),
        ("2026-07-23 10:11:12", "2026-07-23T10:11:12+00:00"),
        ("Mon, 11 Jan 2021 20:31:27 GMT", "2021-01-11T20:31:27+00:00"),
        ("Tue, 15 Sep 2026 00:00:00 -0400", "2026-09-15T04:00:00+00:00"),
        ("Tue, 15 Sep 2026 00:00:00 EDT", "2026-09-15T04:00:00+00:00"),
        ("2 Apr 2007 19:18:42", "2007-04-02T19:18:42+00:00"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59+00:00"),
    ],
)
def test_moments_are_read(said, meant):
    assert utc(said).isoformat() == meant


@pytest.mark.parametrize(
    "said", ["", None, 7, "yesterday", "2026-02-30T00:00:00Z", "Mon, 31 Feb 2021 00:00:00 GMT", "2026"]
)
def test_what_is_no_moment(said):
    assert utc(said) is None
    assert utc_day(said) is None


def test_the_edges_of_time_do_no_harm():
    assert utc("0001-01-01T00:00:00+14:00") is None
    assert utc("9999-12-31T23:00:00-12:00") is None
    assert utc("Mon, 11 Jan 0000 00:00:00 GMT") is None


def test_the_day_is_as_written_or_in_utc():
    assert moment("Tue, 15 Sep 2026 23:00:00 -0400").date() == date(2026, 9, 15)
    assert utc_day("Tue, 15 Sep 2026 23:00:00 -0400") == date(2026, 9, 16)


def test_milliseconds():
    assert of_milliseconds(1700000000000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    for nothing in (None, "1700000000000", True, 0, -5, 10**18, float("nan")):
        assert of_milliseconds(nothing) is None


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda when: when.year >= 1000))
def test_mail_dates_round_trip(when):
    when = when.replace(microsecond=0)
    day = f"{when.day} {when:%b} {when.year:04d}"
    assert utc(f"{day} {when:%H:%M:%S} +0000") == when
    assert utc(when.isoformat()) == when


@given(st.text("0123456789 -+:TZ,.MonJaSepGMT", max_size=40))
def test_nothing_raises(said):
    utc(said)


def test_examples_in_the_documentation():
    assert doctest.testmod(moments).failed == 0
