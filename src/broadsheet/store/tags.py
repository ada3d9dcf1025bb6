"""Tags: a reader's own words for papers, and the papers that the reader said fit them, or do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from broadsheet.exceptions import NameTakenError, PaperNotFoundError, TagNotFoundError
from broadsheet.readers import folded
from broadsheet.store import changes, documents, reading
from broadsheet.store.database import Database
from broadsheet.store.schema import works
from broadsheet.store.schema_tags import tag_marks, tags

_T, _M = tags.c, tag_marks.c
_OF_READER: Final = select(tags).where(_T.reader_id == bindparam("reader")).order_by(_T.folded)


@dataclass(frozen=True, slots=True)
class Tag:
    """A reader's word for papers.

    said: sentences that describe it, which the reader may edit. fits, refused: how many papers were marked.
    """

    id: int
    reader_id: int
    name: str
    said: tuple[str, ...]
    created: datetime
    fits: int = 0
    refused: int = 0


class Tags:
    """Reads and writes tags. Every method is one transaction; names are the same in any letter case."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of_reader(self, reader_id: int) -> list[Tag]:
        """The tags of a reader, by name."""
        with self.database.reading() as connection:
            rows = connection.execute(_OF_READER, {"reader": reader_id}).all()
            return [_tag(connection, row) for row in rows]

    def named(self, reader_id: int, name: str) -> Tag:
        """One tag. Raises TagNotFoundError."""
        with self.database.reading() as connection:
            return _tag(connection, _row(connection, reader_id, name))

    def make(self, reader_id: int, name: str, said: Sequence[str] = ()) -> Tag:
        """Make a tag. Raises NameTakenError."""
        with self.database.writing() as connection:
            query = select(_T.id).where(_T.reader_id == reader_id, _T.folded == folded(name))
            if connection.scalar(query) is not None:
                raise NameTakenError(name)
            number = (connection.scalar(select(func.max(_T.id))) or 0) + 1
            values = {
                "id": number,
                "reader_id": reader_id,
                "name": name,
                "folded": folded(name),
                "said": documents.dumps(list(said)),
                "created": documents.now(),
            }
            connection.execute(insert(tags), [values])
            changes.touch(connection)
            return _tag(connection, _row(connection, reader_id, name))

    def describe(self, reader_id: int, name: str, said: Sequence[str]) -> None:
        """Put other sentences in the place of those that describe it. Raises TagNotFoundError."""
        with self.database.writing() as connection:
            tag = _row(connection, reader_id, name)
            said_as = documents.dumps(list(said))
            connection.execute(update(tags).where(_T.id == tag.id).values(said=said_as))
            changes.touch(connection)

    def remove(self, reader_id: int, name: str) -> None:
        """Remove a tag with all that was said of it. Raises TagNotFoundError."""
        with self.database.writing() as connection:
            _remove(connection, [_row(connection, reader_id, name).id])

    def forget(self, reader_id: int) -> None:
        """Remove every tag of a reader."""
        with self.database.writing() as connection:
            _remove(connection, list(connection.scalars(select(_T.id).where(_T.reader_id == reader_id))))

    def mark(self, reader_id: int, name: str, reference: str, fits: bool | None) -> str:
        """Say that a paper fits a tag or not; None takes back what was said. Returns the paper's key.

        Raises TagNotFoundError, PaperNotFoundError.
        """
        with self.database.writing() as connection:
            tag = _row(connection, reader_id, name)
            number = reading.find(connection, reference)
            if number is None:
                raise PaperNotFoundError(reference)
            # What was said under a former key of the paper is said of the same paper.
            said = list(connection.scalars(select(_M.work_key).where(_M.tag_id == tag.id)))
            same = [key for key in said if reading.find(connection, key) == number]
            if same:
                connection.execute(delete(tag_marks).where(_M.tag_id == tag.id, _M.work_key.in_(same)))
            key = str(connection.scalar(select(works.c.key).where(works.c.id == number)))
            if fits is not None:
                values = {"tag_id": tag.id, "work_key": key, "fits": fits, "at": documents.now()}
                connection.execute(insert(tag_marks), [values])
            changes.touch(connection)
            return key

    def marks(self, tag: Tag) -> list[tuple[int, bool]]:
        """The numbers of the papers that were marked and whether they fit, the latest first."""
        with self.database.reading() as connection:
            query = (
                select(_M.work_key, _M.fits).where(_M.tag_id == tag.id).order_by(_M.at.desc(), _M.work_key)
            )
            found = {
                number: bool(row.fits)
                for row in connection.execute(query).all()
                if (number := reading.find(connection, row.work_key)) is not None
            }
            return list(found.items())


def _row(connection: Connection, reader_id: int, name: str) -> Any:
    query = select(tags).where(_T.reader_id == reader_id, _T.folded == folded(name))
    row = connection.execute(query).first()
    if row is None:
        raise TagNotFoundError(name)
    return row


def _tag(connection: Connection, row: Any) -> Tag:
    query = select(_M.fits, func.count()).where(_M.tag_id == row.id).group_by(_M.fits)
    counted = {bool(fits): int(count) for fits, count in connection.execute(query).all()}
    said = tuple(documents.loads(row.said))
    created = documents.moment(row.created)
    fits, refused = counted.get(True, 0), counted.get(False, 0)
    return Tag(row.id, row.reader_id, row.name, said, created, fits, refused)


def _remove(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(delete(tag_marks).where(_M.tag_id.in_(ids)))
    connection.execute(delete(tags).where(_T.id.in_(ids)))
    changes.touch(connection)
