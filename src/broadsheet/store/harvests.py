"""What is asked of which source, and how the last time went."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from broadsheet.store import documents
from broadsheet.store.schema import harvests as table

_H = table.c
_EVERY: Final = select(table).order_by(_H.source, _H.query)  # every page asks


@dataclass(frozen=True, slots=True)
class Harvest:
    """A question to a source, and the state of its answering.

    etag, last_modified: of the last answer, to ask whether there is a newer one. cursor: where to go on.
    last_success, last_attempt: moments in UTC. last_error: '' when the last attempt succeeded.
    added: papers that were new in the last success.
    """

    source: str
    query: str
    etag: str = ""
    last_modified: str = ""
    cursor: str = ""
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    last_error: str = ""
    added: int = 0


def every(connection: Connection) -> list[Harvest]:
    """All harvests, by source and query."""
    return [_harvest(row) for row in connection.execute(_EVERY)]


def one(connection: Connection, source: str, query: str) -> Harvest:
    """The harvest of that question; a fresh one if it was never asked."""
    row = connection.execute(select(table).where(_H.source == source, _H.query == query)).first()
    return _harvest(row) if row else Harvest(source, query)


def save(connection: Connection, harvest: Harvest) -> None:
    """Keep a harvest in place of what was known of it."""
    values = asdict(harvest)
    for name in ("last_success", "last_attempt"):
        if at := values[name]:
            values[name] = at.astimezone(UTC).isoformat(timespec="microseconds")
    connection.execute(delete(table).where(_H.source == harvest.source, _H.query == harvest.query))
    connection.execute(insert(table), [values])


def forget(connection: Connection, source: str, query: str) -> bool:
    """Forget a harvest; False when it was never tried. The papers that it brought stay."""
    gone = connection.execute(delete(table).where(_H.source == source, _H.query == query))
    return bool(gone.rowcount)


def _harvest(row: Row[Any]) -> Harvest:
    values = dict(row._mapping)
    for name in ("last_success", "last_attempt"):
        if values[name]:
            values[name] = documents.moment(values[name])
    return Harvest(**values)
