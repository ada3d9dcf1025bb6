"""The one door to the store, the house's only source of truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Connection, Table, func, select

from broadsheet.exceptions import PaperNotFoundError, StoreError
from broadsheet.papers import Paper, Record, Status
from broadsheet.store import (
    backups,
    changes,
    checks,
    editions,
    harvests,
    imports,
    merges,
    reading,
    schema,
    separations,
    upgrade,
)
from broadsheet.store.accounts import Accounts
from broadsheet.store.changes import Change
from broadsheet.store.columns import Columns
from broadsheet.store.database import Database
from broadsheet.store.editions import Order
from broadsheet.store.entrances import Entrances
from broadsheet.store.events import Events
from broadsheet.store.harvests import Harvest
from broadsheet.store.imports import ImportRun
from broadsheet.store.ingest import Ingest, Outcome
from broadsheet.store.jobs import Jobs
from broadsheet.store.mailing import Mailing
from broadsheet.store.merges import Merge
from broadsheet.store.tags import Tags
from broadsheet.store.tastes import Tastes
from broadsheet.store.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything.

    papers: those readers see. unresolved: those known by identifier alone, hidden until somebody tells more.
    merges: those that stand. pending_changes: changes behind the position asked for.
    """

    papers: int
    manifestations: int
    listings: int
    withdrawn: int
    retracted: int
    merges: int
    unresolved: int
    pending_changes: int


