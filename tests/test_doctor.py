from __future__ import annotations

import os
import pkgutil
import shutil
import zlib
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import broadsheet
from broadsheet import doctor
from broadsheet.config import settings
from broadsheet.papers import Author, Identifier, Record
from broadsheet.search import vectors
from broadsheet.store import Harvest
from octavo.exceptions import MissingWeightsError

NOW = datetime.now(UTC)


def record(number, **more):
    identifier = Identifier("arxiv", f"2401.{number:05}")
    return Record(
        source="arxiv",
        format="arxiv-atom",
        key=identifier.value,
        place=f"entry {number}",
        raw=f"<entry>{number}</entry>".encode(),
        title=f"Kites over harbour number {number}",
        abstract="They rise and fall with the evening wind.",
        authors=(Author("Ada Invented"),),
        identifiers=(identifier,),
        **more,
    )


class Toy:
    """An encoder that is well, unless told otherwise."""

    name = "toy"
    dim = 4
    length = 1.0

    def __init__(self, *, cache=None, threads=1):
        pass

    def encode_documents(self, texts):
        return np.full((len(texts), self.dim), self.length / 2, dtype=np.float32)

    encode_queries = encode_documents


class Weightless(Toy):
    def encode_documents(self, texts):
        raise MissingWeightsError("no weights here; install the package that brings them")

    encode_queries = encode_documents


class Long(Toy):
    length = 3.0


@pytest.fixture
def house(tmp_path):
    with broadsheet.open(tmp_path / "data", encoder="x:Toy") as house:
        yield house


@pytest.fixture(autouse=True)
def _encoders_by_name(monkeypatch):
    # Tests are imported by path, so the encoders above are given to the house by hand.
    encoders = {"Toy": Toy, "Weightless": Weightless, "Long": Long}
    resolve = pkgutil.resolve_name
    monkeypatch.setattr(
        pkgutil, "resolve_name", lambda name: encoders.get(name.rpartition(":")[2]) or resolve(name)
    )


def found(house, what, level=None):
    return [f for f in doctor.examine(house) if f.what == what and level in (None, f.level)]


def test_a_healthy_house_has_a_finding_for_every_look(house):
    house.store.ingest([record(n) for n in range(3)])
    house.refresh()
    findings = doctor.examine(house)
    assert [f for f in findings if f.level != "ok"] == []
    assert [f.what for f in findings] == [
        *("machine", "data folder", "disk", "time zone"),
        *("store", "works", "words", "meaning", "encoder", "sources", "jobs", "for you", "mail", "people"),
    ]
    details = " ".join(f.detail for f in findings)
    assert "SQLite" in details
    assert "3 papers from 3 records" in details
    assert "toy" not in details
    assert ":Toy, 4 dimensions" in details


def test_the_house_has_a_doctor(house):
    assert {f.what for f in house.doctor()} == {f.what for f in doctor.examine(house)}


def test_a_house_in_memory_has_no_folder():
    with broadsheet.open(":memory:", encoder="none") as house:
        assert "in memory" in found(house, "data folder")[0].detail
        assert "words alone" in found(house, "encoder")[0].detail
        assert found(house, "meaning") == []


def test_papers_that_wait_are_a_warning(house):
    house.store.ingest([record(1)])
    (words,) = found(house, "words")
    assert (words.level, "broadsheet index" in words.advice) == ("warning", True)
    (meaning,) = found(house, "meaning")
    assert meaning.level == "warning"
    assert "1 wait" in meaning.detail


@pytest.mark.parametrize(("share", "level"), [(0.97, "ok"), (0.5, "warning")])
def test_an_index_that_misses_the_nearest_is_a_warning(house, monkeypatch, share, level):
    house.store.ingest([record(n) for n in range(20)])
    house.refresh()
    monkeypatch.setattr("broadsheet.search.probing.recall", lambda near: share)
    (meaning,) = found(house, "meaning")
    assert (meaning.level, f"{share:.0%} are found" in meaning.detail) == (level, True)
    assert ("--rebuild" in meaning.advice) == (level == "warning")


@pytest.mark.parametrize(("codec", "tokenless", "told"), [("minilm-2", 2, 2), ("of-before", 0, 3)])
def test_papers_without_tokens_are_told_with_a_cure(house, codec, tokenless, told):
    house.store.ingest([record(n) for n in range(3)])
    house.refresh()
    manifest = replace(house.index.meaning.manifest(), tokens=codec, token_bytes=4, tokenless=tokenless)
    codes = bytes(manifest.size("tokens"))
    sums = {**manifest.sums, "tokens": zlib.crc32(codes)}
    vectors.write_manifest(house.index.meaning.folder, replace(manifest, sums=sums))
    (house.index.meaning.folder / manifest.name("tokens")).write_bytes(codes)
    (meaning,) = found(house, "meaning")
    assert (meaning.level, f"{told} were encoded before" in meaning.detail) == ("warning", True)
    assert "`broadsheet index`" in meaning.advice


