"""Accounts: who is here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from broadsheet.exceptions import AccountNotFoundError, NameTakenError
from broadsheet.readers import OWNER, Reader, Role, folded
from broadsheet.store import changes, documents
from broadsheet.store import schema_people as schema
from broadsheet.store.database import Database

_A: Final = schema.accounts.c
_OTHERS_SEE: Final = frozenset({"name", "shown", "role", "disabled", "gone"})

_FRESH: Final = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Account:
    """A reader, with what only the door needs to know.

    password: an argon2 hash, or ''. confirmed: somebody answered from the address.
    gone: deleted, an empty place.
    """

    reader: Reader
    email: str
    password: str
    confirmed: bool
    created: datetime
    disabled: bool
    gone: bool

    @property
    def open(self) -> bool:
        """Whether somebody may come in with it."""
        return not (self.disabled or self.gone)


class Accounts:
    """The accounts of a store. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._secret: tuple[float, str] | None = None

    def account(self, number: int) -> Account:
        """The account of that number, empty places too. Raises AccountNotFoundError."""
        with self.database.reading() as connection:
            return _one(connection, _A.id == number, str(number))

    def named(self, name: str) -> Account:
        """The account of that name, in any letter case; an empty place has none.

        Raises AccountNotFoundError.
        """
        with self.database.reading() as connection:
            return _one(connection, (_A.folded == folded(name)) & _A.gone.is_(False), name)

    def addressed(self, email: str) -> list[Account]:
        """The accounts with a confirmed address, in any letter case."""
        if not email.strip():
            return []
        wanted = (_A.email_folded == folded(email)) & _A.confirmed.is_(True) & _A.gone.is_(False)
        with self.database.reading() as connection:
            return [
                _account(row)
                for row in connection.execute(select(schema.accounts).where(wanted).order_by(_A.id))
            ]

    def every(self) -> list[Account]:
        """All accounts that are not empty places, by number."""
        with self.database.reading() as connection:
            rows = connection.execute(select(schema.accounts).where(_A.gone.is_(False)).order_by(_A.id)).all()
        return [_account(row) for row in rows]

    def create(
        self,
        name: str,
        role: Role,
        *,
        shown: str = "",
        email: str = "",
        confirmed: bool = False,
        password: str = "",
    ) -> Account:
        """Make an account; `password` is a hash, or '' for one that cannot be signed in to with any.

        Raises NameTakenError.
        """
        with self.database.writing() as connection:
            if connection.scalar(select(_A.id).where(_A.folded == folded(name))) is not None:
                raise NameTakenError(name)
            number = (connection.scalar(select(func.max(_A.id))) or 0) + 1
            values: dict[str, Any] = {
                "id": number,
                "name": name,
                "folded": folded(name),
                "shown": shown or name,
                "role": role.value,
                "email": email,
                "email_folded": folded(email),
                "confirmed": confirmed,
                "zone": "",
                "password": password,
                "created": documents.now(),
                "disabled": False,
                "gone": False,
            }
            connection.execute(insert(schema.accounts), [values])
            return _one(connection, _A.id == number, name)

    def change(self, number: int, **values: Any) -> Account:
        """Change fields of an account: name, shown, role, email, confirmed, zone, password, disabled.

        Raises AccountNotFoundError, NameTakenError.
        """
        given = {name: value.value if isinstance(value, Role) else value for name, value in values.items()}
        with self.database.writing() as connection:
            if "name" in given:
                given["folded"] = folded(given["name"])
                taken = (_A.folded == given["folded"]) & (_A.id != number)
                if connection.scalar(select(_A.id).where(taken)) is not None:
                    raise NameTakenError(given["name"])
            if "email" in given:
                given["email_folded"] = folded(given["email"])
            done = connection.execute(
                update(schema.accounts).where(_A.id == number, _A.gone.is_(False)).values(**given)
            )
            if not done.rowcount:
                raise AccountNotFoundError(str(number))
            if _OTHERS_SEE & given.keys():
                changes.touch(connection)
            return _one(connection, _A.id == number, str(number))

    def empty(self, number: int) -> None:
        """Take everything from an account but its number, and every way to come in with it.

        Raises AccountNotFoundError.
        """
        blank = {
            "name": f"gone-{number}",
            "folded": f"gone-{number}",
            "shown": "Somebody who left",
            "role": Role.READER.value,
            "email": "",
            "email_folded": "",
            "confirmed": False,
            "zone": "",
            "password": "",
            "disabled": True,
            "gone": True,
        }
        with self.database.writing() as connection:
            _one(connection, (_A.id == number) & _A.gone.is_(False), str(number))
            for table in (
                schema.sessions,
                schema.passkeys,
                schema.api_keys,
                schema.identities,
                schema.tickets,
            ):
                connection.execute(delete(table).where(table.c.account_id == number))
            connection.execute(update(schema.accounts).where(_A.id == number).values(**blank))
            changes.touch(connection)

    def admins(self) -> int:
        """How many admins may come in."""
        wanted = (_A.role == Role.ADMIN.value) & _A.disabled.is_(False) & _A.gone.is_(False)
        with self.database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(schema.accounts).where(wanted)) or 0

    def secret(self) -> str:
        """What this house signs with; the same for as long as the store lives, backups included.

        Looked up again every second: another house's backup that is restored brings its own.
        """
        kept = self._secret
        if kept is not None and time.monotonic() - kept[0] < _FRESH:
            return kept[1]
        s = schema.secrets.c
        with self.database.reading() as connection:
            found: str | None = connection.scalar(select(s.value).where(s.name == "signing"))
        if not found:
            raise AccountNotFoundError("the signing secret")
        self._secret = time.monotonic(), found
        return found

    def owner(self) -> Account:
        """The account of who runs the machine."""
        return self.account(OWNER)


def _one(connection: Connection, wanted: ColumnElement[bool], reference: str) -> Account:
    row = connection.execute(select(schema.accounts).where(wanted)).first()
    if row is None:
        raise AccountNotFoundError(reference)
    return _account(row)


def _account(row: Row[Any]) -> Account:
    email = row.email if row.confirmed else ""
    return Account(
        reader=Reader(row.id, row.name, row.shown, Role(row.role), email, row.zone),
        email=row.email,
        password=row.password,
        confirmed=row.confirmed,
        created=documents.moment(row.created),
        disabled=row.disabled,
        gone=row.gone,
    )
