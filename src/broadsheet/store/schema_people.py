"""The tables of people: who is here, how they come in, what they were given to come in with.

    accounts ──┬─< sessions      a browser that is signed in
               ├─< passkeys      the public halves; the private ones never leave their devices
               ├─< api_keys      for programs, with scopes
               ├─< identities    who they are at another house (OpenID Connect, a proxy)
               └─< tickets       links that work once: invitations, resets, confirmations of an address
    secrets                      what this house signs with

Passwords, sessions, keys and tickets are kept as hashes: who reads the tables cannot come in with what is
there. An account is never removed, so that its number is never somebody else's; who goes
leaves it empty.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from broadsheet.store.schema import metadata

_Exact = Text().with_variant(Text(collation="C"), "postgresql")
_Number = BigInteger().with_variant(Integer(), "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("name", _Exact, nullable=False),
    Column("folded", _Exact, nullable=False, unique=True, doc="the name, as names are compared"),
    Column("shown", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("email", _Exact, nullable=False),
    Column("email_folded", _Exact, nullable=False),
    Column("confirmed", Boolean, nullable=False, doc="somebody has answered from that address"),
    Column("zone", String(64), nullable=False),
    Column("password", Text, nullable=False, doc="an argon2 hash, or ''"),
    Column("created", String(32), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False, doc="deleted: an empty place"),
    Index("accounts_by_email", "email_folded"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(16), primary_key=True, doc="names it in lists; opens nothing"),
    Column("hash", String(64), nullable=False, unique=True),
    Column("account_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("method", String(16), nullable=False, doc="password, passkey, oidc, link"),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created", String(32), nullable=False),
    Column("seen", String(32), nullable=False),
    Column("expires", String(32), nullable=False),
    Index("sessions_by_account", "account_id"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("credential", _Exact, nullable=False, unique=True, doc="base64url"),
    Column("account_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("public_key", Text, nullable=False, doc="COSE, base64url"),
    Column("count", _Number, nullable=False, doc="signatures made, by the device's own counting"),
    Column("label", Text, nullable=False),
    Column("created", String(32), nullable=False),
    Column("used", String(32)),
    Index("passkeys_by_account", "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("account_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("scopes", Text, nullable=False, doc="words, a space between"),
    Column("created", String(32), nullable=False),
    Column("used", String(32)),
    Column("expires", String(32)),
    Index("api_keys_by_account", "account_id"),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", _Exact, primary_key=True),
    Column("subject", _Exact, primary_key=True),
    Column("account_id", _Number, ForeignKey("accounts.id"), nullable=False),
    Column("created", String(32), nullable=False),
    Index("identities_by_account", "account_id"),
    sqlite_with_rowid=False,
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False, doc="invitation, reset, confirm"),
    Column(
        "account_id",
        _Number,
        ForeignKey("accounts.id"),
        doc="whose door; of an invitation, who gave it",
    ),
    Column("role", String(10), nullable=False),
    Column("email", _Exact, nullable=False),
    Column("created", String(32), nullable=False),
    Column("expires", String(32), nullable=False),
    Column("used", String(32)),
    Index("tickets_by_account", "account_id"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", Text, nullable=False),
)
