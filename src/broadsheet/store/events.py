"""The log of what readers do, and the marks that follow from it.

Kinds of events, which are stable and may be built on. An event whose `stands` is false takes the mark back.

| kind | object | body | means |
|---|---|---|---|
| vote, save, hide, read | | | of a reader on a paper |
| up, down | | | a reader wants more, or fewer, papers like this one |
| open | | | a reader opened a paper out of their own feed |
| ignore | | | a paper says nothing of its reader's taste |
| library | the library's name | | a paper stands in a library that a reader brought along |
| shelf | its number | name, about, access, token | a shelf is made, or described anew |
| shelved | a shelf | note, tags | a paper stands on it |
| comment | its number | text, parent | words under a paper, or what they were changed to |
| report | paper, comment:N | reason | a reader asks the curators to look |
| hidden | comment:N | reason | a curator took it out of sight |
| lock | | reason | a curator closed a paper's discussion |
| follow | author:NAME, reader:N, shelf:N | | of a reader |
| claim | | author, how | a reader says: I wrote this |
| verified | reader:N | author, how | and it is so |
| vouch | reader:N | | a curator, or who invited them, vouches for a reader |
| submit | the identifier | | a reader brought a paper in, or asked for it |
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.store import changes, documents, reading, spellings
from broadsheet.store.convoy import Convoy
from broadsheet.store.database import Database
from broadsheet.store.schema import works
from broadsheet.store.schema_events import events, marks, microseconds, moment
from broadsheet.store.workbench import chunks

PERSONAL: Final = frozenset(
    {"vote", "save", "hide", "read", "up", "down", "open", "ignore", "library"}
    | {"report", "follow", "claim", "submit"}
)
"""Kinds of which every reader has their own; of the others there is one, whoever made it."""
KINDS: Final = PERSONAL | {"shelf", "shelved", "comment", "hidden", "lock", "verified", "vouch"}

_T = TypeVar("_T")
_E, _M = events.c, marks.c

# Said once: a statement that is built anew costs more than it takes.
_LAST: Final = select(_E.seq, _E.at).order_by(_E.seq.desc()).limit(1)
_STANDING: Final = (
    select(_M.seq, _M.body)
    .where(
        _M.kind == bindparam("kind"),
        _M.work_key.in_(bindparam("keys", expanding=True)),
        _M.object == bindparam("object"),
        _M.until.is_(None),
    )
    .order_by(_M.seq)
)
_ENDED: Final = (
    update(marks).where(_M.seq.in_(bindparam("ended", expanding=True))).values(until=bindparam("now"))
)
_STANDING_MINE: Final = _STANDING.where(_M.reader_id == bindparam("reader"))


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the log; see the table above."""

    seq: int
    at: datetime
    reader_id: int
    kind: str
    stands: bool
    work_key: str
    object: str
    body: dict[str, Any] = field(default_factory=dict)
    ends: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands from `since` until `until` (None: still); seq: the event that began it."""

    seq: int
    kind: str
    reader_id: int
    work_key: str
    object: str
    since: datetime
    until: datetime | None
    body: dict[str, Any] = field(default_factory=dict)


class Log:
    """The log in the hands of one writer: everything written is one transaction."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        last = connection.execute(_LAST).first()
        self.seq = last.seq if last else 0
        self._spelled: dict[str, list[str]] = {}  # key → every key of the paper, where that was asked already
        # A clock that was set back must not put an effect before its cause.
        self.now = max(now, documents.moment(last.at)) if last else now

    def key(self, reference: str) -> str:
        """The key of the paper that answers to a reference. Raises PaperNotFoundError."""
        if names := spellings.of_key(self.connection, reference):
            self._spelled[reference] = names
            return reference
        number = reading.find(self.connection, reference)
        key = (
            None
            if number is None
            else self.connection.scalar(select(works.c.key).where(works.c.id == number))
        )
        if key is None:
            raise PaperNotFoundError(reference)
        return str(key)

    def put(
        self,
        reader_id: int,
        kind: str,
        *,
        work_key: str = "",
        thing: str = "",
        **body: Any,
    ) -> int | None:
        """Begin a mark in place of the one that stands; None if just that stands already."""
        standing = self.standing(reader_id, kind, work_key, thing)
        if len(standing) == 1 and documents.loads(standing[0].body) == body:
            return None
        return self._append(reader_id, kind, True, work_key, thing, body, [row.seq for row in standing])

    def end(
        self,
        reader_id: int,
        kind: str,
        *,
        work_key: str = "",
        thing: str = "",
        **body: Any,
    ) -> int | None:
        """End a mark; None if none stands."""
        standing = self.standing(reader_id, kind, work_key, thing)
        if not standing:
            return None
        return self._append(reader_id, kind, False, work_key, thing, body, [row.seq for row in standing])

    def standing(self, reader_id: int, kind: str, work_key: str, thing: str) -> Sequence[Any]:
        """The marks of that name that stand, under any key of the paper."""
        if kind not in KINDS:
            raise ValueError(f"no such kind of event: {kind!r}")
        keys = [""] if not work_key else self._spelled.get(work_key)
        if keys is None:
            keys = spellings.keys_of(self.connection, [work_key])[work_key]
        asked = {"kind": kind, "keys": keys, "object": thing}
        if kind in PERSONAL:
            return self.connection.execute(_STANDING_MINE, {**asked, "reader": reader_id}).all()
        return self.connection.execute(_STANDING, asked).all()

    def marks(
        self, *kinds: str, works: Iterable[str] | None = None, objects: Iterable[str] | None = None
    ) -> list[Mark]:
        """The marks that stand, as `Events.marks` tells them, in this transaction."""
        return _marks(self.connection, kinds, None, works, objects, None, False)

    def _append(
        self,
        reader_id: int,
        kind: str,
        stands: bool,
        work_key: str,
        object_: str,
        body: dict[str, Any],
        ends: list[int],
    ) -> int:
        self.seq += 1
        event = {
            "seq": self.seq,
            "at": self.now.isoformat(timespec="microseconds"),
            "reader_id": reader_id,
            "kind": kind,
            "stands": stands,
            "work_key": work_key,
            "object": object_,
            "body": documents.dumps(body),
            "ends": documents.dumps(ends),
        }
        self.connection.execute(insert(events), [event])
        _follow(self.connection, [event])
        return self.seq


