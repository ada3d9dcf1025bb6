"""Files in, papers kept, files out, papers in again: what a whole journey keeps."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest

from broadsheet import intake
from broadsheet.exports import formats
from broadsheet.papers import Record
from broadsheet.sources import bibtex
from broadsheet.store import Store

DATA = Path(__file__).parents[1] / "data"
FOLDERS = (
    *(
        "acl-xml",
        "bibtex",
        "biorxiv",
        "crossref",
        "csl-json",
        "dblp",
        "europepmc",
        "journal-feed",
        "json-feed",
    ),
    *("broadsheet-jsonl", "ris", "semanticscholar", "table", "wos", "zotero"),
)
FILES = [
    path
    for folder in FOLDERS
    for path in sorted((DATA / folder).glob("*"))
    if not path.name.endswith(".expected.json")
]
HOUSE = ("id", "added", "updated", "manifestations")


def take_in(store: Store, *paths: Path) -> dict[str, int]:
    report = intake.take_in(store, paths, max_bytes=1 << 24)
    assert not report.failures
    return report.counts


@pytest.fixture
def store():
    return Store.open("sqlite://")


def test_our_own_export_moves_house_and_changes_nothing_at_home(store, tmp_path):
    take_in(store, *FILES)
    export = tmp_path / "all.jsonl"
    export.write_text("".join(formats.write("jsonl", store.iterate(), raw=store.raw)), encoding="utf-8")
    moved = Store.open("sqlite://")
    assert take_in(moved, export)["rejected"] == 0
    there = {paper.key: paper for paper in moved.iterate()}
    for paper in store.iterate():
        other = there.pop(paper.key)
        for field in dataclasses.fields(paper):
            if field.name not in HOUSE:
                assert getattr(other, field.name) == getattr(paper, field.name), field.name
        assert [(m.source, m.key, m.format, m.raw_hash, m.extra) for m in other.manifestations] == [
            (m.source, m.key, m.format, m.raw_hash, m.extra) for m in paper.manifestations
        ]
    assert not there
    again = take_in(store, export)
    assert again["imported"] == again["updated"] == again["merged"] == again["rejected"] == 0


def test_a_library_of_entries_comes_out_as_it_went_in(store):
    files = [path for path in FILES if path.parent.name == "bibtex"]
    take_in(store, *files)
    text = "".join(formats.write("bibtex", store.iterate()))

    def entries(data: bytes) -> list[tuple[object, ...]]:
        found = [r.extra["bibtex"] for r in bibtex.parse(io.BytesIO(data)) if isinstance(r, Record)]
        return sorted((e["key"], e["type"], str(e["fields"]), str(e.get("repeated"))) for e in found)

    assert entries(text.encode()) == entries(b"\n".join(path.read_bytes() for path in files))


def test_what_was_merged_and_split_by_hand_moves_too(store, tmp_path):
    sources = [
        "@article{one, title={Counting sheep at night}, author={Dolly Bell}, doi={10.1234/one}}",
        "@article{two, title={On ovine enumeration}, author={Dolly Bell}, doi={10.1234/two}}",
        "@article{three, title={The same long title of papers}, author={Ada Stone}, doi={10.1234/three}}",
        "@misc{four, title={The same long title of papers}, author={Ada Stone}, year={1999}}",
    ]
    files = []
    for number, entry in enumerate(sources):
        files.append(tmp_path / f"{number}.bib")
        files[-1].write_text(entry)
    take_in(store, *files)
    store.merge("10.1234/one", "10.1234/two", "read both")
    (united,) = [merge for merge in store.merges() if merge.reason == "title"]
    store.split(united.id)

    def shape(of):
        return sorted(sorted(m.key for m in paper.manifestations) for paper in of.iterate())

    assert len(shape(store)) == 3
    export = tmp_path / "all.jsonl"
    lines = list(formats.write("jsonl", store.iterate(), raw=store.raw, apart=store.apart))
    for order in (lines, lines[::-1]):
        export.write_text("".join(order), encoding="utf-8")
        moved = Store.open("sqlite://")
        take_in(moved, export)
        assert shape(moved) == shape(store)
        take_in(moved, *files, export)
        assert shape(moved) == shape(store), "and stays so"
        assert moved.apart(moved.paper("10.1234/three").id)
