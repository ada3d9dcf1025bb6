"""The tables of mail and of jobs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(length=32)


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make them, empty."""
    op.create_table(
        "subscriptions",
        _needed("id", sa.String(length=16)),
        _needed("channel", sa.String(length=10)),
        _needed("target", sa.Text()),
        _needed("recipient", _EXACT),
        sa.Column("reader_id", _NUMBER, nullable=True),
        _needed("kind", sa.String(length=10)),
        _needed("object", _EXACT),
        _needed("cadence", sa.String(length=10)),
        _needed("wish", sa.Text()),
        _needed("standing", sa.String(length=10)),
        _needed("secret", sa.String(length=64)),
        _needed("created", _MOMENT),
        _needed("asked", _MOMENT),
        _needed("asked_times", sa.Integer()),
        sa.Column("confirmed", _MOMENT, nullable=True),
        sa.Column("ended", _MOMENT, nullable=True),
        _needed("reason", sa.Text()),
        sa.Column("due", _MOMENT, nullable=True),
        _needed("told", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["reader_id"], ["accounts.id"]),
        sa.UniqueConstraint("recipient", "channel", "kind", "object", "cadence", name="subscriptions_once"),
    )
    op.create_index("subscriptions_by_due", "subscriptions", ["standing", "due"])
    op.create_index("subscriptions_by_reader", "subscriptions", ["reader_id"])
    op.create_table(
        "digests",
        _needed("id", sa.String(length=32)),
        _needed("composed", _MOMENT),
        _needed("document", sa.Text()),
        _needed("html", sa.Text()),
        _needed("text", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deliveries",
        _needed("id", sa.String(length=16)),
        _needed("channel", sa.String(length=10)),
        _needed("recipient", _EXACT),
        _needed("edition", _EXACT),
        sa.Column("subscription_id", sa.String(length=16), nullable=True),
        sa.Column("digest_id", sa.String(length=32), nullable=True),
        _needed("subject", sa.Text()),
        _needed("body", sa.Text()),
        _needed("state", sa.String(length=10)),
        _needed("tries", sa.Integer()),
        _needed("not_before", _MOMENT),
        _needed("sender", sa.String(length=64)),
        _needed("until", _MOMENT),
        _needed("composed", _MOMENT),
        sa.Column("handed", _MOMENT, nullable=True),
        sa.Column("done", _MOMENT, nullable=True),
        _needed("error", sa.Text()),
        _needed("receipt", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"]),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"]),
        sa.UniqueConstraint("recipient", "edition", name="deliveries_once"),
    )
    op.create_index("deliveries_by_state", "deliveries", ["state", "not_before"])
    op.create_index("deliveries_by_subscription", "deliveries", ["subscription_id"])
    op.create_index("deliveries_by_digest", "deliveries", ["digest_id"])
    op.create_table(
        "suppressions",
        _needed("recipient", _EXACT),
        _needed("at", _MOMENT),
        _needed("reason", sa.String(length=20)),
        _needed("detail", sa.Text()),
        sa.PrimaryKeyConstraint("recipient"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "jobs",
        _needed("name", _EXACT),
        _needed("due", _MOMENT),
        _needed("worker", sa.Text()),
        _needed("until", _MOMENT),
        sa.Column("started", _MOMENT, nullable=True),
        sa.Column("finished", _MOMENT, nullable=True),
        sa.Column("success", _MOMENT, nullable=True),
        _needed("seconds", sa.Float()),
        _needed("failures", sa.Integer()),
        _needed("error", sa.Text()),
        _needed("result", sa.Text()),
        sa.PrimaryKeyConstraint("name"),
    )
