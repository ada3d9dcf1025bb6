from __future__ import annotations

from typing import Any

import pytest

from broadsheet.store import Store


def test_an_import_goes_on_where_it_was_left(store: Store, record: Any) -> None:
    run = store.begin_import("papers.xml", "abc:", "arxiv-atom")
    assert (run.position, run.counts, run.done) == (0, {}, False)
    store.ingest([record("2401.00001"), record("2401.00002")], run=run, position=3)
    store.ingest([record("2401.00001")], run=run, position=5)
    again = store.begin_import("papers.xml", "abc:", "arxiv-atom")
    assert (again.id, again.position, again.counts) == (run.id, 5, {"imported": 2, "unchanged": 1})
    other = store.begin_import("papers.xml", "abc:2024", "arxiv-atom")
    assert (other.position, other.id) == (0, run.id + 1)


def test_a_finished_import_begins_anew(store: Store) -> None:
    run = store.begin_import("papers.xml", "abc:", "arxiv-atom")
    store.ingest([], run=run, position=7)
    store.finish_import(run)
    anew = store.begin_import("papers.xml", "abc:", "arxiv-atom")
    assert anew.id != run.id
    assert anew.position == 0
    assert [(r.id, r.position, r.done) for r in store.imports()] == [(anew.id, 0, False), (run.id, 7, True)]


def test_progress_and_papers_are_one_transaction(
    store: Store, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.begin_import("papers.xml", "abc:", "arxiv-atom")

    def broken(*_: Any) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("broadsheet.store.imports.advance", broken)
        with pytest.raises(RuntimeError):
            store.ingest([record()], run=run, position=1)
    assert store.counts().papers == 0
    assert store.stamp() == 0
    assert store.begin_import("papers.xml", "abc:", "arxiv-atom").position == 0
