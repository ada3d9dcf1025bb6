from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feed.editions import Column, Section
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper
from broadsheet.web.layout import bands, months, wider

NOW = datetime(2025, 7, 29, tzinfo=UTC)


def section(title, count):
    paper = Paper(id=1, key="1", title="T", added=NOW, updated=NOW)
    return Section(title, tuple(Column(n, paper, "small", "") for n in range(count)))


def test_long_sections_lie_across_and_short_ones_abreast():
    laid = bands([section("a", 9), section("b", 1), section("c", 2), section("d", 5), section("e", 1)])
    assert [[s.title for s in band.sections] for band in laid] == [["a"], ["d"], ["b", "c", "e"]]
    assert [band.abreast for band in laid] == [False, False, True]


@given(st.lists(st.integers(1, 60), max_size=20))
def test_every_section_is_laid_once_and_every_paper_is_in_one_fold(sizes):
    sections = [section(str(n), size) for n, size in enumerate(sizes)]
    laid = bands(sections)
    assert sorted(s.title for band in laid for s in band.sections) == sorted(s.title for s in sections)
    for band in laid:
        if not band.abreast:
            assert [c for fold in band.folds for c in fold] == list(band.sections[0].columns)
            assert all(len(fold) <= 18 for fold in band.folds)


def test_a_month_is_a_calendar():
    days = [("2025-07-29", 5), ("2025-07-01", 2), ("--07-29", 9), ("2024-02-29", 1)]
    july, february = months([(Span.parse(day), count) for day, count in days])
    assert (july.name, july.total, february.name, february.total) == ("July", 7, "February", 1)
    assert [week.name for week, _ in july.weeks] == [f"2025-W{n}" for n in range(27, 32)]
    assert july.weeks[0][1][1] == (1, Span.parse("2025-07-01"), 2)
    assert july.weeks[0][1][0] == (0, None, 0)


def test_a_day_lies_in_a_week_and_a_month():
    assert [span.name for span, _ in wider(Span.parse("2025-07-01"))] == ["2025-W27", "2025-07"]
    assert wider(Span.parse("--07-01")) == wider(None) == []
