"""The tables of what readers want for themselves: a row a reader, and the counts of the living lab.

    tastes          what a reader said of their own feed, and the little that is kept of it beside the log
    lab_sessions    for each day of a reader in an experiment, how much credit either ranking earned

What a reader likes is in the log of events; a model is made anew from it at any time.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, LargeBinary, String, Table, Text

from broadsheet.store.schema import metadata

_Exact = Text().with_variant(Text(collation="C"), "postgresql")
_Number = BigInteger().with_variant(Integer(), "sqlite")

tastes = Table(
    "tastes",
    metadata,
    Column("reader_id", _Number, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("said", Text, nullable=False, doc="JSON: muted words, what is left out, on or off"),
    Column("shown", LargeBinary, nullable=False, doc="papers that were shown, and on how many days"),
    Column(
        "anchors", LargeBinary, nullable=False, doc="where an imported library lies that is not kept here"
    ),
    Column("draft", Text, nullable=False, doc="JSON: the last list that two rankings drafted"),
    Column("learned", String(80), nullable=False, doc="up to which signals the last model had learned"),
    Column("learned_at", String(32), nullable=False),
    Column("took_ms", Float, nullable=False),
)

lab_sessions = Table(
    "lab_sessions",
    metadata,
    Column("experiment", _Exact, primary_key=True),
    Column("reader_id", _Number, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("first", Float, nullable=False, doc="credit of the first ranking"),
    Column("second", Float, nullable=False),
    sqlite_with_rowid=False,
)
