"""What is kept of a reader's own feed beside the log: `store.tastes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from broadsheet.store import changes, documents
from broadsheet.store.database import Database
from broadsheet.store.schema import aliases, works
from broadsheet.store.schema_events import events, marks, moment
from broadsheet.store.schema_tags import tag_marks, tags
from broadsheet.store.schema_tastes import lab_sessions, tastes

TEACHING: Final = (
    *("vote", "save", "hide", "read", "up", "down", "open", "ignore"),
    *("library", "shelf", "shelved", "follow"),
)
"""The kinds of events that a reader's own feed learns from."""
_T, _L, _E = tastes.c, lab_sessions.c, events.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """A reader's row.

    said: what the reader said of the feed, as JSON values. shown, anchors: packed, see `broadsheet.foryou`.
    draft: the last list that two rankings drafted. learned: up to which signals the last model had learned,
    '' before the first; learned_at: when, None before; took_ms: how long it took.
    """

    reader_id: int
    said: dict[str, Any] = field(default_factory=dict)
    shown: bytes = b""
    anchors: bytes = b""
    draft: dict[str, Any] = field(default_factory=dict)
    learned: str = ""
    learned_at: datetime | None = None
    took_ms: float = 0.0

    @property
    def nbytes(self) -> int:
        """What it takes in the store."""
        texts = documents.dumps(self.said) + documents.dumps(self.draft) + self.learned
        return len(texts.encode()) + len(self.shown) + len(self.anchors) + 40


@dataclass(frozen=True, slots=True)
class Session:
    """A reader's day in an experiment, and the credit of either ranking."""

    experiment: str
    reader_id: int
    day: str
    first: float
    second: float