class Store:
    """Every paper, where it came from, and what was decided about it.

    Safe to share between threads, and between processes that open the same URL: readers are never blocked,
    writers take turns. Every method is one transaction. Writing raises ReadOnlyError or DiskFullError when it
    cannot; then nothing was written.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.columns = Columns(database)
        self.events = Events(database)
        self.mailing = Mailing(database)
        self.jobs = Jobs(database)
        self.entrances = Entrances(database)
        self.tickets = Tickets(database)
        self.tags = Tags(database)
        self.tastes = Tastes(database)

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Open the store at a SQLAlchemy URL, making or migrating it first; `sqlite://` is one in memory.

        Raises StoreVersionError if a newer Broadsheet wrote it, ReadOnlyError if it cannot be written (or, to
        be read only, is not there or would have to be migrated).
        """
        store = cls(Database(url, read_only=read_only))
        try:
            upgrade.prepare(store.database)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Taking in

    def ingest(
        self, records: Sequence[Record], *, run: ImportRun | None = None, position: int = 0
    ) -> list[Outcome]:
        """Take records in, in their order; returns what became of each.

        All of it is one transaction, with the run's progress: `position` is how many items of its input are
        dealt with when these are. What is known already writes nothing.
        """
        with self.database.writing() as connection:
            outcomes = Ingest(connection, records).run() if records else []
            if run is not None:
                imports.advance(connection, run, position, (outcome.kind for outcome in outcomes))
            return outcomes

    def begin_import(self, name: str, digest: str, format: str) -> ImportRun:  # noqa: A002
        """The unfinished run of the same input, to go on behind its position; else a new one at 0."""
        with self.database.writing() as connection:
            return imports.begin(connection, name, digest, format)

    def finish_import(self, run: ImportRun) -> None:
        """The input was read to its end."""
        with self.database.writing() as connection:
            imports.finish(connection, run)

    def imports(self, limit: int = 50) -> list[ImportRun]:
        """The latest imports, newest first."""
        with self.database.reading() as connection:
            return imports.recent(connection, limit)

    # Reading

    def paper(self, reference: str) -> Paper:
        """The paper that answers to a key, a former key, or any spelling of an identifier.

        Raises PaperNotFoundError.
        """
        with self.database.reading() as connection:
            return reading.papers(connection, [self._find(connection, reference)])[0]

    def titled(self, title: str) -> str:
        """The key of the first paper of that title; '' if there is none."""
        with self.database.reading() as connection:
            return reading.titled(connection, title)

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """The papers of these numbers, in this order; those that are not here (any more) are left out."""
        with self.database.reading() as connection:
            return reading.papers(connection, ids)

    def named(self, keys: Sequence[str]) -> list[Paper]:
        """The papers that answer to these keys, in this order; keys that nobody answers to are left out."""
        with self.database.reading() as connection:
            return reading.papers(connection, reading.numbers_of(connection, keys))

    def edition(
        self,
        first: str,
        last: str,
        *,
        order: Order = "votes",
        category: str = "",
        limit: int = 60,
        offset: int = 0,
        as_of: datetime | None = None,
    ) -> tuple[list[Paper], int]:
        """A page of the papers of days first..last, each once, and how many there are in all.

        Both days may be the same one without a year. Ties in votes go by position in the list, then by date.
        as_of: which papers stood there at that moment, by the votes of then; they are told as they are now.
        """
        with self.database.reading() as connection:
            ids, total = editions.edition(
                connection,
                first,
                last,
                order=order,
                category=category,
                limit=limit,
                offset=offset,
                as_of=as_of,
            )
            return reading.papers(connection, ids), total

    def days(self) -> list[tuple[str, int]]:
        """Every day that has papers and how many, newest first; days without a year come last."""
        with self.database.reading() as connection:
            return editions.numbered(connection)

    def latest_day(self, until: str | None = None) -> str | None:
        """The newest day with papers, not after `until`; failing that, the last without a year; else None."""
        with self.database.reading() as connection:
            return editions.latest(connection, until)

    def neighbours(self, day: str) -> tuple[str | None, str | None]:
        """The nearest days with papers before and after a day."""
        with self.database.reading() as connection:
            return editions.neighbours(connection, day)

    def edition_number(self, day: str) -> int:
        """How many dated editions there are up to and including a day."""
        with self.database.reading() as connection:
            return editions.number(connection, day)

    def categories(self, first: str, last: str, *, as_of: datetime | None = None) -> list[tuple[str, int]]:
        """The categories of the papers of days first..last and how many papers have each, the most first."""
        with self.database.reading() as connection:
            return editions.categories(connection, first, last, as_of)

    def top(self, limit: int = 60, offset: int = 0, since: str | None = None) -> tuple[list[Paper], int]:
        """A page of the papers that have votes, the most first, and how many there are in all.

        `since`: only papers that stand in an edition of that day or later.
        """
        with self.database.reading() as connection:
            ids, total = editions.top(connection, limit, offset, since)
            return reading.papers(connection, ids), total

    def iterate(self, after_id: int = 0, *, unresolved: bool = False) -> Iterator[Paper]:
        """All papers by number, read in batches; those known by identifier alone if `unresolved`."""
        while True:
            with self.database.reading() as connection:
                ids = reading.numbers(connection, after_id, reading.BATCH, unresolved=unresolved)
                batch = reading.papers(connection, ids)
            yield from batch
            if not ids:
                return
            after_id = ids[-1]

    def ids(self) -> list[int]:
        """The numbers of all papers, in order; those known by identifier alone are left out."""
        with self.database.reading() as connection:
            return reading.numbers(connection)

    def counts(self, *, after: int = 0) -> Counts:
        """How much there is of everything; `after`: the position to count pending changes from."""
        with self.database.reading() as connection:
            return _counts(connection, after)

    def raw(self, raw_hash: str) -> tuple[str, bytes]:
        """The format and the bytes of a kept record. Raises StoreError if there is none of that name."""
        with self.database.reading() as connection:
            return reading.raw(connection, raw_hash)

    def apart(self, paper_id: int) -> list[str]:
        """What was split from a paper, and is never merged with it by itself again: "source:key"."""
        with self.database.reading() as connection:
            return separations.from_work(connection, paper_id)

    # Changes

    def stamp(self) -> int:
        """A number that grows whenever anything a reader can see has changed, in whatever process."""
        with self.database.reading() as connection:
            return changes.stamp(connection)

    def epoch(self) -> int:
        """Names the history that `changes` tells; positions in that of another epoch mean nothing here.

        A store has its own from the beginning, and a new one when it was restored from a backup.
        """
        with self.database.reading() as connection:
            return changes.epoch(connection)

    def changes(self, after: int, limit: int = 1000) -> list[Change]:
        """The changes behind a position, in order; each paper stands once, at its latest."""
        with self.database.reading() as connection:
            return changes.after(connection, after, limit)

    def last_change(self) -> int:
        """The position of the latest change; 0 before any."""
        with self.database.reading() as connection:
            return changes.last(connection)

    def reached(self) -> tuple[int, int, int]:
        """The epoch, the latest change and the latest event, all of one moment."""
        with self.database.reading() as connection:
            return changes.reached(connection)

    # Merging

    def merge(self, kept: str, gone: str, reason: str) -> Merge:
        """Make two papers one, because somebody says so; `split` undoes it.

        Raises PaperNotFoundError, or StoreError if they are one already.
        """
        with self.database.writing() as connection:
            ours, theirs = self._find(connection, kept), self._find(connection, gone)
            if ours == theirs:
                raise StoreError(f"{kept!r} and {gone!r} are one paper already")
            return merges.unite(connection, ours, theirs, reason)

    def split(self, merge_id: int) -> Merge:
        """Undo a merge: both papers are as they were before it, and are never merged by themselves again.

        Raises NotFoundError if there is no such merge, or it was undone.
        """
        with self.database.writing() as connection:
            return merges.undo(connection, merge_id)

    def detach(self, manifestation_id: int) -> str:
        """Make one manifestation a paper of its own, not to be merged back by itself; returns its key.

        Raises StoreError if it is the only one of its paper, or there is none of that number.
        """
        with self.database.writing() as connection:
            return merges.detach(connection, manifestation_id)

    def merges(self, paper: str | None = None) -> list[Merge]:
        """The merges of one paper, or all of them, newest first, undone ones included."""
        with self.database.reading() as connection:
            return merges.every(connection, None if paper is None else self._find(connection, paper))

    # Harvests

    def harvests(self) -> list[Harvest]:
        """What was ever asked of which source, and how the last time went."""
        with self.database.reading() as connection:
            return harvests.every(connection)

    def harvest(self, source: str, query: str) -> Harvest:
        """The state of one question to a source; a fresh one if it was never asked."""
        with self.database.reading() as connection:
            return harvests.one(connection, source, query)

    def save_harvest(self, harvest: Harvest) -> None:
        """Keep the state of a question."""
        with self.database.writing() as connection:
            harvests.save(connection, harvest)

    def forget_harvest(self, source: str, query: str) -> bool:
        """Forget the state of a question; False when it was never asked. Its papers stay."""
        with self.database.writing() as connection:
            return harvests.forget(connection, source, query)

    # Keeping

    def verify(self) -> list[str]:
        """Examine the whole store; returns the problems in words, none if it is well."""
        with self.database.reading() as connection:
            return checks.problems(connection)

    def backup(self, path: Path) -> None:
        """Write a verified copy while the store is in use; it can be restored into either database.

        The file appears under its name only when it is complete and was read back. Raises BackupError.
        """
        backups.write(self.database, Path(path))

    @classmethod
    def restore(cls, path: Path, url: str, *, overwrite: bool = False) -> None:
        """Fill the store at a URL from a backup.

        Raises BackupError if the backup is damaged, or the store has papers and `overwrite` is not given;
        then the store is as it was.
        """
        backups.restore(Path(path), url, overwrite=overwrite)

    def _find(self, connection: Connection, reference: str) -> int:
        number = reading.find(connection, reference)
        if number is None:
            raise PaperNotFoundError(reference)
        return number


def _counts(connection: Connection, after: int) -> Counts:
    t, w = schema, schema.works.c

    def number(table: Table, *conditions: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    seen = w.unresolved.is_(False)
    return Counts(
        papers=number(t.works, seen),
        manifestations=number(t.manifestations),
        listings=number(t.listings),
        withdrawn=number(t.works, w.status == Status.WITHDRAWN.value, seen),
        retracted=number(t.works, w.status == Status.RETRACTED.value, seen),
        merges=number(t.merges, t.merges.c.undone_at.is_(None)),
        unresolved=number(t.works, w.unresolved.is_(True)),
        pending_changes=number(t.outbox, t.outbox.c.seq > after),
    )
