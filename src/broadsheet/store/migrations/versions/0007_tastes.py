"""What readers want for themselves, and the counts of the living lab."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tastes",
        sa.Column("reader_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("anchors", sa.LargeBinary(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("learned", sa.String(length=80), nullable=False),
        sa.Column("learned_at", sa.String(length=32), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("reader_id"),
    )
    op.create_table(
        "lab_sessions",
        sa.Column("experiment", _EXACT, nullable=False),
        sa.Column("reader_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("first", sa.Float(), nullable=False),
        sa.Column("second", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("experiment", "reader_id", "day"),
        sqlite_with_rowid=False,
    )
