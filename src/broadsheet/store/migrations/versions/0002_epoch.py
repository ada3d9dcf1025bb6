"""A name for the history that the outbox tells."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Begin an epoch, so that indexes of another store, or of this one before it was restored, are known."""
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "epoch", "value": secrets.randbits(48)}])
