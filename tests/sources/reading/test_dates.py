from __future__ import annotations

from datetime import date

import pytest

from broadsheet.sources.reading import dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1948/07//", "1948-07"),
        ("2009///", "2009"),
        ("2014//", "2014"),
        ("2020/11/30/Winter", "2020-11-30"),
        ("2026-6-30", "2026-06-30"),
        ("2022-05/2022-07", "2022-05"),
        ("20210704", "2021-07-04"),
        ("Mon, 03 Jun 2024 10:00:00 GMT", "2024-06-03"),
        ("12 Mar. 2019", "2019-03-12"),
        ("March 12th, 2019", "2019-03-12"),
        ("Jun-Jul 2020", "2020-06"),
        ("2005 Feb 3", "2005-02-03"),
        ("spring 2017", "2017"),
        ("2021-02-30", "2021-02"),
        ("2021-13", "2021"),
        ("0000", ""),
        ("to appear", ""),
        ("99999", ""),
        ("", ""),
    ],
)
def test_dates_as_they_are_written(text, expected):
    assert dates.from_text(text) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([2026, 9, 3], "2026-09-03"),
        ([2018, 1], "2018-01"),
        (["2018", "1"], "2018-01"),
        ([2020], "2020"),
        ([None], ""),
        ([], ""),
        ([2020, None, 4], "2020"),
        ([2020, 2, 31], "2020-02"),
        ([True], ""),
        ([{}, []], ""),
        ([10**30], ""),
    ],
)
def test_dates_of_parts(parts, expected):
    assert dates.from_parts(parts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 June", [6, 10]),
        ("June", [6]),
        ("jun-jul", [6]),
        ("6", [6]),
        ("13", []),
        ("FEB 3", [2, 3]),
        ("x", []),
    ],
)
def test_months_and_days(text, expected):
    assert dates.month_and_day(text) == expected


def test_a_day_is_whole_or_none():
    assert dates.day("2026-6-30T10:00:00Z") == date(2026, 6, 30)
    assert dates.day("2026-06") is None
    assert dates.day(None) is None
