"""The tables, as they are at HEAD; `migrations/` leads every older store here.

Moments are ISO 8601 text in UTC, JSON is text, flags are booleans: what one database holds, another can take
as it is, which is how a backup of SQLite becomes a PostgreSQL store.

    works ──┬─< manifestations ──┬─< raws           the bytes, compressed, by content name
            │                    ├─< identifiers    names a source gave; after a split two works may claim one
            │                    └─< listings       places in dated lists
            ├─< entries                             derived: the editions a work stands in, and their order
            │   past_entries                        how they stood before
            └─< aliases                             former keys, which keep answering
    days                                            derived: works per edition day
    merges, separations                             what was made one, on which evidence; what never again
    outbox                                          the latest change of each work, for derived indexes
    imports, harvests, counters                     progress, the numbers given out last, and the epoch
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HEAD: Final = "0008"
"""The revision of these tables; a store behind it is migrated when it is opened."""

metadata = MetaData()

# Bytewise order in both databases: undated days ('--07-29') sort before every year, keys compare exactly.
_Exact = Text().with_variant(Text(collation="C"), "postgresql")
_Day = String(10).with_variant(String(10, collation="C"), "postgresql")
_Number = BigInteger().with_variant(Integer(), "sqlite")

works = Table(
    "works",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("key", _Exact, nullable=False, unique=True),
    Column("title_hash", BigInteger, doc="of identifiers.title_key, to match by; null if it is empty"),
    Column("status", String(10), nullable=False),
    Column("unresolved", Boolean, nullable=False, doc="known by identifier alone"),
    Column("votes", Integer, doc="the most any source counted"),
    Column("day", _Day, nullable=False, doc="the latest dated edition, or ''"),
    Column("added", String(32), nullable=False),
    Column("updated", String(32), nullable=False),
    Column("fields", Text, nullable=False, doc="JSON: everything its manifestations say, merged"),
    Index("works_by_title", "title_hash"),
    Index("works_by_resolution", "unresolved", "id"),
    Index("works_by_status", "status"),
    Index("works_by_votes", "votes", "day"),
)

manifestations = Table(
    "manifestations",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("work_id", _Number, ForeignKey("works.id"), nullable=False),
    Column("source", _Exact, nullable=False),
    Column("key", _Exact, nullable=False),
    Column("format", Text, nullable=False),
    Column("raw_hash", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("first_seen", String(32), nullable=False),
    Column("last_seen", String(32), nullable=False),
    Column("extra", Text, nullable=False, doc="JSON: fields without a place of their own"),
    Column("statements", Text, nullable=False, doc="JSON: the newest record of each format"),
    UniqueConstraint("source", "key", name="manifestations_by_key"),
    Index("manifestations_by_work", "work_id"),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("scheme", _Exact, primary_key=True),
    Column("value", _Exact, primary_key=True),
    Column("manifestation_id", _Number, ForeignKey("manifestations.id"), primary_key=True),
    Index("identifiers_by_manifestation", "manifestation_id"),
    sqlite_with_rowid=False,
)

listings = Table(
    "listings",
    metadata,
    Column("manifestation_id", _Number, ForeignKey("manifestations.id"), primary_key=True),
    Column("day", _Day, primary_key=True),
    Column("source", _Exact, primary_key=True),
    Column("position", Integer),
    sqlite_with_rowid=False,
)

raws = Table(
    "raws",
    metadata,
    Column("hash", String(32), primary_key=True),
    Column("manifestation_id", _Number, ForeignKey("manifestations.id"), nullable=False),
    Column("format", Text, nullable=False),
    Column("bytes", LargeBinary, nullable=False, doc="zlib"),
)

entries = Table(
    "entries",
    metadata,
    Column("day", _Day, primary_key=True),
    Column("work_id", _Number, ForeignKey("works.id"), primary_key=True),
    Column("position", Integer),
    Column("votes", Integer),
    Column("date", _Day, nullable=False, doc="the day of the paper itself, to order by, or ''"),
    Column("categories", Text, nullable=False, doc="each between line feeds"),
    Column("since", String(32), nullable=False, doc="when it came to stand so"),
    Index("entries_by_work", "work_id"),
    sqlite_with_rowid=False,
)

past_entries = Table(
    "past_entries",
    metadata,
    Column("day", _Day, primary_key=True),
    Column("work_key", _Exact, primary_key=True, doc="as it was then; keys keep answering"),
    Column("until", String(32), primary_key=True, doc="when it ceased to stand so"),
    Column("since", String(32), nullable=False),
    Column("position", Integer),
    Column("votes", Integer),
    Column("date", _Day, nullable=False),
    Column("categories", Text, nullable=False),
    sqlite_with_rowid=False,
)

days = Table(
    "days",
    metadata,
    Column("day", _Day, primary_key=True),
    Column("works", Integer, nullable=False),
    sqlite_with_rowid=False,
)

aliases = Table(
    "aliases",
    metadata,
    Column("key", _Exact, primary_key=True),
    Column("work_id", _Number, ForeignKey("works.id"), nullable=False),
    Index("aliases_by_work", "work_id"),
    sqlite_with_rowid=False,
)

merges = Table(
    "merges",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("kept_id", _Number, nullable=False),
    Column("gone_id", _Number, doc="null: what was merged was a new manifestation, never a work"),
    Column("kept_key", _Exact, nullable=False),
    Column("gone_key", _Exact, nullable=False, doc="of the work, or source:key of the manifestation"),
    Column("moved", Text, nullable=False, doc="JSON: ids of the manifestations that moved"),
    Column("undo", Text, nullable=False, doc="JSON: what else a split restores"),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("undone_at", String(32)),
    Index("merges_by_kept", "kept_id"),
    Index("merges_by_gone", "gone_id"),
)

separations = Table(
    "separations",
    metadata,
    Column("a", _Number, ForeignKey("manifestations.id"), primary_key=True),
    Column("b", _Number, ForeignKey("manifestations.id"), primary_key=True, doc="a < b"),
    Index("separations_by_b", "b"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("work_id", _Number, primary_key=True, autoincrement=False),
    Column("seq", _Number, nullable=False, unique=True),
    Column("gone", Boolean, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("digest", _Exact, nullable=False),
    Column("format", Text, nullable=False),
    Column("position", _Number, nullable=False),
    Column("counts", Text, nullable=False, doc="JSON: records by outcome"),
    Column("started", String(32), nullable=False),
    Column("finished", String(32)),
    Index("imports_by_digest", "digest"),
)

harvests = Table(
    "harvests",
    metadata,
    Column("source", _Exact, primary_key=True),
    Column("query", _Exact, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("last_success", String(32)),
    Column("last_attempt", String(32)),
    Column("last_error", Text, nullable=False),
    Column("added", Integer, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", _Number, nullable=False),
)
