"""The tables of what readers do: one log that only grows, and what follows from it.

    events      who did what, when, to which paper or thing; never changed, but emptied when its author leaves
    marks       derived: what stands, and what stood from when to when; made anew from the log at any time

A mark is anything that holds from one moment to another: a vote, a place on a shelf, the words of a comment,
a lock. The event that begins one names in `ends` the marks it puts an end to, so that replaying the log needs
nothing but the log. Papers are named by the key they had then: keys keep answering, so merges and splits take
votes along without touching a row.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from broadsheet.store.schema import metadata

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Exact = Text().with_variant(Text(collation="C"), "postgresql")
_Number = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False, doc="never before that of the event before"),
    Column("reader_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("stands", Boolean, nullable=False, doc="begins a mark, or only ends some"),
    Column("work_key", _Exact, nullable=False, doc="the paper's key as it was then, or ''"),
    Column("object", _Exact, nullable=False, doc="what else it is about, or ''"),
    Column("body", Text, nullable=False, doc="JSON"),
    Column("ends", Text, nullable=False, doc="JSON: the marks it ends"),
    Index("events_by_reader", "reader_id", "seq"),
)

marks = Table(
    "marks",
    metadata,
    Column("seq", _Number, primary_key=True, autoincrement=False, doc="of the event that began it"),
    Column("kind", String(16), nullable=False),
    Column("reader_id", _Number, nullable=False),
    Column("work_key", _Exact, nullable=False),
    Column("object", _Exact, nullable=False),
    Column("since", BigInteger, nullable=False, doc="microseconds since 1970 UTC"),
    Column("until", BigInteger, doc="null while it stands"),
    Column("body", Text, nullable=False, doc="JSON"),
    Index("marks_by_work", "work_key", "kind"),
    Index("marks_by_reader", "reader_id", "kind", "work_key"),
    Index("marks_by_object", "kind", "object"),
)


def microseconds(moment: datetime) -> int:
    """A moment as the marks count it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(since: int) -> datetime:
    """The moment of a mark's count."""
    return EPOCH + timedelta(microseconds=since)
