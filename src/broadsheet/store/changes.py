"""The outbox: which works have changed, for indexes that are derived from the store; and the stamp."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from broadsheet.store.schema import counters, outbox
from broadsheet.store.schema_events import events

_VALUE = select(counters.c.value)
_LAST, _LAST_EVENT = select(func.max(outbox.c.seq)), select(func.max(events.c.seq))
_STAMP, _EPOCH = _VALUE.where(counters.c.name == "stamp"), _VALUE.where(counters.c.name == "epoch")

_TOUCHED = update(counters).where(counters.c.name == "stamp").values(value=counters.c.value + 1)
_REACHED = select(_EPOCH.scalar_subquery(), _LAST.scalar_subquery(), _LAST_EVENT.scalar_subquery())


@dataclass(frozen=True, slots=True)
class Change:
    """The latest change of one paper. `gone`: it is not to be shown (any more)."""

    seq: int
    paper_id: int
    gone: bool


def after(connection: Connection, seq: int, limit: int) -> list[Change]:
    """The changes behind a position, in order; each paper stands once, at its latest."""
    o = outbox.c
    query = select(o.seq, o.work_id, o.gone).where(o.seq > seq).order_by(o.seq).limit(limit)
    return [Change(*row) for row in connection.execute(query)]


def last(connection: Connection) -> int:
    """The position of the latest change; 0 before any."""
    return connection.scalar(_LAST) or 0


def stamp(connection: Connection) -> int:
    """A number that grows with every commit that changed anything a reader can see."""
    return connection.scalar(_STAMP) or 0


def touch(connection: Connection) -> None:
    """Let the stamp grow: something a reader can see has changed that is no paper."""
    connection.execute(_TOUCHED)


def epoch(connection: Connection) -> int:
    """Names the history whose changes are numbered: another one for every store, and after a restore."""
    return connection.scalar(_EPOCH) or 0


def reached(connection: Connection) -> tuple[int, int, int]:
    """The history, its latest change and the latest event: what a copy has to have followed."""
    row = connection.execute(_REACHED).one()
    return row[0] or 0, row[1] or 0, row[2] or 0
