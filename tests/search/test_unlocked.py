"""A word index in a folder that cannot be written is read as any other, and nothing is left behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import tantivy

from broadsheet.search import Search
from broadsheet.search.words import WordIndex

QUERIES = ("", "kites", "title:kites", "-kites", '"kites number 3"', "harbour~", "year:2025 kites")


def found(search: Search) -> list[tuple[int, list[int]]]:
    asked = [search.find(query, limit=50) for query in QUERIES]
    assert not any("out of order" in note for results in asked for note in results.notes)
    return [(results.total, [hit.paper_id for hit in results.hits]) for results in asked]


@pytest.fixture
def kept(store: Any, make_paper: Any, tmp_path: Path) -> Search:
    things = ("kites", "harbours")
    store.put(*(make_paper(n, f"On {things[n % 2]} number {n}", "They are counted.") for n in range(1, 31)))
    search = Search(store, tmp_path / "index", None)
    search.sync()
    return search


@pytest.fixture
def expected(kept: Search) -> list[tuple[int, list[int]]]:
    """What it answers while it can be written; asked before `nothing_writable`."""
    assert os.access(kept.words.path, os.W_OK)
    return found(kept)


@pytest.fixture
def nothing_writable(kept: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No file of the index is to be written: its locks are away, and would be seen if they came again."""
    for lock in kept.words.path.glob(".*.lock"):
        lock.unlink()
    allowed = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode: not (mode & os.W_OK and path == kept.words.path) and allowed(path, mode),
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


def listed(words: WordIndex) -> dict[str, tuple[int, int]]:
    return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in words.path.iterdir()}


def test_it_answers_as_one_that_can_be_written(
    kept: Search, expected: list[tuple[int, list[int]]], store: Any, nothing_writable: Path
) -> None:
    before = listed(kept.words)
    assert not any(name.endswith(".lock") for name in before)
    reader = Search(store, kept.words.folder, None)
    assert found(reader) == expected
    assert expected[1][0] == 15
    assert listed(kept.words) == before
    assert list(nothing_writable.iterdir()) == []


def test_commits_of_another_process_are_seen(
    kept: Search, store: Any, make_paper: Any, nothing_writable: Path
) -> None:
    reader = Search(store, kept.words.folder, None)
    assert reader.find("kites").total == 15
    held = reader.words.snapshot()
    store.put(make_paper(31, "On kites number 31", "They are counted."))
    Search(store, kept.words.folder, None).sync()
    assert reader.find("kites").total == 16
    assert held is not None
    assert held.count(tantivy.Query.all_query()) == 31  # thirty papers and the state
    assert list(nothing_writable.iterdir()) == []


def test_without_a_place_for_links_it_is_said(kept: Search, store: Any, nothing_writable: Path) -> None:
    nothing_writable.rmdir()
    notes = Search(store, kept.words.folder, None).find("kites").notes
    assert any("Search by words is out of order" in note for note in notes)
