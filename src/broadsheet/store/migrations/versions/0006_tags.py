"""Tags: a reader's own words for papers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tags",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("reader_id", _NUMBER, nullable=False),
        sa.Column("name", _EXACT, nullable=False),
        sa.Column("folded", _EXACT, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reader_id", "folded", name="tags_by_name"),
    )
    op.create_table(
        "tag_marks",
        sa.Column("tag_id", _NUMBER, nullable=False),
        sa.Column("work_key", _EXACT, nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"]),
        sa.PrimaryKeyConstraint("tag_id", "work_key"),
        sqlite_with_rowid=False,
    )