class Tastes:
    """Reads and writes tastes. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, reader_id: int) -> Taste:
        """The row of a reader; an empty one where there is none."""
        with self.database.reading() as connection:
            return _of(connection, reader_id)

    def readers(self) -> list[int]:
        """The readers who have a row."""
        with self.database.reading() as connection:
            return list(connection.scalars(select(_T.reader_id).order_by(_T.reader_id)))

    def change(self, reader_id: int, *, seen: bool = True, **given: Any) -> Taste:
        """Put other values into a reader's row, which is made if there is none.

        seen: whether pages may look different for it. Raises TypeError for a field that is none.
        """
        with self.database.writing() as connection:
            before = _of(connection, reader_id)
            after = replace(before, **given)
            row = _row(after)
            known = connection.scalar(select(_T.reader_id).where(_T.reader_id == reader_id))
            if known is None:
                connection.execute(insert(tastes), [row])
            elif after != before:
                connection.execute(update(tastes).where(_T.reader_id == reader_id).values(row))
            if seen and after != before:
                changes.touch(connection)
            return after

    def forget(self, reader_id: int) -> None:
        """Remove everything that is kept of a reader here."""
        with self.database.writing() as connection:
            connection.execute(delete(tastes).where(_T.reader_id == reader_id))
            connection.execute(delete(lab_sessions).where(_L.reader_id == reader_id))
            changes.touch(connection)

    def heard(self, reader_id: int) -> str:
        """Names what a reader has said so far; another text whenever there is something new to learn."""
        with self.database.reading() as connection:
            last = select(func.max(_E.seq)).where(_E.reader_id == reader_id, _E.kind.in_(TEACHING))
            said = (
                select(func.count(), func.max(tag_marks.c.at))
                .join(tags, tags.c.id == tag_marks.c.tag_id)
                .where(tags.c.reader_id == reader_id)
            )
            count, at = connection.execute(said).one()
            return f"{connection.scalar(last) or 0}:{count}:{at or ''}"

    def behind(self, reader_id: int, learned: str) -> int:
        """How many signals have come since a model learned; a change of tags counts as one."""
        now = self.heard(reader_id)
        if now == learned:
            return 0
        last = int(learned.partition(":")[0] or 0)
        with self.database.reading() as connection:
            wanted = (_E.reader_id == reader_id) & (_E.seq > last) & _E.kind.in_(TEACHING)
            number = connection.scalar(select(func.count()).where(wanted)) or 0
        return number + (now.partition(":")[2] != learned.partition(":")[2])

    def signals(self, reader_id: int, kinds: Sequence[str]) -> list[tuple[str, int, datetime, str]]:
        """What a reader's marks that stand say of papers, in order: (kind, the paper's number, since when, of
        which thing). Marks on papers that are gone are left out."""
        query = _of_papers(marks.c.kind, marks.c.since, marks.c.object, kinds=kinds)
        with self.database.reading() as connection:
            rows = connection.execute(query.where(marks.c.reader_id == reader_id)).all()
        return [(kind, number, moment(since), thing) for kind, since, thing, number in rows]

    def everybodys(self, kinds: Sequence[str]) -> list[tuple[int, str, int, datetime]]:
        """The same of all readers: (reader, kind, the paper's number, since when)."""
        query = _of_papers(marks.c.reader_id, marks.c.kind, marks.c.since, kinds=kinds)
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [(reader, kind, number, moment(since)) for reader, kind, since, number in rows]

    def tagged(self, reader_id: int) -> list[tuple[str, str, bool, datetime]]:
        """What a reader's tags say: (name of the tag, key of the paper then, whether it fits, when)."""
        query = (
            select(tags.c.name, tag_marks.c.work_key, tag_marks.c.fits, tag_marks.c.at)
            .join(tags, tags.c.id == tag_marks.c.tag_id)
            .where(tags.c.reader_id == reader_id)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [(row.name, row.work_key, bool(row.fits), documents.moment(row.at)) for row in rows]

    # The lab

    def settle(self, sessions: Sequence[Session]) -> None:
        """Keep the credits of days, in the place of what was kept of the same days."""
        with self.database.writing() as connection:
            for each in sessions:
                same = (_L.experiment == each.experiment) & (_L.reader_id == each.reader_id)
                connection.execute(delete(lab_sessions).where(same & (_L.day == each.day)))
                row = {name: getattr(each, name) for name in Session.__slots__}
                connection.execute(insert(lab_sessions), [row])

    def sessions(self, experiment: str = "", *, reader_id: int | None = None) -> list[Session]:
        """The days of an experiment, or of all, in order."""
        query = select(lab_sessions).order_by(_L.day, _L.reader_id, _L.experiment)
        if experiment:
            query = query.where(_L.experiment == experiment)
        if reader_id is not None:
            query = query.where(_L.reader_id == reader_id)
        with self.database.reading() as connection:
            return [Session(**row) for row in connection.execute(query).mappings()]


def _of_papers(*columns: ColumnElement[Any], kinds: Sequence[str]) -> Select[Any]:
    """The query for marks of these kinds that stand, with the numbers of their papers, in order."""
    number = func.coalesce(works.c.id, aliases.c.work_id)
    papers = marks.outerjoin(works, works.c.key == marks.c.work_key)
    return (
        select(*columns, number)
        .select_from(papers.outerjoin(aliases, aliases.c.key == marks.c.work_key))
        .where(marks.c.kind.in_(kinds), marks.c.until.is_(None), number.is_not(None))
        .order_by(marks.c.seq)
    )


def _of(connection: Connection, reader_id: int) -> Taste:
    row = connection.execute(select(tastes).where(_T.reader_id == reader_id)).first()
    return Taste(reader_id=reader_id) if row is None else _taste(row)


def _taste(row: Row[Any]) -> Taste:
    return Taste(
        reader_id=row.reader_id,
        said=documents.loads(row.said),
        shown=bytes(row.shown),
        anchors=bytes(row.anchors),
        draft=documents.loads(row.draft),
        learned=row.learned,
        learned_at=documents.moment(row.learned_at) if row.learned_at else None,
        took_ms=row.took_ms,
    )


def _row(taste: Taste) -> dict[str, Any]:
    return {
        "reader_id": taste.reader_id,
        "said": documents.dumps(taste.said),
        "shown": taste.shown,
        "anchors": taste.anchors,
        "draft": documents.dumps(taste.draft),
        "learned": taste.learned,
        "learned_at": taste.learned_at.isoformat() if taste.learned_at else "",
        "took_ms": taste.took_ms,
    }
