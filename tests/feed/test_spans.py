"""Days, weeks and months that make an edition."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import EditionNotFoundError
from broadsheet.feed.spans import Span

days = st.dates(min_value=date(1, 1, 8), max_value=date(9999, 11, 20))


@given(days)
def test_a_span_is_read_back_from_its_name(day: date) -> None:
    for span in (Span.of_day(day), Span.of_week(day), Span.of_month(day)):
        assert Span.parse(span.name) == span
        assert span.first <= day.isoformat() <= span.last


@given(days)
def test_spans_of_a_kind_tile_the_calendar(day: date) -> None:
    for span in (Span.of_day(day), Span.of_week(day), Span.of_month(day)):
        after = span.shifted(1)
        assert after is not None
        assert date.fromisoformat(after.first) == date.fromisoformat(span.last) + timedelta(1)
        assert after.shifted(-1) == span


@given(st.text(max_size=14))
def test_any_text_is_a_span_or_a_clear_error(text: str) -> None:
    try:
        name = Span.parse(text).name
    except EditionNotFoundError as error:
        name = error.span
    assert name == text


@pytest.mark.parametrize(
    "name",
    ["", "2025", "2025-13", "2025-W54", "2025-02-29", "--02-30", "2025-7-29", "today", "2025-W00", "0000-01"],
)
def test_what_is_no_span_is_refused(name: str) -> None:
    with pytest.raises(EditionNotFoundError, match="want YYYY-MM-DD"):
        Span.parse(name)


@pytest.mark.parametrize(
    ("name", "title", "path"),
    [
        ("2025-07-29", "Tuesday, 29 July 2025", "/papers/date/2025-07-29"),
        ("--07-29", "29 July", "/papers/date/--07-29"),
        ("2025-W31", "28 July–3 August 2025", "/papers/week/2025-W31"),
        ("2026-W01", "29 December 2025–4 January 2026", "/papers/week/2026-W01"),
        ("2024-02", "February 2024", "/papers/month/2024-02"),
    ],
)
def test_titles_and_paths(name: str, title: str, path: str) -> None:
    span = Span.parse(name)
    assert (span.title, span.path) == (title, path)


def test_a_day_without_a_year_has_no_neighbours_in_the_calendar() -> None:
    span = Span.parse("--02-29")
    assert not span.dated
    assert span.shifted(1) is None


def test_the_calendar_ends_without_a_crash() -> None:
    assert Span.parse("9999-12").last == "9999-12-31"
    assert Span.parse("9999-12").shifted(1) is None
    assert Span.parse("0001-01-01").shifted(-1) is None
