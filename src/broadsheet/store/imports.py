"""Imports and how far they got, so that one that was killed goes on where it stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from broadsheet.store import documents
from broadsheet.store.schema import counters
from broadsheet.store.schema import imports as table

_I = table.c


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One reading of one input.

    digest: names the bytes and the way they are read. position: how many of its items (records and
    rejections) are dealt with. counts: records by outcome so far. done: whether it was read to its end.
    """

    id: int
    name: str
    digest: str
    format: str
    position: int
    counts: Mapping[str, int]
    done: bool
    started: datetime


def begin(connection: Connection, name: str, digest: str, format: str) -> ImportRun:  # noqa: A002
    """The unfinished run of this digest and format, or a new one."""
    same = select(table).where(_I.digest == digest, _I.format == format, _I.finished.is_(None))
    row = connection.execute(same.order_by(_I.id.desc()).limit(1)).first()
    if row is None:
        counted = update(counters).where(counters.c.name == "import").values(value=counters.c.value + 1)
        connection.execute(counted)
        number = connection.scalar(select(counters.c.value).where(counters.c.name == "import"))
        values = {
            "id": number, "name": name, "digest": digest, "format": format, "position": 0, "counts": "{}",
            "started": documents.now(), "finished": None,
        }  # fmt: skip
        connection.execute(insert(table), [values])
        row = connection.execute(select(table).where(_I.id == number)).one()
    return ImportRun(
        row.id, row.name, row.digest, row.format, row.position, documents.loads(row.counts), False,
        documents.moment(row.started),
    )  # fmt: skip


def advance(connection: Connection, run: ImportRun, position: int, kinds: Iterable[str]) -> None:
    """Set how far a run got, and add the outcomes of a batch to its counts."""
    counts = documents.loads(connection.scalar(select(_I.counts).where(_I.id == run.id)) or "{}")
    summed = dict(Counter(counts) + Counter(kinds))
    values = {"position": position, "counts": documents.dumps(summed)}
    connection.execute(update(table).where(_I.id == run.id).values(values))


def finish(connection: Connection, run: ImportRun) -> None:
    """A run was read to its end; the same input begins anew next time."""
    connection.execute(update(table).where(_I.id == run.id).values(finished=documents.now()))


def recent(connection: Connection, limit: int) -> list[ImportRun]:
    """The latest runs, newest first."""
    query = select(table).order_by(_I.id.desc()).limit(limit)
    return [
        ImportRun(
            row.id, row.name, row.digest, row.format, row.position, documents.loads(row.counts),
            row.finished is not None, documents.moment(row.started),
        )
        for row in connection.execute(query)
    ]  # fmt: skip
