"""Links that work once: invitations, new passwords, confirmations of an address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, update

from broadsheet.readers import Role
from broadsheet.store import documents
from broadsheet.store import schema_people as schema
from broadsheet.store.database import Database
from broadsheet.store.entrances import digest

_T: Final = schema.tickets.c


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link that works once.

    kind: invitation, reset, confirm. account_id: whose door it opens; of an invitation, who gave it.
    email: where it was sent, or ''. role: what an invitation makes one.
    """

    id: str
    kind: str
    account_id: int | None
    role: Role
    email: str
    created: datetime
    expires: datetime
    used: datetime | None


class Tickets:
    """The tickets of a store. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def issue(
        self,
        kind: str,
        token: str,
        expires: datetime,
        *,
        account_id: int | None = None,
        role: Role = Role.READER,
        email: str = "",
    ) -> Ticket:
        """Keep a new ticket."""
        row = {
            "id": secrets.token_urlsafe(9),
            "hash": digest(token),
            "kind": kind,
            "account_id": account_id,
            "role": role.value,
            "email": email,
            "created": documents.now(),
            "expires": documents.instant(expires),
            "used": None,
        }
        with self.database.writing() as connection:
            connection.execute(insert(schema.tickets), [row])
            return _ticket(connection.execute(select(schema.tickets).where(_T.id == row["id"])).one())

    def find(self, kind: str, token: str) -> Ticket | None:
        """The ticket, if it was not used and has not expired; it stays good."""
        query = select(schema.tickets).where(
            _T.hash == digest(token), _T.kind == kind, _T.used.is_(None), _T.expires > documents.now()
        )
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        return _ticket(row) if row else None

    def use(self, kind: str, token: str) -> Ticket | None:
        """The same, used up by this: of two who come at once, one gets it."""
        now = documents.now()
        wanted = (_T.hash == digest(token)) & (_T.kind == kind) & _T.used.is_(None) & (_T.expires > now)
        with self.database.writing() as connection:
            row = connection.execute(select(schema.tickets).where(wanted)).first()
            if row is None:
                return None
            connection.execute(update(schema.tickets).where(_T.id == row.id).values(used=now))
            return _ticket(row)

    def restore(self, ticket_id: str) -> None:
        """What a ticket was used for did not happen: it is good again."""
        with self.database.writing() as connection:
            connection.execute(update(schema.tickets).where(_T.id == ticket_id).values(used=None))

    def waiting(self, kind: str) -> list[Ticket]:
        """The tickets of a kind that can still be used, the newest first."""
        query = select(schema.tickets).where(_T.kind == kind, _T.used.is_(None), _T.expires > documents.now())
        with self.database.reading() as connection:
            return [_ticket(row) for row in connection.execute(query.order_by(_T.created.desc()))]

    def withdraw(self, ticket_id: str) -> bool:
        """Take a ticket back; whether there was one."""
        with self.database.writing() as connection:
            return bool(connection.execute(delete(schema.tickets).where(_T.id == ticket_id)).rowcount)

    def withdraw_all(self, kind: str, account_id: int) -> None:
        """Take back every ticket of a kind that opens an account's door."""
        with self.database.writing() as connection:
            connection.execute(delete(schema.tickets).where(_T.kind == kind, _T.account_id == account_id))


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        row.id,
        row.kind,
        row.account_id,
        Role(row.role),
        row.email,
        documents.moment(row.created),
        documents.moment(row.expires),
        documents.moment(row.used) if row.used else None,
    )
