"""Editions as they stood: whatever is asked as of a moment answers as it did at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.papers import Record
from broadsheet.store import Store

DAYS = ("2024-01-02", "2024-01-03")
SPANS = [(DAYS[0], DAYS[0]), (DAYS[1], DAYS[1]), DAYS]


def stood(store: Store, as_of: datetime | None) -> list[Any]:
    """Every edition, its order, its number and its categories."""
    found = []
    for first, last in SPANS:
        papers, total = store.edition(first, last, as_of=as_of)
        found.append(([p.id for p in papers], total, store.categories(first, last, as_of=as_of)))
    return found


def on(record: Callable[..., Record], n: int, *days: str, **given: Any) -> Record:
    return record(f"2401.{n:05}", listings=[("hf", day, None) for day in days], **given)


def test_an_edition_as_it_stood(store: Store, record: Callable[..., Record]) -> None:
    store.ingest([on(record, 1, DAYS[0], votes=5), on(record, 2, DAYS[0], votes=3)])
    morning = datetime.now(UTC)
    store.ingest([on(record, 2, DAYS[0], votes=9), on(record, 3, DAYS[0], votes=7)])
    noon = datetime.now(UTC)

    def order(as_of: datetime | None) -> list[str]:
        return [paper.key for paper in store.edition(DAYS[0], DAYS[0], as_of=as_of)[0]]

    assert order(morning) == ["2401.00001", "2401.00002"]
    assert order(noon) == order(None) == ["2401.00002", "2401.00003", "2401.00001"]
    assert order(datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_a_merge_leaves_the_past_in_order(store: Store, record: Callable[..., Record]) -> None:
    store.ingest(
        [on(record, 1, DAYS[0], votes=5), on(record, 2, DAYS[1], votes=3), on(record, 4, DAYS[1], votes=4)]
    )
    before = datetime.now(UTC)
    store.merge("2401.00001", "2401.00002", "by hand")
    keys = [paper.key for paper in store.edition(DAYS[1], DAYS[1], as_of=before)[0]]
    # The paper that stood there answers by the name that it has now.
    assert keys == ["2401.00004", "2401.00001"]


CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sets(st.sampled_from(DAYS), min_size=1),
            st.none() | st.integers(0, 9),
            st.sampled_from([("cs.LG",), ("cs.AI", "cs.LG"), ("math.AG",)]),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda change: change[0],
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(batches=CHANGES)
def test_replay(batches: list[Any], record: Callable[..., Record]) -> None:
    told = []
    with Store.open("sqlite://") as store:
        for batch in batches:
            store.ingest(
                [
                    on(record, n, *sorted(days), votes=votes, categories=fields)
                    for n, days, votes, fields in batch
                ]
            )
            told.append((datetime.now(UTC), stood(store, None)))
        assert [(moment, stood(store, moment)) for moment, _ in told] == told