class Events:
    """The log of a store. `clock` tells the time; a test may set it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._convoy: Convoy[Log] = Convoy(self.writing, lambda log: log.seq)

    def together(self, work: Callable[[Log], _T]) -> _T:
        """Write events in one commit with whoever else does so now; see `convoy` for what work may do."""
        return self._convoy.write(work)

    @contextmanager
    def writing(self) -> Iterator[Log]:
        """Write events, all of them or none; the house's stamp grows if there were any."""
        with self.database.writing() as connection:
            log = Log(connection, self.clock())
            before = log.seq
            yield log
            if log.seq > before:
                changes.touch(connection)

    def last(self) -> int:
        """The number of the latest event; 0 before any."""
        with self.database.reading() as connection:
            return connection.scalar(select(func.max(_E.seq))) or 0

    def after(
        self, seq: int = 0, *, kind: str = "", reader_id: int | None = None, limit: int = 10_000
    ) -> list[Event]:
        """Events behind a number, in order: of one kind, of one reader, or all."""
        asked = {"seq": seq, "kind": kind, "reader": reader_id, "most": limit}
        with self.database.reading() as connection:
            return [
                _event(row) for row in connection.execute(_after(bool(kind), reader_id is not None), asked)
            ]

    def latest(self, kinds: Sequence[str], limit: int) -> list[Event]:
        """The last events of these kinds, the latest first."""
        query = select(events).where(_E.kind.in_(kinds)).order_by(_E.seq.desc()).limit(limit)
        with self.database.reading() as connection:
            return [_event(row) for row in connection.execute(query)]

    def marks(
        self,
        *kinds: str,
        reader_id: int | None = None,
        works: Iterable[str] | None = None,
        objects: Iterable[str] | None = None,
        at: datetime | None = None,
        past: bool = False,
        own: Iterable[str] = (),
        own_of: int | None = None,
    ) -> list[Mark]:
        """The marks that stand, or stood at a moment; `past`: all up to it, ended ones too. In order.

        works: only on papers of these keys; a mark under a former key has the key asked for.
        own, own_of: also the marks of these kinds that are one reader's.
        """
        with self.database.reading() as connection:
            mine = None if own_of is None else (own_of, tuple(own))
            return _marks(connection, kinds, reader_id, works, objects, at, past, mine)

    def votes(self) -> list[tuple[int, int, str, int, int | None]]:
        """Every vote ever, as (event, reader, key of the paper, since, until), in order."""
        query = select(_M.seq, _M.reader_id, _M.work_key, _M.since, _M.until).where(_M.kind == "vote")
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(_M.seq))]

    def rebuild(self) -> int:
        """Make the marks anew from the log; returns how many events were followed."""
        with self.database.writing() as connection:
            connection.execute(delete(marks))
            followed = 0
            while (
                some := connection.execute(
                    select(events).where(_E.seq > followed).order_by(_E.seq).limit(5000)
                )
                .mappings()
                .all()
            ):
                for event in some:
                    _follow(connection, [dict(event)])
                followed = some[-1]["seq"]
            changes.touch(connection)
            return followed

    def empty(self, reader_id: int, kinds: Iterable[str], *, keep: Iterable[str] = ()) -> None:
        """Take words and things from a reader's events of these kinds: the lines stay, and say nothing.

        keep: kinds of which the paper and the moment stay (a vote was counted), and the words go.
        """
        with self.database.writing() as connection:
            for table in (events, marks):
                for kind, kept in [*((kind, False) for kind in kinds), *((kind, True) for kind in keep)]:
                    values = {"body": "{}"} if kept else {"body": "{}", "work_key": "", "object": ""}
                    of = (table.c.reader_id == reader_id) & (table.c.kind == kind)
                    connection.execute(update(table).where(of).values(**values))
            changes.touch(connection)


