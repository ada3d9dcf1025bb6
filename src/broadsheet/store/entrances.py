"""How readers come in: sessions of browsers, keys of programs, passkeys, identities at other houses.

What opens a door is known here by its SHA-256 alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, bindparam, delete, insert, select, update

from broadsheet.readers import Reader, Role
from broadsheet.store import documents
from broadsheet.store import schema_people as schema
from broadsheet.store.database import Database

_A: Final = schema.accounts.c
_S: Final = schema.sessions.c
_P: Final = schema.passkeys.c
_K: Final = schema.api_keys.c
_I: Final = schema.identities.c
_OPEN: Final = _A.disabled.is_(False) & _A.gone.is_(False)
_READER: Final = (_A.id.label("reader_id"), _A.name, _A.shown, _A.role, _A.email, _A.confirmed, _A.zone)

# Every request of somebody who is signed in asks this.
_BY_SESSION: Final = (
    select(*_READER, *schema.sessions.c)
    .join(schema.sessions, _S.account_id == _A.id)
    .where(_S.hash == bindparam("hash"), _S.expires > bindparam("now"), _OPEN)
)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. method: password, passkey, oidc, link. agent: what it calls itself."""

    id: str
    method: str
    agent: str
    address: str
    created: datetime
    seen: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Passkey:
    """The public half of a passkey. count: signatures its device says it made. credential: base64url."""

    id: str
    account_id: int
    credential: str
    public_key: str
    count: int
    label: str
    created: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program, without what opens the door."""

    id: str
    label: str
    scopes: frozenset[str]
    created: datetime
    used: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a reader is at another house."""

    issuer: str
    subject: str
    created: datetime


