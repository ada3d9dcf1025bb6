"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_DAY = sa.String(length=10).with_variant(sa.String(length=10, collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them, with every counter at its beginning."""
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "days",
        sa.Column("day", _DAY, nullable=False),
        sa.Column("works", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "harvests",
        sa.Column("source", _EXACT, nullable=False),
        sa.Column("query", _EXACT, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_success", sa.String(length=32), nullable=True),
        sa.Column("last_attempt", sa.String(length=32), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "query"),
    )
    op.create_table(
        "imports",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", _EXACT, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("position", _NUMBER, nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("started", sa.String(length=32), nullable=False),
        sa.Column("finished", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("imports_by_digest", "imports", ["digest"], unique=False)
    op.create_table(
        "merges",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("kept_id", _NUMBER, nullable=False),
        sa.Column("gone_id", _NUMBER, nullable=True),
        sa.Column("kept_key", _EXACT, nullable=False),
        sa.Column("gone_key", _EXACT, nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("merges_by_gone", "merges", ["gone_id"], unique=False)
    op.create_index("merges_by_kept", "merges", ["kept_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("work_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("work_id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_table(
        "works",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", _EXACT, nullable=False),
        sa.Column("title_hash", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("unresolved", sa.Boolean(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("added", sa.String(length=32), nullable=False),
        sa.Column("updated", sa.String(length=32), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("works_by_resolution", "works", ["unresolved", "id"], unique=False)
    op.create_index("works_by_status", "works", ["status"], unique=False)
    op.create_index("works_by_title", "works", ["title_hash"], unique=False)
    op.create_index("works_by_votes", "works", ["votes", "day"], unique=False)
    op.create_table(
        "aliases",
        sa.Column("key", _EXACT, nullable=False),
        sa.Column("work_id", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["work_id"],
            ["works.id"],
        ),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_index("aliases_by_work", "aliases", ["work_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("day", _DAY, nullable=False),
        sa.Column("work_id", _NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("date", _DAY, nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_id"],
            ["works.id"],
        ),
        sa.PrimaryKeyConstraint("day", "work_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("entries_by_work", "entries", ["work_id"], unique=False)
    op.create_table(
        "manifestations",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("work_id", _NUMBER, nullable=False),
        sa.Column("source", _EXACT, nullable=False),
        sa.Column("key", _EXACT, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("raw_hash", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.String(length=32), nullable=False),
        sa.Column("last_seen", sa.String(length=32), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("statements", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_id"],
            ["works.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "key", name="manifestations_by_key"),
    )
    op.create_index("manifestations_by_work", "manifestations", ["work_id"], unique=False)
    op.create_table(
        "identifiers",
        sa.Column("scheme", _EXACT, nullable=False),
        sa.Column("value", _EXACT, nullable=False),
        sa.Column("manifestation_id", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["manifestation_id"],
            ["manifestations.id"],
        ),
        sa.PrimaryKeyConstraint("scheme", "value", "manifestation_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("identifiers_by_manifestation", "identifiers", ["manifestation_id"], unique=False)
    op.create_table(
        "listings",
        sa.Column("manifestation_id", _NUMBER, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("source", _EXACT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["manifestation_id"],
            ["manifestations.id"],
        ),
        sa.PrimaryKeyConstraint("manifestation_id", "day", "source"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "raws",
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("manifestation_id", _NUMBER, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifestation_id"],
            ["manifestations.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "separations",
        sa.Column("a", _NUMBER, nullable=False),
        sa.Column("b", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["a"],
            ["manifestations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["b"],
            ["manifestations.id"],
        ),
        sa.PrimaryKeyConstraint("a", "b"),
        sqlite_with_rowid=False,
    )
    op.create_index("separations_by_b", "separations", ["b"], unique=False)
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    names = ("work", "manifestation", "merge", "import", "change", "stamp")
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in names])
