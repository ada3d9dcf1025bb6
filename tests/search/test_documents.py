"""How a paper becomes fields: names, days, what it has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.papers import Author, Link
from broadsheet.search.documents import (
    ID_BITS,
    attributes,
    document,
    is_indexed,
    sort_day,
    spellings,
    spelt,
    surnames,
)


@pytest.mark.parametrize(
    ("name", "words", "last"),
    [
        ("Ada Lovelace", ["Ada", "Lovelace"], ["Lovelace"]),
        ("Lovelace, Ada K.", ["Ada", "K.", "Lovelace"], ["Lovelace"]),
        ("Gabriel García Márquez", ["Gabriel", "García", "Márquez"], ["García", "Márquez"]),
        ("John Smith Jr.", ["John", "Smith"], ["Smith"]),
        ("Smith, Jr.", ["Smith"], ["Smith"]),
        ("J. R. R.", ["J.", "R.", "R."], ["R."]),
        ("Plato", ["Plato"], ["Plato"]),
        ("", [], []),
    ],
)
def test_names(name: str, words: list[str], last: list[str]) -> None:
    assert spelt(Author(name)) == words
    assert surnames(words) == last


def test_spellings() -> None:
    assert spellings(["Ada", "K.", "Lovelace"]) == ["Ada K. Lovelace", "Ada Lovelace", "A Lovelace"]
    assert spellings(["Ada", "Lovelace"]) == ["Ada Lovelace", "A Lovelace"]
    assert spellings(["Plato"]) == ["Plato"]


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"submitted": date(2024, 2, 9), "published": "2025"}, 20240209),
        ({"submitted": None, "announced": date(2024, 2, 9)}, 20240209),
        ({"submitted": None, "published": "2021-05"}, 20210500),
        ({"submitted": None, "published": "2021"}, 20210000),
        ({"submitted": None, "days": ("--07-29", "2025-07-30")}, 20250730),
        ({"submitted": None, "days": ("--07-29",)}, 0),
        ({"submitted": None}, 0),
    ],
)
def test_days(make_paper: Any, fields: dict[str, Any], day: int) -> None:
    paper = make_paper(3, **fields)
    assert sort_day(paper) == day
    assert document(paper)["by_date"] == day << ID_BITS | 3
    assert document(paper).get("year", 0) == (day // 10000 if not fields.get("submitted") else 2025)


def test_orders_are_total_and_by_votes_then_date(make_paper: Any) -> None:
    papers = [
        make_paper(1, votes=None),
        make_paper(2, votes=0, submitted=date(2026, 1, 1)),
        make_paper(3, votes=4),
        make_paper(4, votes=4, submitted=date(2025, 1, 2)),
        make_paper(5, votes=10**9, submitted=None),
    ]
    assert [p.id for p in sorted(papers, key=lambda p: -document(p)["by_votes"])] == [5, 4, 3, 2, 1]
    assert max(document(p)["by_votes"] for p in papers) < 1 << 63


def test_attributes(make_paper: Any) -> None:
    bare = make_paper(1, identifiers=())
    assert attributes(bare) == []
    full = make_paper(2, "T", "abstract", code=True, votes=1, venue="V", tldr="short")
    assert attributes(full) == ["abstract", "code", "tldr", "venue", "votes"]
    page = make_paper(3, links=(Link("page", "https://example.org"),))
    assert attributes(page) == []


def test_what_is_indexed(make_paper: Any) -> None:
    assert is_indexed(make_paper(1))
    assert not is_indexed(make_paper(1, extra={"unresolved": True}))
    assert is_indexed(make_paper(1, manifestations=()))
