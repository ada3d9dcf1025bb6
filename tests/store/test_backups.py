from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broadsheet.exceptions import BackupError, StoreVersionError
from broadsheet.papers import Status
from broadsheet.store import Harvest, Store


def fill(store: Store, record: Any) -> None:
    run = store.begin_import("a file", "digest", "arxiv-atom")
    store.ingest(
        [
            record(
                f"2401.{n:05}", listings=[("hf", f"2024-01-{n + 1:02}", n)], votes=n, abstract="é" * n,
                submitted=date(2024, 1, 1), raw=bytes(range(256)) * n + bytes([n]), extra={"n": n},
            )
            for n in range(25)
        ],
        run=run, position=25,
    )  # fmt: skip
    store.ingest([record("p", source="hf", identifiers=["arxiv:2401.00003"], status=Status.WITHDRAWN)])
    store.ingest([record("q", source="acl", identifiers=["acl:N19-1423"])])
    store.split(store.merges()[0].id)
    store.merge("2401.00001", "N19-1423", "by hand")
    store.save_harvest(Harvest("arxiv", "cs.LG", cursor="7"))


def test_a_backup_holds_everything(
    store: Store, store_url: str, record: Any, snapshot: Any, tmp_path: Path
) -> None:
    fill(store, record)
    path = tmp_path / "copy.backup"
    store.backup(path)
    assert [p.name for p in tmp_path.iterdir() if "copy" in p.name] == ["copy.backup"]
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    Store.restore(path, url)
    with Store.open(url) as restored:
        assert snapshot(restored) == snapshot(store)
        assert restored.counts() == store.counts()
        assert restored.days() == store.days()
        assert restored.merges() == store.merges()
        assert restored.imports() == store.imports()
        assert restored.harvests() == store.harvests()
        assert restored.changes(0) == store.changes(0)
        assert [p.added for p in restored.iterate()] == [p.added for p in store.iterate()]
        for paper in store.iterate():
            for manifestation in paper.manifestations:
                assert restored.raw(manifestation.raw_hash) == store.raw(manifestation.raw_hash)
        assert restored.verify() == []
        # It goes on like the original.
        assert restored.ingest([record("2402.00001")])[0].kind == "imported"
        restored.split(next(m.id for m in restored.merges() if m.undone_at is None))
        assert restored.verify() == []


def test_what_sqlite_held_another_database_can_take(
    store_url: str, sqlite_url: str, record: Any, snapshot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "copy.backup"
    with Store.open(f"sqlite:///{tmp_path / 'first.db'}") as first:
        fill(first, record)
        first.backup(path)
        before = snapshot(first)
    Store.restore(path, store_url)
    with Store.open(store_url) as second:
        assert snapshot(second) == before
        assert second.verify() == []


def test_papers_are_not_overwritten_unasked(
    store: Store, store_url: str, record: Any, snapshot: Any, tmp_path: Path
) -> None:
    fill(store, record)
    store.backup(tmp_path / "copy")
    store.ingest([record("2403.00001"), record("2401.00002", comment="changed since")])
    after, stamp, epoch, theirs = (
        snapshot(store),
        store.stamp(),
        store.epoch(),
        store.paper("2403.00001").id,
    )
    with pytest.raises(BackupError, match="papers"):
        Store.restore(tmp_path / "copy", store_url)
    assert snapshot(store) == after
    Store.restore(tmp_path / "copy", store_url, overwrite=True)
    assert len(snapshot(store)) == len(after) - 1
    # What is derived from the store learns that this is another history.
    assert store.stamp() > stamp
    assert store.epoch() not in (0, epoch)
    assert store.ingest([record("2404.00001")])[0].kind == "imported"
    assert store.paper("2404.00001").id > theirs
    assert store.verify() == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "a line less", "empty", "another file", "absent"])
def test_a_damaged_backup_is_refused(sqlite_url: str, record: Any, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "copy"
    with Store.open(sqlite_url) as store:
        fill(store, record)
        store.backup(path)
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[:-200])
    elif damage == "flipped":
        path.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    elif damage == "a line less":
        lines = gzip.decompress(whole).splitlines(keepends=True)
        path.write_bytes(gzip.compress(b"".join(lines[:3] + lines[4:])))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "another file":
        path.write_bytes(gzip.compress(b'{"a": 1}\n{"b": 2}\n'))
    else:
        path.unlink()
    with pytest.raises(BackupError):
        Store.restore(path, sqlite_url, overwrite=True)
    with Store.open(sqlite_url) as store:
        assert store.counts().papers > 20


def test_a_backup_of_a_newer_release_is_refused(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(sqlite_url) as store, monkeypatch.context() as patch:
        patch.setattr("broadsheet.store.schema.HEAD", "9999")
        store.backup(tmp_path / "copy")
    with pytest.raises(StoreVersionError, match="9999"):
        Store.restore(tmp_path / "copy", sqlite_url)


def test_a_backup_that_cannot_be_written_is_said_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be written"):
        store.backup(tmp_path / "no such folder" / "copy")


def test_an_older_backup_is_replaced_at_once(store: Store, record: Any, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    store.backup(path)
    empty = path.read_bytes()
    fill(store, record)
    store.backup(path)
    assert len(path.read_bytes()) > len(empty)


BACKUP = """
import sys, pathlib
from broadsheet.store import Store
store = Store.open(sys.argv[1])
print("ready", flush=True)
while True:
    store.backup(pathlib.Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_kill_leaves_a_whole_backup_or_none(sqlite_url: str, record: Any, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store:
        store.ingest([record(f"2401.{n:05}", raw=os.urandom(2000)) for n in range(800)])
    path = tmp_path / "copies" / "copy"
    path.parent.mkdir()
    for attempt in range(4):
        path.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", BACKUP, sqlite_url, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.05 + 0.1 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if path.exists():
            Store.restore(path, f"sqlite:///{tmp_path / f'restored{attempt}.db'}")
    for left in path.parent.glob(".*"):
        os.utime(left, (0, 0))
    with Store.open(sqlite_url) as store:
        store.backup(path)
    assert [p.name for p in path.parent.iterdir()] == ["copy"]
