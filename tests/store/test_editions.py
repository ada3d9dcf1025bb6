from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.papers import Status
from broadsheet.store import Store


def on(record: Any, n: int, *days: str, position: int | None = None, **given: Any) -> Any:
    listings = [("hf", day, position) for day in days]
    return record(f"2401.{n:05}", listings=listings, **given)


def keys(store: Store, first: str, last: str | None = None, **given: Any) -> list[int]:
    papers, _ = store.edition(first, last or first, **given)
    return [int(paper.key[5:]) for paper in papers]


@pytest.fixture
def filled(store: Store, record: Any) -> Store:
    store.ingest(
        [
            on(record, 1, "2024-01-02", position=3, votes=5, categories=("cs.LG", "cs.AI"), submitted=date(2023, 12, 30)),
            on(record, 2, "2024-01-02", position=1, categories=("cs.LG",), submitted=date(2023, 12, 31)),
            on(record, 3, "2024-01-02", "2024-01-03", position=2, votes=9, categories=("math.AG",), submitted=date(2023, 12, 29)),
            on(record, 4, "2024-01-03", position=1, votes=0, categories=("cs.LG_X%",)),
            on(record, 5, "--07-29", position=1),
            on(record, 6, "--03-01", position=1),
            record("2401.00007"),
        ]
    )  # fmt: skip
    return store


def test_days_are_told_newest_first_and_undated_last(filled: Store) -> None:
    assert filled.days() == [("2024-01-03", 2), ("2024-01-02", 3), ("--07-29", 1), ("--03-01", 1)]


@pytest.mark.parametrize(
    ("order", "expected"), [("votes", [3, 1, 2]), ("position", [2, 3, 1]), ("date", [2, 1, 3])]
)
def test_the_order_of_a_day(filled: Store, order: Any, expected: list[int]) -> None:
    assert keys(filled, "2024-01-02", order=order) == expected


@pytest.mark.parametrize(
    ("order", "expected"), [("votes", [3, 1, 4, 2]), ("position", [4, 3, 2, 1]), ("date", [2, 1, 3, 4])]
)
def test_the_order_of_a_span(filled: Store, order: Any, expected: list[int]) -> None:
    assert keys(filled, "2024-01-01", "2024-01-07", order=order) == expected


def test_an_order_that_is_none_is_refused(filled: Store) -> None:
    with pytest.raises(ValueError, match="got 'fame'"):
        filled.edition("2024-01-02", "2024-01-02", order="fame")  # type: ignore[arg-type]


def test_pages_of_an_edition(filled: Store) -> None:
    pages = [filled.edition("2024-01-01", "2024-12-31", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(papers) for papers, _ in pages] == [3, 1, 0]
    assert {total for _, total in pages} == {4}


def test_a_day_without_year_is_no_part_of_a_span(filled: Store) -> None:
    assert keys(filled, "--07-29") == [5]
    assert 5 not in keys(filled, "0001-01-01", "9999-12-31")


@pytest.mark.parametrize(
    ("category", "expected"),
    [("cs.LG", [1, 2]), ("cs.AI", [1]), ("cs", []), ("cs.L_", []), ("%", []), ("cs.LG_X%", [4])],
)
def test_a_category_of_an_edition(filled: Store, category: str, expected: list[int]) -> None:
    papers, total = filled.edition("2024-01-02", "2024-01-03", category=category)
    assert ([int(paper.key[5:]) for paper in papers], total) == (expected, len(expected))


def test_categories_are_counted_once_a_paper(filled: Store) -> None:
    assert filled.categories("2024-01-02", "2024-01-02") == [("cs.LG", 2), ("cs.AI", 1), ("math.AG", 1)]
    assert filled.categories("2024-01-01", "2024-01-07") == [
        ("cs.LG", 2),
        ("cs.AI", 1),
        ("cs.LG_X%", 1),
        ("math.AG", 1),
    ]


def test_the_latest_day(store: Store, filled: Store) -> None:
    assert filled.latest_day() == "2024-01-03"
    assert filled.latest_day("2024-01-02") == "2024-01-02"
    assert filled.latest_day("2023-01-01") == "--07-29"


def test_an_empty_store_has_no_days(store: Store) -> None:
    assert store.latest_day() is None
    assert store.days() == []
    assert store.edition("2024-01-01", "2024-01-02") == ([], 0)
    assert store.neighbours("2024-01-01") == (None, None)


def test_the_neighbours_of_a_day(filled: Store) -> None:
    assert filled.neighbours("2024-01-02") == (None, "2024-01-03")
    assert filled.neighbours("2024-06-01") == ("2024-01-03", None)
    assert filled.neighbours("--07-29") == ("--03-01", None)


def test_editions_are_numbered(filled: Store) -> None:
    assert [
        filled.edition_number(day) for day in ("2024-01-01", "2024-01-02", "2024-01-03", "2025-01-01")
    ] == [0, 1, 2, 2]


def test_the_top_by_votes(filled: Store, record: Any) -> None:
    papers, total = filled.top(2)
    assert ([paper.upvotes for paper in papers], total) == ([9, 5], 3)
    papers, total = filled.top(10, 0, "2024-01-03")
    assert ([paper.upvotes for paper in papers], total) == ([9, 0], 2)
    filled.ingest([on(record, 1, "2024-01-02", position=3, votes=50)])
    assert filled.top(1)[0][0].upvotes == 50


def test_papers_come_in_the_order_asked_for(filled: Store) -> None:
    ids = filled.ids()
    assert ids == sorted(ids)
    asked = [ids[3], 999, ids[0], ids[3]]
    assert [paper.id for paper in filled.papers(asked)] == [ids[3], ids[0], ids[3]]
    assert filled.papers([]) == []


def test_all_papers_are_read_in_batches(store: Store, record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet.store.reading.BATCH", 3)
    store.ingest([record(f"2401.{n:05}") for n in range(10)])
    assert [paper.id for paper in store.iterate()] == store.ids()
    assert [paper.id for paper in store.iterate(after_id=4)] == store.ids()[4:]


def test_counts(filled: Store, record: Any) -> None:
    filled.ingest([record("2401.00001", status=Status.WITHDRAWN, comment="withdrawn")])
    counts = filled.counts(after=filled.last_change() - 2)
    assert (counts.papers, counts.manifestations, counts.listings) == (7, 7, 7)
    assert (counts.withdrawn, counts.retracted, counts.merges, counts.unresolved) == (1, 0, 0, 0)
    assert counts.pending_changes == 2
