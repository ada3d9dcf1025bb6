from __future__ import annotations

from typing import Any

from broadsheet.store import Change, Store


def test_a_consumer_that_keeps_its_position_sees_every_change_once(store: Store, record: Any) -> None:
    store.ingest([record(f"2401.{n:05}") for n in range(5)])
    first = store.changes(0, 2)
    rest = store.changes(first[-1].seq, 100)
    assert [c.paper_id for c in first + rest] == store.ids()
    position = store.last_change()
    assert store.changes(position) == []
    store.ingest([record("2401.00001", comment="said anew")])
    (change,) = store.changes(position)
    assert change == Change(store.last_change(), store.paper("2401.00001").id, False)


def test_the_outbox_holds_the_latest_change_of_each_paper_only(store: Store, record: Any) -> None:
    for votes in range(10):
        store.ingest([record(votes=votes)])
    assert [c.seq for c in store.changes(0)] == [store.last_change()]


def test_what_does_not_show_is_no_change(store: Store, record: Any) -> None:
    store.ingest([record(raw=b"one spelling")])
    position = store.last_change()
    store.ingest([record(raw=b"another spelling of the same")])
    assert store.last_change() == position


def test_the_stamp_grows_with_what_readers_can_see(store: Store, record: Any) -> None:
    assert store.stamp() == 0
    store.ingest([record()])
    after = store.stamp()
    assert after > 0
    store.ingest([record()])
    store.ingest([])
    store.finish_import(store.begin_import("a file", "digest", "arxiv-atom"))
    assert store.stamp() == after
    store.ingest([record(votes=1)])
    assert store.stamp() > after


def test_another_connection_sees_stamp_and_changes(store_url: str, record: Any) -> None:
    with Store.open(store_url) as ours, Store.open(store_url) as theirs:
        ours.ingest([record()])
        assert theirs.stamp() == ours.stamp() == 1
        assert theirs.changes(0) == ours.changes(0)
