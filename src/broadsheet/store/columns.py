"""The few columns that ranking needs of everything there is, read in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sqlalchemy import bindparam, case, func, select

from broadsheet.store.database import Database
from broadsheet.store.schema import aliases, works
from broadsheet.store.schema_people import accounts
from broadsheet.store.workbench import chunks

_W: Final = works.c
_ACCOUNTS: Final = select(accounts.c.id, accounts.c.created).where(accounts.c.id > bindparam("after"))


class PaperRow(NamedTuple):
    """A paper: the most votes of any source, its latest dated edition or '', and when it came in."""

    id: int
    key: str
    votes: int | None
    day: str
    added: str


class Columns:
    """Reads columns of a store. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def papers(self, ids: Iterable[int] | None = None) -> Iterator[PaperRow]:
        """The papers readers see: all, or those of these numbers; by number."""
        query = (
            select(_W.id, _W.key, _W.votes, _W.day, _W.added).where(_W.unresolved.is_(False)).order_by(_W.id)
        )
        with self.database.reading() as connection:
            for some in [None] if ids is None else chunks(sorted(ids)):
                rows = connection.execute(query if some is None else query.where(_W.id.in_(some)))
                yield from (PaperRow(*row) for row in rows)

    def newest(self, limit: int, until: str) -> list[PaperRow]:
        """The papers readers see with the newest editions, none after a day; where there is none, by when
        they came in."""
        dated = _W.day > "0"  # sorts behind the days without a year
        day = case((dated, _W.day), else_=func.substr(_W.added, 1, 10))
        query = (
            select(_W.id, _W.key, _W.votes, _W.day, _W.added)
            .where(_W.unresolved.is_(False), day <= until)
            .order_by(day.desc(), _W.id.desc())
            .limit(limit)
        )
        with self.database.reading() as connection:
            return [PaperRow(*row) for row in connection.execute(query)]

    def numbers(self, keys: Iterable[str]) -> dict[str, int]:
        """Key → number of the paper that answers to it, former keys too; keys of nothing are left out."""
        found: dict[str, int] = {}
        with self.database.reading() as connection:
            for some in chunks(set(keys)):
                former = select(aliases.c.key, aliases.c.work_id).where(aliases.c.key.in_(some))
                found.update((row.key, row.work_id) for row in connection.execute(former))
                now = select(_W.key, _W.id).where(_W.key.in_(some))
                found.update((row.key, row.id) for row in connection.execute(now))
        return found

    def former_keys(self) -> dict[str, int]:
        """Every former key and the number of the paper that answers to it."""
        with self.database.reading() as connection:
            return dict(connection.execute(select(aliases.c.key, aliases.c.work_id)).all())

    def accounts(self, after: int = 0) -> dict[int, str]:
        """When each account behind a number was made, empty places too."""
        with self.database.reading() as connection:
            return dict(connection.execute(_ACCOUNTS, {"after": after}).all())
