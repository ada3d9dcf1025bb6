from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from broadsheet.exceptions import (
    DiskFullError,
    PaperNotFoundError,
    ReadOnlyError,
    StoreError,
    StoreVersionError,
)
from broadsheet.store import Store


def test_a_store_to_be_read_only_is_not_written(sqlite_url: str, record: Any) -> None:
    with Store.open(sqlite_url) as store:
        store.ingest([record()])
    with Store.open(sqlite_url, read_only=True) as store:
        assert store.paper("2401.00001").key == "2401.00001"
        with pytest.raises(ReadOnlyError, match="reading only"):
            store.ingest([record("2401.00002")])
        with pytest.raises(PaperNotFoundError):
            store.paper("2401.00002")


def test_a_store_that_is_not_there_cannot_be_read(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyError):
        Store.open(sqlite_url, read_only=True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ReadOnlyError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}/no/such/folder/store.db")


AS_NOBODY = """
import os, sys
from broadsheet.exceptions import ReadOnlyError
from broadsheet.papers import Record
from broadsheet.store import Store
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
record = Record(source="arxiv", format="arxiv-atom", key="k", place="", raw=b"", title="t")
with Store.open(sys.argv[1], read_only=True) as store:
    print(store.counts().papers)
try:
    with Store.open(sys.argv[1]) as store:
        store.ingest([record])
except ReadOnlyError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are protected in another way there")
def test_a_folder_that_cannot_be_written_is_read(
    record: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("locked")
    for parent in (folder, *folder.parents):
        if parent == Path(tempfile.gettempdir()):
            break
        if parent.stat().st_uid == os.getuid():
            parent.chmod(0o755)
    url = f"sqlite:///{folder / 'store.db'}"
    with Store.open(url) as store:
        store.ingest([record()])
    (folder / "store.db").chmod(0o444)
    folder.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, url], capture_output=True, text=True, check=False
        )
    finally:
        folder.chmod(0o755)
    assert done.stdout.splitlines()[:1] == ["1"], done.stderr
    assert "refused: the store cannot be written" in done.stdout


def test_a_full_disk_is_told_and_nothing_is_written(sqlite_url: str, record: Any, snapshot: Any) -> None:
    with Store.open(sqlite_url) as store:
        store.ingest([record()])
        before, stamp = snapshot(store), store.stamp()

        def fill_up(connection: Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")

        event.listen(store.database.engine, "begin", fill_up)
        with pytest.raises(DiskFullError, match="nothing was written"):
            store.ingest([record(f"2402.{n:05}", raw=os.urandom(4000)) for n in range(100)])
        event.remove(store.database.engine, "begin", fill_up)
        assert (snapshot(store), store.stamp()) == (before, stamp)
        assert store.verify() == []
        store.database.close()
        assert store.ingest([record("2402.00001")])[0].kind == "imported"


LIMITED = """
import os, resource, signal, sys
from pathlib import Path
from broadsheet.exceptions import DiskFullError
from broadsheet.papers import Record
from broadsheet.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(sys.argv[1])
begun = max(file.stat().st_size for file in Path(store.database.path).parent.glob("*.db*"))
resource.setrlimit(resource.RLIMIT_FSIZE, (begun + 300_000, resource.RLIM_INFINITY))
for number in range(100):
    try:
        store.ingest([Record(source="bibtex", format="bibtex", key=str(number), place="", raw=os.urandom(20_000), title=f"A Long Title of Paper {number}")])
    except DiskFullError:
        break
    print(number, flush=True)
try:
    store.backup(Path(sys.argv[2]))
except DiskFullError:
    print("full", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits on the size of a file there")
def test_what_was_acknowledged_before_the_disk_was_full_is_there(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, sqlite_url, str(copy)], capture_output=True, text=True, check=False
    )
    said = done.stdout.split()
    numbers = [word for word in said if word != "full"]
    assert 0 < len(numbers) < 100, done.stderr
    assert not copy.exists() or said[-1] != "full"
    with Store.open(sqlite_url) as store:
        assert [paper.manifestations[0].key for paper in store.iterate()] == numbers
        assert store.verify() == []


def test_a_newer_store_is_left_alone(store_url: str) -> None:
    with Store.open(store_url) as store, store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for read_only in (False, True):
        with pytest.raises(StoreVersionError, match="9999"):
            Store.open(store_url, read_only=read_only)


def test_what_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is no database, however long it is " * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(f"sqlite:///{path}")
    for url in ("nonsense", "mysql://x/y", "nosuch://x"):
        with pytest.raises(StoreError):
            Store.open(url)


def test_a_password_is_not_told() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://me:secret@127.0.0.1:1/none?connect_timeout=1")
    assert "secret" not in str(caught.value)


def test_readers_are_not_held_up_by_a_writer(store_url: str, record: Any) -> None:
    with Store.open(store_url) as store, Store.open(store_url) as other:
        store.ingest([record()])
        with store.database.writing() as connection:
            connection.execute(text("UPDATE works SET votes = 7"))
            assert other.top() == ([], 0)
            assert store.paper("2401.00001").id == 1
        assert other.top()[1] == 1


def test_a_reader_sees_one_moment(store_url: str, record: Any) -> None:
    with Store.open(store_url) as store:
        store.ingest([record()])
        with store.database.reading() as connection:
            before = connection.execute(text("SELECT count(*) FROM works")).scalar()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(store.ingest, [record("2401.00002")]).result()
            assert connection.execute(text("SELECT count(*) FROM works")).scalar() == before
        assert store.counts().papers == 2


@pytest.mark.parametrize("url", ["sqlite://", None])
def test_threads_that_say_the_same_make_one_paper(url: str | None, store_url: str, record: Any) -> None:
    together = threading.Barrier(6)
    with Store.open(url or store_url) as store:

        def say(thread: int) -> list[str]:
            together.wait()
            said = [record(f"2401.{n:05}") for n in range(30)]
            said += [record(f"own{thread}", source="bibtex", identifiers=["arxiv:2401.00005"])]
            kinds = []
            for one in said:
                kinds += [outcome.kind for outcome in store.ingest([one])]
                store.top(3)
            return kinds

        with ThreadPoolExecutor(6) as pool:
            kinds = [kind for told in pool.map(say, range(6)) for kind in told]
        assert kinds.count("imported") == 30
        assert kinds.count("merged") == 6
        assert store.counts().papers == 30
        assert store.verify() == []


ANOTHER = """
import sys
import tempfile
from broadsheet.papers import Identifier, Record
from broadsheet.store import Store
with Store.open(sys.argv[1]) as store:
    for n in range(40):
        store.ingest([Record(source="arxiv", format="arxiv-atom", key=str(n), place="", raw=b"x", title=f"The Long Title of Paper {n}",
            identifiers=(Identifier("arxiv", f"2401.{n:05}"),))])
"""


def test_processes_that_open_a_new_store_at_once_make_one(store_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", ANOTHER, store_url], stderr=subprocess.PIPE) for _ in range(3)
    ]
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()
    with Store.open(store_url) as store:
        counts = store.counts()
        assert (counts.papers, counts.manifestations) == (40, 40)
        assert store.verify() == []


def test_a_store_in_memory_is_one_of_its_own(record: Any) -> None:
    with Store.open("sqlite://") as one, Store.open("sqlite://") as other:
        one.ingest([record()])
        assert (one.counts().papers, other.counts().papers) == (1, 0)


def test_commits_are_synced(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as store, store.database.reading() as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]
