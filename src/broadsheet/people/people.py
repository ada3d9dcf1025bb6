"""The facet of the house that knows who reads."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import asdict
from functools import cached_property
from typing import Any, Final, Protocol

from itsdangerous import URLSafeTimedSerializer

from broadsheet.config import Settings
from broadsheet.exceptions import AccountNotFoundError, PeopleError
from broadsheet.readers import OWNER, Reader, Role, is_email, is_name, tidy
from broadsheet.store import Store

_FRESH: Final = 5.0  # seconds for which the owner is taken to be who they were


class ThingsOfReaders(Protocol):
    """A room that keeps what readers made, so that they can take it along and have it removed."""

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """Everything the reader made, as JSON values."""
        ...

    def forget(self, reader_id: int) -> None:
        """Remove it; what others need to make sense of their own stays, without a name and without words."""
        ...


class People:
    """The readers of a house.

    things: name → who else keeps things of readers; the house fills it.
    """

    def __init__(self, store: Store, config: Settings) -> None:
        self.store = store
        self.settings = config
        self.things: dict[str, ThingsOfReaders] = {}
        self._owner: tuple[float, Reader] | None = None

    # Who there is

    def owner(self) -> Reader:
        """Who runs the machine; in single-reader mode this is everybody."""
        now = time.monotonic()
        kept = self._owner
        if kept is None or now - kept[0] > _FRESH:
            kept = self._owner = (now, self.store.accounts.owner().reader)
        return kept[1]

    def reader(self, number: int) -> Reader:
        """The reader of that number; who left is still there, without a name.

        Raises AccountNotFoundError.
        """
        return self.store.accounts.account(number).reader

    def named(self, name: str) -> Reader:
        """The reader of that name, in any letter case. Raises AccountNotFoundError."""
        return self.store.accounts.named(name).reader

    def create(
        self,
        name: str,
        *,
        role: Role = Role.READER,
        shown: str = "",
        email: str = "",
        confirmed: bool = False,
    ) -> Reader:
        """Make an account that nobody can come in with yet.

        Raises PeopleError for a name or an address that cannot be one, NameTakenError.
        """
        if not is_name(name) or name.casefold().startswith("gone-"):
            raise PeopleError(
                f"{name!r} cannot be a name: it has 1 to 40 letters a-z, digits, and - or _ inside"
            )
        if email and not is_email(email):
            raise PeopleError(f"{email!r} is no address of mail")
        account = self.store.accounts.create(
            name, role, shown=tidy(shown), email=email, confirmed=confirmed and bool(email)
        )
        return account.reader

    # What they take along

    def export(self, reader: Reader) -> dict[str, Any]:
        """Everything a reader made and everything kept about them, as JSON values, room by room."""
        account = self.store.accounts.account(reader.id)
        about = {**asdict(reader), "email": account.email, "created": account.created.isoformat()}
        return {"account": about, **{name: room.of_reader(reader.id) for name, room in self.things.items()}}

    def delete(self, reader: Reader) -> None:
        """Remove an account and everything that is the reader's own. It cannot be undone.

        Raises PeopleError for the owner of the machine and for the last admin.
        """
        if reader.id == OWNER:
            raise PeopleError("the account of the machine's owner stays; it can be disabled")
        account = self.store.accounts.account(reader.id)
        if account.gone:
            raise AccountNotFoundError(reader.name)
        if account.reader.role is Role.ADMIN and account.open and self.store.accounts.admins() < 2:
            raise PeopleError("the last admin cannot leave; make another reader one first")
        for room in self.things.values():
            room.forget(reader.id)
        self.store.accounts.empty(reader.id)

    # What is signed here

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """Signs and reads small values in addresses; what was signed for one purpose is void for another."""
        return URLSafeTimedSerializer(self._secret, salt=f"broadsheet.{purpose}")

    def key(self, purpose: str) -> bytes:
        """Thirty-two bytes to sign with for one purpose."""
        return hmac.new(self._secret.encode(), purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def _secret(self) -> str:
        return self.store.accounts.secret()
