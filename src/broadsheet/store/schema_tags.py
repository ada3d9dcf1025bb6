"""The tables of tags: a reader's own words for papers, and what the reader said fits them.

    tags ──< tag_marks      a paper that carries the tag, or that was refused for it

Papers are named by the key they had then, as in the log of events: keys keep answering.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from broadsheet.store.schema import metadata

_Exact = Text().with_variant(Text(collation="C"), "postgresql")
_Number = BigInteger().with_variant(Integer(), "sqlite")

tags = Table(
    "tags",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("reader_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("name", _Exact, nullable=False),
    Column("folded", _Exact, nullable=False, doc="the name, as names are compared"),
    Column("said", Text, nullable=False, doc="JSON: sentences that describe it"),
    Column("created", String(32), nullable=False),
    UniqueConstraint("reader_id", "folded", name="tags_by_name"),
)

tag_marks = Table(
    "tag_marks",
    metadata,
    Column("tag_id", _Number, ForeignKey("tags.id"), primary_key=True),
    Column("work_key", _Exact, primary_key=True),
    Column("fits", Boolean, nullable=False, doc="or the reader refused it"),
    Column("at", String(32), nullable=False),
    sqlite_with_rowid=False,
)
