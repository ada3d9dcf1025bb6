"""A store as one file, and back.

The file is gzip'd lines of JSON: a header, the rows of every table, and a last line with their numbers and
the SHA-256 of everything before. It is written from the state of one moment while others read and write, and
does not depend on the database: what SQLite held, PostgreSQL can take, and the other way round.
"""

from __future__ import annotations

import base64
import contextlib
import glob
import gzip
import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, MetaData, func, insert, inspect, select, text, update

from broadsheet.exceptions import BackupError, DiskFullError
from broadsheet.store import deliveries, documents, schema, subscriptions, upgrade
from broadsheet.store.database import Database

KIND: Final = "broadsheet-backup"
_LEVEL: Final = 1
_ROWS: Final = 1000
_ABANDONED: Final = 3600  # seconds
_ENOSPC: Final = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT


@dataclass(slots=True)
class _Summed:
    """Writes lines, or checks them, and keeps what the last line must say."""

    digest: Any = field(default_factory=hashlib.sha256)
    rows: dict[str, int] = field(default_factory=dict)

    def line(self, value: Any) -> bytes:
        text_ = documents.dumps(value).encode() + b"\n"
        self.digest.update(text_)
        return text_


def write(database: Database, path: Path) -> None:
    """Write a backup; the file has its name only when it is complete and was read back.

    Raises BackupError, or DiskFullError.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        _sweep(path)
        with database.reading() as connection, partial.open("xb") as file:
            with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as stream:
                _write(connection, stream)
            file.flush()
            os.fsync(file.fileno())
        verify(partial)
        partial.replace(path)
        _sync(path.parent)
    except OSError as error:
        if error.errno in _ENOSPC:
            raise DiskFullError(
                f"no space left for the backup {str(path)!r}; nothing was kept of it"
            ) from error
        raise BackupError(f"the backup {str(path)!r} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def verify(path: Path) -> dict[str, int]:
    """Read a backup to its end; returns the rows of each table. Raises BackupError if it is damaged."""
    summed: dict[str, int] = {}
    for table, rows in _tables(path):
        summed[table] = summed.get(table, 0) + len(rows)
    return summed


def restore(path: Path, url: str, *, overwrite: bool) -> None:
    """Fill the store at a URL from a backup, in one transaction.

    Raises BackupError if the backup is damaged, or the store has papers and is not to be overwritten.
    """
    header = _header(path)
    upgrade.check(header["revision"])
    database = Database(url)
    try:
        with database.writing() as connection:
            before = _state(connection)
            if before.papers and not overwrite:
                raise BackupError(
                    f"{database} holds {before.papers} papers; say so if they are to be overwritten"
                )
            schema.metadata.drop_all(connection)
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            upgrade.upgrade(connection, header["revision"])
            try:
                _fill(connection, path, header)
            except Exception:
                verify(path)  # a damaged backup is called so, whatever its rows tripped over
                raise
            upgrade.upgrade(connection)
            _begin_epoch(connection, before)
            subscriptions.begin_anew(connection, datetime.now(UTC))
            deliveries.begin_anew(connection)
    finally:
        database.close()


def _write(connection: Connection, stream: gzip.GzipFile) -> None:
    summed = _Summed()
    tables = schema.metadata.sorted_tables
    columns = {table.name: [column.name for column in table.columns] for table in tables}
    binary = {
        table.name: [c.name for c in table.columns if isinstance(c.type, LargeBinary)] for table in tables
    }
    header = {
        "kind": KIND,
        "revision": schema.HEAD,
        "at": documents.now(),
        "columns": columns,
        "binary": binary,
    }
    stream.write(summed.line(header))
    for table in tables:
        blobs = [i for i, name in enumerate(columns[table.name]) if name in binary[table.name]]
        number = 0
        rows = connection.execution_options(yield_per=_ROWS).execute(select(table))
        for some in rows.partitions(_ROWS):
            values = [list(row) for row in some]
            for row in values:
                for i in blobs:
                    row[i] = base64.b64encode(row[i]).decode()
            stream.write(summed.line([table.name, values]))
            number += len(values)
        counted = connection.execution_options(yield_per=None).scalar(select(func.count()).select_from(table))
        if counted != number:
            raise BackupError(
                f"the store is damaged: {table.name} has {counted} rows, and {number} can be read"
            )
        summed.rows[table.name] = number
    stream.write(documents.dumps({"rows": summed.rows, "sha256": summed.digest.hexdigest()}).encode() + b"\n")


def _lines(path: Path) -> Iterator[Any]:
    """The lines of a backup but the last, which is checked against them. Raises BackupError."""
    digest = hashlib.sha256()
    counted: dict[str, int] = {}
    try:
        with gzip.open(path, "rb") as stream:
            held = b""
            for line in stream:
                if held:
                    digest.update(held)
                    value = json.loads(held)
                    if isinstance(value, list):
                        counted[value[0]] = counted.get(value[0], 0) + len(value[1])
                    yield value
                held = line
        last = json.loads(held) if held else {}
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BackupError(f"the backup {str(path)!r} cannot be read: {error}") from error
    whole = isinstance(last, dict) and last.get("sha256") == digest.hexdigest()
    if not whole or {name: number for name, number in last["rows"].items() if number} != counted:
        raise BackupError(f"the backup {str(path)!r} is damaged or incomplete")


def _header(path: Path) -> dict[str, Any]:
    header = next(_lines(path), None)
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise BackupError(f"{str(path)!r} is not a backup of Broadsheet")
    return header


def _tables(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    _header(path)
    for value in _lines(path):
        if isinstance(value, list):
            yield value[0], value[1]


def _fill(connection: Connection, path: Path, header: dict[str, Any]) -> None:
    """Put the rows of a backup into tables of its revision. Raises BackupError at whatever is damaged.

    The tables are those of the backup's own revision, whatever this release makes of them afterwards. Their
    indexes are made when the rows are there, each in one go.
    """
    reflected = MetaData()
    reflected.reflect(connection, only=list(header["columns"]), resolve_fks=False)
    indexes = sorted(
        (index for table in reflected.tables.values() for index in table.indexes), key=lambda i: str(i.name)
    )
    for index in indexes:
        index.drop(connection)
    for table in reflected.tables.values():
        connection.execute(table.delete())
    for name, rows in _tables(path):
        columns = header["columns"][name]
        for blob in (columns.index(column) for column in header["binary"][name]):
            for row in rows:
                row[blob] = base64.b64decode(row[blob], validate=True)
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        connection.execute(insert(reflected.tables[name]), values)
    for index in indexes:
        index.create(connection)


@dataclass(frozen=True, slots=True)
class _State:
    papers: int = 0
    counters: dict[str, int] = field(default_factory=dict)


def _state(connection: Connection) -> _State:
    """What the store that is to be overwritten has given out."""
    if not inspect(connection).has_table(schema.works.name):
        return _State()
    papers = connection.scalar(select(func.count()).select_from(schema.works)) or 0
    return _State(papers, {row.name: row.value for row in connection.execute(select(schema.counters))})


def _begin_epoch(connection: Connection, before: _State) -> None:
    """Tell indexes and caches that this is another history, and never give out a number twice."""
    c = schema.counters.c
    for row in connection.execute(select(schema.counters)).all():
        newest = max(row.value, before.counters.get(row.name, 0)) + (row.name == "stamp")
        value = secrets.randbits(48) if row.name == "epoch" else newest
        connection.execute(update(schema.counters).where(c.name == row.name).values(value=value))


def _sweep(path: Path) -> None:
    """Remove what backups that were killed have left; one that is being written is never that old."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            left.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the renaming last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
