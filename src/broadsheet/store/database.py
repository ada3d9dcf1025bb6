"""The connection to the database: SQLite in one file, or PostgreSQL.

SQLite runs in WAL mode, so readers are never blocked and see the state of one moment. `synchronous=FULL`
syncs the log at every commit: with NORMAL a killed process loses nothing (what it wrote is in the kernel),
yet a power cut may lose the last commits, and we have acknowledged them. A commit holds hundreds of papers,
so the sync is cheap. Writers take the write lock at the beginning (BEGIN IMMEDIATE, an advisory lock in
PostgreSQL) and wait for each other; what one reads, no other writer changes before it commits.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool, StaticPool

from broadsheet.exceptions import DiskFullError, ReadOnlyError, StoreError

BUSY_SECONDS: Final = 60
_IDLE: Final = 8
"""Connections of one kind that are kept for whoever comes next."""
_WRITERS: Final = 0x62726F61
"""The number of PostgreSQL's advisory lock that writers hold: any number, as long as it is always this."""


class Database:
    """Transactions on one database, with its errors told in our own words."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = _parsed(url)
        self.read_only = read_only
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        memory = self.is_sqlite and self.url.database in (None, "", ":memory:")
        self.path = Path(self.url.database) if self.is_sqlite and self.url.database and not memory else None
        # A store in memory is one connection, which its threads take turns at.
        self._turns: AbstractContextManager[Any] = threading.RLock() if memory else nullcontext()
        self.engine = self._sqlite(memory) if self.is_sqlite else self._served()
        self._writer = self.engine.execution_options(writer=True)
        self._idle: tuple[list[Connection], list[Connection]] = ([], [])  # for reading, for writing
        self._closed = False

    def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for connection in itertools.chain(*self._idle):
            connection.close()
        for idle in self._idle:
            idle.clear()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees the state of one moment and holds nobody up."""
        with self._turns, told(self), self._connected(self.engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that alone may write; all of it happens, or nothing.

        Raises ReadOnlyError, DiskFullError, or StoreError when another writer does not finish.
        """
        if self.read_only:
            raise ReadOnlyError(f"the store was opened for reading only: {self}")
        with self._turns, told(self), self._connected(self._writer) as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _WRITERS})
            yield connection

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        """A connection: of SQLite one that was used before, since to make one costs more than a question."""
        idle = self._idle[engine is self._writer]
        connection = idle.pop() if idle else engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self.is_sqlite and not self._closed and len(idle) < _IDLE:
            idle.append(connection)
        else:
            connection.close()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def _served(self) -> Engine:
        options = "-c default_transaction_isolation=repeatable\\ read -c timezone=UTC"
        if self.read_only:
            options += " -c default_transaction_read_only=on"
        # The snapshot of a repeatable read is taken by its first query, so a writer, whose first query waits
        # for the lock, must read what was committed meanwhile: writers are "read committed" below.
        engine = create_engine(self.url, pool_pre_ping=True, connect_args={"options": options})

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get("writer"):
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

        return engine

    def _sqlite(self, memory: bool) -> Engine:
        if memory:
            engine = create_engine(
                "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
        else:
            engine = create_engine(
                "sqlite://",
                creator=self._connect,
                poolclass=QueuePool,
                pool_reset_on_return=None,
                pool_size=8,
                max_overflow=56,
            )

        @event.listens_for(engine, "connect")
        def connect(connection: sqlite3.Connection, _record: object) -> None:
            # The driver must not begin transactions at its own discretion: we say when, and which.
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -16384")  # KiB, for each of the connections
            connection.execute("PRAGMA temp_store = MEMORY")
            if not self.read_only:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA fullfsync = ON")
                connection.execute("PRAGMA checkpoint_fullfsync = ON")
                # The log is moved into the file every 64 MiB (of 4 KiB pages) and not at every commit: the
                # indexes are hit all over, and what is hit often is then written once.
                connection.execute("PRAGMA wal_autocheckpoint = 16384")
                connection.execute("PRAGMA journal_size_limit = 67108864")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # By the driver itself: there is a transaction for every question, and this is half of its price.
            writer = connection.get_execution_options().get("writer")
            connection.connection.execute("BEGIN IMMEDIATE" if writer else "BEGIN")

        return engine

    def _connect(self) -> sqlite3.Connection:
        assert self.path
        if not self.read_only:
            connection = self._file("rwc")
            connection.execute("PRAGMA journal_mode = WAL")
            return connection
        try:
            connection = self._file("ro")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            # Reading a WAL database wants a shared-memory file beside it. Where even that cannot be made,
            # nobody can be writing either, and the file may be read as it lies, unless a log is waiting.
            log = self.path.with_name(self.path.name + "-wal")
            if not self.path.exists() or (log.exists() and log.stat().st_size):
                raise
            connection = self._file("ro&immutable=1")
        return connection

    def _file(self, mode: str) -> sqlite3.Connection:
        address = f"file:{quote(str(self.path))}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)


@contextmanager
def told(database: Database) -> Iterator[None]:
    """Tell the errors of the driver in our own words."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise _translated(cause, database) from error


def _translated(cause: BaseException | None, database: Database) -> StoreError:
    code = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "") or ""
    place = f"{database} ({cause})".replace("\n", " ")
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")) or code == "25006":
        return ReadOnlyError(
            f"the store cannot be written: {place}; make its folder writable or open it read-only"
        )
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100")) or "No space left" in str(cause):
        return DiskFullError(
            f"no space left (or a quota), nothing was written: {place}; free some and try again"
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(f"another process has been writing for {BUSY_SECONDS} seconds: {place}")
    if code.startswith("SQLITE_CANTOPEN"):
        return ReadOnlyError(
            f"the store cannot be opened: {place}; does its folder exist, and may it be written?"
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(f"the store is damaged: {place}; restore a backup")
    return StoreError(f"the store failed: {place}")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"not the URL of a store: {url!r}; want sqlite:///FILE or postgresql+psycopg://…"
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"a store is SQLite or PostgreSQL, got {parsed.get_backend_name()!r}")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed
