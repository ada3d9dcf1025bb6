"""How editions stood before: whatever an entry was is kept, with the moments between which it stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_DAY = sa.String(10).with_variant(sa.String(10, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; what stands now has stood since its work was added, as far as anybody knows."""
    op.add_column("entries", sa.Column("since", sa.String(32), nullable=False, server_default=""))
    op.execute("UPDATE entries SET since = (SELECT added FROM works WHERE works.id = entries.work_id)")
    op.create_table(
        "past_entries",
        sa.Column("day", _DAY, nullable=False),
        sa.Column("work_key", _EXACT, nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("votes", sa.Integer()),
        sa.Column("date", _DAY, nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "work_key", "until"),
        sqlite_with_rowid=False,
    )
