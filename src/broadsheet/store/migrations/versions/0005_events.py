"""What readers do: the log of events, and the marks that follow from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "events",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("reader_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("work_key", _EXACT, nullable=False),
        sa.Column("object", _EXACT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("events_by_reader", "events", ["reader_id", "seq"], unique=False)
    op.create_table(
        "marks",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reader_id", _NUMBER, nullable=False),
        sa.Column("work_key", _EXACT, nullable=False),
        sa.Column("object", _EXACT, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("marks_by_work", "marks", ["work_key", "kind"], unique=False)
    op.create_index("marks_by_reader", "marks", ["reader_id", "kind", "work_key"], unique=False)
    op.create_index("marks_by_object", "marks", ["kind", "object"], unique=False)