def digest(token: str) -> str:
    """What is kept of a token; a token has 256 random bits, so one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class Entrances:
    """The ways in of a store's accounts. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # Sessions

    def open_session(
        self, account_id: int, token: str, *, method: str, agent: str, address: str, expires: datetime
    ) -> str:
        """Keep a session; returns its id, which opens nothing."""
        now = documents.now()
        row: dict[str, Any] = {
            "id": secrets.token_urlsafe(9),
            "hash": digest(token),
            "account_id": account_id,
            "method": method,
            "agent": agent[:300],
            "address": address[:64],
            "created": now,
            "seen": now,
            "expires": documents.instant(expires),
        }
        with self.database.writing() as connection:
            connection.execute(delete(schema.sessions).where(_S.expires < now))
            connection.execute(insert(schema.sessions), [row])
        return str(row["id"])

    def by_session(self, token: str) -> tuple[Reader, Session] | None:
        """Who is signed in with a token, unless it has expired or the account is closed."""
        asked = {"hash": digest(token), "now": documents.now()}
        with self.database.reading() as connection:
            row = connection.execute(_BY_SESSION, asked).first()
        return (_reader(row), _session(row)) if row else None

    def seen(self, session_id: str, address: str, expires: datetime) -> None:
        """A session was used, just now."""
        values = {"seen": documents.now(), "address": address[:64], "expires": documents.instant(expires)}
        with self.database.writing() as connection:
            connection.execute(update(schema.sessions).where(_S.id == session_id).values(**values))

    def sessions(self, account_id: int) -> list[Session]:
        """The sessions of an account that have not expired, the latest used first."""
        query = select(schema.sessions).where(_S.account_id == account_id, _S.expires > documents.now())
        with self.database.reading() as connection:
            return [_session(row) for row in connection.execute(query.order_by(_S.seen.desc()))]

    def close_session(self, account_id: int, session_id: str) -> bool:
        """End a session of an account; whether there was one."""
        return self._remove(schema.sessions, (_S.id == session_id) & (_S.account_id == account_id))

    def close_sessions(self, account_id: int, *, but: str = "") -> None:
        """End every session of an account, but one."""
        self._remove(schema.sessions, (_S.account_id == account_id) & (_S.id != but))

    # Keys of programs

    def add_key(
        self, account_id: int, token: str, label: str, scopes: frozenset[str], expires: datetime | None
    ) -> str:
        """Keep a key; returns its id."""
        row: dict[str, Any] = {
            "id": secrets.token_urlsafe(9),
            "hash": digest(token),
            "account_id": account_id,
            "label": label,
            "scopes": " ".join(sorted(scopes)),
            "created": documents.now(),
            "used": None,
            "expires": documents.instant(expires) if expires else None,
        }
        with self.database.writing() as connection:
            connection.execute(insert(schema.api_keys), [row])
        return str(row["id"])

    def by_key(self, token: str) -> tuple[Reader, ApiKey] | None:
        """Whose key that is, unless it has expired or the account is closed."""
        now = documents.now()
        query = (
            select(*_READER, *schema.api_keys.c)
            .join(schema.api_keys, _K.account_id == _A.id)
            .where(_K.hash == digest(token), _OPEN, (_K.expires.is_(None)) | (_K.expires > now))
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return (_reader(row), _key(row)) if row else None

    def key_used(self, key_id: str) -> None:
        """A key was used, just now."""
        with self.database.writing() as connection:
            connection.execute(update(schema.api_keys).where(_K.id == key_id).values(used=documents.now()))

    def keys(self, account_id: int) -> list[ApiKey]:
        """The keys of an account, the newest first."""
        query = select(schema.api_keys).where(_K.account_id == account_id).order_by(_K.created.desc())
        with self.database.reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    def remove_key(self, account_id: int, key_id: str) -> bool:
        """Take a key away; whether there was one."""
        return self._remove(schema.api_keys, (_K.id == key_id) & (_K.account_id == account_id))

    # Passkeys

    def add_passkey(self, account_id: int, credential: str, public_key: str, count: int, label: str) -> bool:
        """Keep a passkey; False if it is here already."""
        row: dict[str, Any] = {
            "id": secrets.token_urlsafe(9),
            "credential": credential,
            "account_id": account_id,
            "public_key": public_key,
            "count": count,
            "label": label,
            "created": documents.now(),
            "used": None,
        }
        with self.database.writing() as connection:
            if connection.scalar(select(_P.id).where(_P.credential == credential)) is not None:
                return False
            connection.execute(insert(schema.passkeys), [row])
        return True

    def by_passkey(self, credential: str) -> tuple[Reader, Passkey] | None:
        """Whose passkey that is, unless the account is closed."""
        query = (
            select(*_READER, *schema.passkeys.c)
            .join(schema.passkeys, _P.account_id == _A.id)
            .where(_P.credential == credential, _OPEN)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return (_reader(row), _passkey(row)) if row else None

    def passkey_used(self, passkey_id: str, count: int) -> None:
        """A passkey was used, just now, and its device has counted so far."""
        with self.database.writing() as connection:
            connection.execute(
                update(schema.passkeys).where(_P.id == passkey_id).values(used=documents.now(), count=count)
            )

    def passkeys(self, account_id: int) -> list[Passkey]:
        """The passkeys of an account, the newest first."""
        query = select(schema.passkeys).where(_P.account_id == account_id).order_by(_P.created.desc())
        with self.database.reading() as connection:
            return [_passkey(row) for row in connection.execute(query)]

    def remove_passkey(self, account_id: int, passkey_id: str) -> bool:
        """Take a passkey away; whether there was one."""
        return self._remove(schema.passkeys, (_P.id == passkey_id) & (_P.account_id == account_id))

    # Identities

    def by_identity(self, issuer: str, subject: str) -> tuple[Reader, bool] | None:
        """Who somebody at another house is here, and whether they may come in."""
        query = (
            select(*_READER, _OPEN.label("open"))
            .join(schema.identities, _I.account_id == _A.id)
            .where(_I.issuer == issuer, _I.subject == subject)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return (_reader(row), bool(row.open)) if row else None

    def add_identity(self, account_id: int, issuer: str, subject: str) -> bool:
        """Keep who an account is at another house; False if that is somebody's already."""
        row = {"issuer": issuer, "subject": subject, "account_id": account_id, "created": documents.now()}
        with self.database.writing() as connection:
            taken = select(_I.account_id).where(_I.issuer == issuer, _I.subject == subject)
            if connection.scalar(taken) is not None:
                return False
            connection.execute(insert(schema.identities), [row])
        return True

    def identities(self, account_id: int) -> list[Identity]:
        """Who an account is elsewhere."""
        query = select(schema.identities).where(_I.account_id == account_id).order_by(_I.issuer, _I.subject)
        with self.database.reading() as connection:
            return [
                Identity(row.issuer, row.subject, documents.moment(row.created))
                for row in connection.execute(query)
            ]

    def remove_identity(self, account_id: int, issuer: str) -> bool:
        """Forget who an account is at a house; whether it was known."""
        return self._remove(schema.identities, (_I.issuer == issuer) & (_I.account_id == account_id))

    def _remove(self, table: Table, wanted: ColumnElement[bool]) -> bool:
        with self.database.writing() as connection:
            return bool(connection.execute(delete(table).where(wanted)).rowcount)


def _reader(row: Row[Any]) -> Reader:
    email = row.email if row.confirmed else ""
    return Reader(row.reader_id, row.name, row.shown, Role(row.role), email, row.zone)


def _session(row: Row[Any]) -> Session:
    moments = (documents.moment(text) for text in (row.created, row.seen, row.expires))
    return Session(row.id, row.method, row.agent, row.address, *moments)


def _passkey(row: Row[Any]) -> Passkey:
    used = documents.moment(row.used) if row.used else None
    return Passkey(
        row.id,
        row.account_id,
        row.credential,
        row.public_key,
        row._mapping["count"],
        row.label,
        documents.moment(row.created),
        used,
    )


def _key(row: Row[Any]) -> ApiKey:
    used, expires = (documents.moment(text) if text else None for text in (row.used, row.expires))
    scopes = frozenset(row.scopes.split())
    return ApiKey(row.id, row.label, scopes, documents.moment(row.created), used, expires)
