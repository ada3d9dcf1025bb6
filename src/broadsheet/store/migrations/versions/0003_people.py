"""People: accounts, how they come in, and a secret to sign with."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; the owner of the machine is the first account, a secret is drawn."""
    accounts = op.create_table(
        "accounts",
        sa.Column("id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", _EXACT, nullable=False),
        sa.Column("folded", _EXACT, nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("email", _EXACT, nullable=False),
        sa.Column("email_folded", _EXACT, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded"),
    )
    op.create_index("accounts_by_email", "accounts", ["email_folded"], unique=False)
    _belonging(
        "sessions",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("seen", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.UniqueConstraint("hash"),
    )
    _belonging(
        "passkeys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("credential", _EXACT, nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("count", _NUMBER, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("used", sa.String(length=32), nullable=True),
        sa.UniqueConstraint("credential"),
    )
    _belonging(
        "api_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("used", sa.String(length=32), nullable=True),
        sa.Column("expires", sa.String(length=32), nullable=True),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", _EXACT, nullable=False),
        sa.Column("subject", _EXACT, nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sqlite_with_rowid=False,
    )
    op.create_index("identities_by_account", "identities", ["account_id"], unique=False)
    _belonging(
        "tickets",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account_id", _NUMBER, nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("email", _EXACT, nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=False),
        sa.Column("used", sa.String(length=32), nullable=True),
        sa.UniqueConstraint("hash"),
    )
    kept = op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    owner = {"id": 1, "name": "owner", "folded": "owner", "shown": "The owner", "role": "admin"}
    empty = {"email": "", "email_folded": "", "confirmed": False, "zone": "", "password": ""}
    op.bulk_insert(accounts, [{**owner, **empty, "created": now, "disabled": False, "gone": False}])
    op.bulk_insert(kept, [{"name": "signing", "value": secrets.token_urlsafe(32)}])


def _belonging(name: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    """A table whose rows belong to an account."""
    op.create_table(
        name,
        *columns,
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"{name}_by_account", name, ["account_id"], unique=False)
