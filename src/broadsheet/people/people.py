"""The facet of the house that knows who reads."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import available_timezones

from itsdangerous import URLSafeTimedSerializer

from broadsheet.config import Settings
from broadsheet.exceptions import AccountNotFoundError, PeopleError
from broadsheet.people.keys import Keys
from broadsheet.people.limits import Limiter
from broadsheet.readers import OWNER, Reader, Role, checked_name, folded, is_email, tidy
from broadsheet.store import Store
from broadsheet.store.accounts import Account

if TYPE_CHECKING:
    from broadsheet.people.door import Door
    from broadsheet.people.elsewhere import Elsewhere
    from broadsheet.people.links import Links
    from broadsheet.people.passkeys import Passkeys

_FRESH: Final = 5.0  # seconds for which the owner is taken to be who they were


class ThingsOfReaders(Protocol):
    """A room that keeps what readers made, so that they can take it along and have it removed."""

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """Everything the reader made, as JSON values."""
        ...

    def forget(self, reader_id: int) -> None:
        """Remove it; what others need to make sense of their own stays, without a name and without words."""
        ...


class Post(Protocol):
    """What carries letters."""

    def send_plain(self, to: str, subject: str, text: str) -> object:
        """Send a letter of plain text, some time soon."""
        ...


class People:
    """The readers of a house.

    things: name → who else keeps things of readers. post: what carries letters; None where mail is not set
    up. The house sets both. tries: the file in which processes count together how often something was tried.
    """

    def __init__(self, store: Store, config: Settings, tries: Path | None = None) -> None:
        self.store = store
        self.settings = config
        self.things: dict[str, ThingsOfReaders] = {}
        self.post: Post | None = None
        self.limiter = Limiter(tries)
        self._owner: tuple[float, Reader] | None = None

    # The ways in; what each needs is imported when somebody comes

    @cached_property
    def door(self) -> Door:
        """Coming in with a password, and staying signed in."""
        from broadsheet.people.door import Door

        return Door(self.store, self.key, self.settings.session_days, self.limiter)

    @cached_property
    def links(self) -> Links:
        """Invitations, new passwords, confirmed addresses."""
        from broadsheet.people.links import Links

        return Links(self.store, self.settings.title, self.limiter, self.post)

    @cached_property
    def passkeys(self) -> Passkeys:
        """Coming in with a device."""
        from broadsheet.people.passkeys import Passkeys

        return Passkeys(self.store, self.signer, self.settings.title, self.limiter)

    @cached_property
    def keys(self) -> Keys:
        """Keys for programs."""
        return Keys(self.store)

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """Coming in with what another house knows: OpenID Connect, a proxy."""
        from broadsheet.people.elsewhere import Elsewhere

        return Elsewhere(self)

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
        checked_name(name)
        if email and not is_email(email):
            raise PeopleError(f"{email!r} is no address of mail")
        account = self.store.accounts.create(
            name, role, shown=tidy(shown), email=email, confirmed=confirmed and bool(email)
        )
        return account.reader

    def somebody_can_enter(self) -> bool:
        """Whether there is an admin with a way to come in, or another house that knows one."""
        if self.settings.proxy_header or self.settings.oidc_issuer:
            return True
        return any(
            account.password or self.store.entrances.passkeys(account.reader.id)
            for account in self.store.accounts.every()
            if account.open and account.reader.role is Role.ADMIN
        )

    def join(self, name: str, password: str) -> Reader:
        """Become a reader, where everybody may. Raises PeopleError, NameTakenError."""
        from broadsheet.people import passwords

        passwords.check(password, checked_name(name))
        kept = passwords.hashed(password)
        return self.store.accounts.create(name, Role.READER, password=kept).reader

    # What they are like

    def describe(self, reader: Reader, *, shown: str | None = None, zone: str | None = None) -> Reader:
        """How a reader is shown to others, and in which zone the days are. Raises PeopleError."""
        given: dict[str, Any] = {}
        if shown is not None:
            given["shown"] = tidy(shown) or reader.name
        if zone is not None:
            if zone and zone not in available_timezones():
                raise PeopleError(f"not a time zone: {zone[:60]!r}; want a name such as Europe/Berlin")
            given["zone"] = zone
        self._owner = None
        return self.store.accounts.change(reader.id, **given).reader if given else reader

    def rename(self, reader: Reader, name: str) -> Reader:
        """Call a reader by another name. Raises PeopleError, NameTakenError."""
        self._owner = None
        return self.store.accounts.change(reader.id, name=checked_name(name)).reader

    def give_role(self, reader: Reader, role: Role) -> Reader:
        """Make somebody a reader, a curator or an admin. Raises PeopleError where no admin would be left."""
        if role is not Role.ADMIN:
            self._keep_an_admin(reader)
        return self.store.accounts.change(reader.id, role=role).reader

    def disable(self, reader: Reader, disabled: bool = True) -> None:
        """Let somebody in no more (and sign every browser out), or again. Raises PeopleError."""
        if disabled:
            self._keep_an_admin(reader)
        self.store.accounts.change(reader.id, disabled=disabled)
        if disabled:
            self.store.entrances.close_sessions(reader.id)

    def change_password(self, reader: Reader, old: str, new: str) -> None:
        """Choose a new password; every browser is signed out. Raises PeopleError."""
        from broadsheet.people import passwords

        account = self.store.accounts.account(reader.id)
        self._prove(account, old)
        passwords.check(new, reader.name, account.email)
        self.store.accounts.change(reader.id, password=passwords.hashed(new))
        self.store.entrances.close_sessions(reader.id)

    def check_email(self, email: str) -> None:
        """Raise PeopleError for what cannot be an address of mail."""
        if not is_email(email):
            raise PeopleError(f"{email[:100]!r} is no address of mail")

    def check_it_is(self, reader: Reader, name: str, password: str) -> None:
        """Raise PeopleError unless the reader has typed the name, and the password where there is one."""
        if folded(name) != folded(reader.name):
            raise PeopleError(f"please type {reader.name!r}, so that this is no slip")
        self._prove(self.store.accounts.account(reader.id), password)

    def check_way_in(self, reader: Reader, *, without: str) -> None:
        """Raise PeopleError where the last `passkey` or `elsewhere` is the only way into the account."""
        account = self.store.accounts.account(reader.id)
        ways = {
            "password": bool(account.password),
            "passkey": bool(self.store.entrances.passkeys(reader.id)),
            "elsewhere": bool(self.store.entrances.identities(reader.id)),
        }
        more = without == "passkey" and len(self.store.entrances.passkeys(reader.id)) > 1
        if not more and not any(there for way, there in ways.items() if way != without):
            raise PeopleError("that is the last way into this account; choose a password first")

    def _prove(self, account: Account, password: str) -> None:
        from broadsheet.people import passwords
        from broadsheet.people.door import FROM_DEVICE

        if not account.password:
            return
        self.limiter.check(FROM_DEVICE, "prove", str(account.reader.id))
        if not passwords.matches(account.password, password[: passwords.LONGEST]):
            self.limiter.count(FROM_DEVICE, "prove", str(account.reader.id))
            raise PeopleError("that is not the password of this account")

    def _keep_an_admin(self, reader: Reader) -> None:
        account = self.store.accounts.account(reader.id)
        if account.reader.role is Role.ADMIN and account.open and self.store.accounts.admins() < 2:
            raise PeopleError("somebody has to be admin; make another reader one first")

    # What they take along

    def export(self, reader: Reader) -> dict[str, Any]:
        """Everything a reader made and everything kept about them, as JSON values, room by room."""
        account = self.store.accounts.account(reader.id)
        about = {**asdict(reader), "email": account.email, "created": account.created.isoformat()}
        entrances = self.store.entrances
        ways = {
            "sessions": [asdict(session) for session in entrances.sessions(reader.id)],
            "passkeys": [
                {"label": key.label, "created": key.created, "used": key.used}
                for key in entrances.passkeys(reader.id)
            ],
            "keys": [{**asdict(key), "scopes": sorted(key.scopes)} for key in entrances.keys(reader.id)],
            "elsewhere": [asdict(identity) for identity in entrances.identities(reader.id)],
        }
        return {
            "account": about,
            **_plain(ways),
            **{name: room.of_reader(reader.id) for name, room in self.things.items()},
        }

    def delete(self, reader: Reader) -> None:
        """Remove an account and everything that is the reader's own. It cannot be undone.

        Raises PeopleError for the owner of the machine and for the last admin.
        """
        if reader.id == OWNER:
            raise PeopleError("the account of the machine's owner stays; it can be disabled")
        account = self.store.accounts.account(reader.id)
        if account.gone:
            raise AccountNotFoundError(reader.name)
        self._keep_an_admin(reader)
        for room in self.things.values():
            room.forget(reader.id)
        self.store.accounts.empty(reader.id)

    # What is signed here

    def signer(self, purpose: str) -> URLSafeTimedSerializer:
        """Signs and reads small values in addresses; what was signed for one purpose is void for another."""
        return URLSafeTimedSerializer(self.store.accounts.secret(), salt=f"broadsheet.{purpose}")

    def key(self, purpose: str) -> bytes:
        """Thirty-two bytes to sign with for one purpose."""
        return hmac.new(self.store.accounts.secret().encode(), purpose.encode(), hashlib.sha256).digest()


def _plain(value: Any) -> Any:
    """A value as JSON has it: moments become text."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