def _marks(
    connection: Connection,
    kinds: Sequence[str],
    reader_id: int | None,
    keys: Iterable[str] | None,
    objects: Iterable[str] | None,
    at: datetime | None,
    past: bool,
    mine: tuple[int, tuple[str, ...]] | None = None,
) -> list[Mark]:
    names = None if keys is None else spellings.keys_of(connection, keys)
    asked = {key: name for name, spellings in (names or {}).items() for key in spellings}
    objects = None if objects is None else list(objects)
    found: list[Mark] = []
    question = _question(
        names is not None, objects is not None, reader_id is not None, mine is not None, at is not None, past
    )
    given = {"kinds": list(kinds), "reader": reader_id, "at": 0 if at is None else microseconds(at)}
    if mine:
        given |= {"me": mine[0], "own": list(mine[1])}
    parts = itertools.product(
        [None] if names is None else chunks(asked), [None] if objects is None else chunks(objects)
    )
    for some_keys, some_objects in parts:
        values = {**given, "keys": list(some_keys or ()), "objects": list(some_objects or ())}
        found += [_mark(row, asked) for row in connection.execute(question, values)]
    return sorted(found, key=lambda mark: mark.seq)


@lru_cache(maxsize=128)
def _question(keys: bool, objects: bool, reader: bool, mine: bool, at: bool, past: bool) -> Select[Any]:
    """The query for marks under these conditions; `_marks` gives their values."""
    of_kinds: ColumnElement[bool] = _M.kind.in_(bindparam("kinds", expanding=True))
    if mine:
        of_me = and_(_M.reader_id == bindparam("me"), _M.kind.in_(bindparam("own", expanding=True)))
        of_kinds = or_(of_kinds, of_me)
    wanted = [of_kinds]
    if reader:
        wanted.append(_M.reader_id == bindparam("reader"))
    if keys:
        wanted.append(_M.work_key.in_(bindparam("keys", expanding=True)))
    if objects:
        wanted.append(_M.object.in_(bindparam("objects", expanding=True)))
    if at:
        wanted.append(_M.since <= bindparam("at"))
    if not past:
        standing = _M.until.is_(None)
        wanted.append(or_(standing, _M.until > bindparam("at")) if at else standing)
    return select(marks).where(and_(*wanted))


@lru_cache(maxsize=4)
def _after(kind: bool, reader: bool) -> Select[Any]:
    """The query for events under these conditions; `Events.after` gives their values."""
    query = select(events).where(_E.seq > bindparam("seq")).order_by(_E.seq).limit(bindparam("most"))
    if kind:
        query = query.where(_E.kind == bindparam("kind"))
    return query.where(_E.reader_id == bindparam("reader")) if reader else query


def _follow(connection: Connection, lines: Sequence[dict[str, Any]]) -> None:
    """Bring the marks behind events that were just written."""
    for line in lines:
        now = microseconds(documents.moment(line["at"]))
        ends = documents.loads(line["ends"])
        if ends:
            connection.execute(_ENDED, {"ended": ends, "now": now})
        if line["stands"]:
            row = {name: line[name] for name in ("seq", "kind", "reader_id", "work_key", "object", "body")}
            connection.execute(insert(marks), [{**row, "since": now, "until": None}])


def _event(row: Row[Any]) -> Event:
    return Event(
        row.seq, documents.moment(row.at), row.reader_id, row.kind, row.stands, row.work_key, row.object,
        documents.loads(row.body), tuple(documents.loads(row.ends)),
    )  # fmt: skip


def _mark(row: Row[Any], asked: dict[str, str]) -> Mark:
    return Mark(
        row.seq, row.kind, row.reader_id, asked.get(row.work_key, row.work_key), row.object,
        moment(row.since), None if row.until is None else moment(row.until), documents.loads(row.body),
    )  # fmt: skip