@pytest.mark.parametrize("cure", ["rebuild", "refresh"])
def test_a_scratched_index_is_a_problem_with_a_cure(house, cure):
    house.store.ingest([record(n) for n in range(20)])
    house.refresh()
    for path in (house.folder / "index").rglob("*"):
        if path.is_file() and path.suffix != ".lock" and path.stat().st_size:
            path.write_bytes(b"scratched")
    house.close()
    with broadsheet.open(house.settings.data_dir, encoder="x:Toy") as reopened:
        problems = found(reopened, "indexes", "problem") + found(reopened, "words", "problem")
        assert problems
        assert "index --rebuild" in " ".join(f.advice + f.detail for f in problems)
        getattr(reopened, cure)()
        assert [f for f in doctor.examine(reopened) if f.level != "ok"] == []


def test_a_damaged_store_is_a_problem(house, monkeypatch):
    wrong = ["the database file is damaged: page 3", "a is wrong", "b is wrong", "c is wrong", "d is wrong"]
    monkeypatch.setattr(house.store, "verify", lambda: wrong, raising=False)
    (problem,) = found(house, "store")
    assert problem.level == "problem"
    assert "page 3" in problem.detail
    assert "2 more" in problem.detail
    assert "restore" in problem.advice


def test_a_look_that_fails_is_a_problem_and_stops_no_other(house, monkeypatch):
    def fail():
        raise RuntimeError("lost my glasses")

    monkeypatch.setattr(house.store, "verify", fail, raising=False)
    (problem,) = found(house, "store")
    assert problem.level == "problem"
    assert "lost my glasses" in problem.detail
    assert found(house, "encoder", "ok")


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("Weightless", "no weights here"),
        ("Long", "length 3.000"),
        ("octavo.nowhere:Nothing", "no such encoder"),
    ],
)
def test_an_encoder_that_does_not_work_is_a_problem(tmp_path, name, detail):
    with broadsheet.open(tmp_path, encoder=name if ":" in name else f"x:{name}") as house:
        house.store.ingest([record(1)])
        (problem,) = found(house, "encoder")
        assert problem.level == "problem"
        assert detail in problem.detail
        assert "none" in problem.advice


@pytest.mark.parametrize(("free", "level"), [(10 << 20, "problem"), (500 << 20, "warning"), (9 << 30, "ok")])
def test_disk_space(house, monkeypatch, free, level):
    usage = namedtuple("usage", "total used free")(1 << 40, 0, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    (disk,) = found(house, "disk")
    assert disk.level == level
    assert bool(disk.advice) == (level != "ok")


def test_a_folder_that_cannot_be_written_is_a_problem(house, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    (folder,) = found(house, "data folder")
    assert folder.level == "problem"
    assert str(house.settings.data_dir) in folder.detail
    assert "chown" in folder.advice


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_with_its_rights_taken_away(house):
    house.settings.data_dir.chmod(0o555)
    try:
        assert found(house, "data folder")[0].level == "problem"
    finally:
        house.settings.data_dir.chmod(0o755)


def test_a_folder_that_is_not_there_yet(tmp_path):
    place = doctor.examine_place(settings(data_dir=tmp_path / "a" / "b"))
    assert {f.what: f.level for f in place}["data folder"] == "warning"
    assert {f.what: f.level for f in place}["disk"] == "ok"


def test_a_source_that_has_gone_silent_is_loud(house):
    now = datetime.now(UTC)  # the file may have been read long ago
    fresh = Harvest("arxiv", "cs.LG", last_success=now - timedelta(hours=2), last_attempt=now)
    old = Harvest(
        "hf", "", last_success=NOW - timedelta(days=9), last_attempt=NOW, last_error="429 Too Many Requests"
    )
    never = Harvest("feed", "https://example.org/feed", last_attempt=NOW, last_error="no answer")
    for harvest in (fresh, old, never):
        house.store.save_harvest(harvest)
    sources = {f.detail.split(",")[0]: f for f in found(house, "sources")}
    assert sources["arxiv cs.LG"].level == "ok"
    assert "2.0 hours ago" in sources["arxiv cs.LG"].detail
    assert sources["STALE: hf"].level == "warning"
    assert "9 days ago" in sources["STALE: hf"].detail
    assert "429" in sources["STALE: hf"].detail
    assert "broadsheet pull hf" in sources["STALE: hf"].advice
    assert "broadsheet pull --forget feed https://example.org/feed" in (
        sources["STALE: feed https://example.org/feed"].advice
    )
    assert "no success ever" in sources["STALE: feed https://example.org/feed"].detail


def test_works_known_by_name_alone_are_told(house):
    house.store.ingest([record(1, extra={"unresolved": True})])
    works = found(house, "works")[0]
    assert works.level == "warning"
    assert works.detail.startswith("1 known by identifier alone")
    assert "pull ids" in works.advice
