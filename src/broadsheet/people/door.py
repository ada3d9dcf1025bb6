"""Coming in with a password, and staying signed in."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from broadsheet.exceptions import AccountNotFoundError, SignInError
from broadsheet.people import passwords
from broadsheet.people.limits import Limit, Limiter, network
from broadsheet.readers import Reader, folded
from broadsheet.store import Store
from broadsheet.store.accounts import Account
from broadsheet.store.entrances import Session

FROM_NETWORK: Final = Limit(30, 900)  # wrong passwords of one network, whomever they were for
FOR_NAME: Final = Limit(6, 900)  # wrong passwords of one network for one name
FROM_DEVICE: Final = Limit(
    10, 900
)  # wrong passwords from a browser that is known, for the name it is known for
_SEEN: Final = timedelta(hours=1)  # how stale `seen` may be; a page is no reason to write
WRONG: Final = "That name and that password do not go together."

log = logging.getLogger("broadsheet.people")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the door, as far as one can tell.

    address: numeric. agent: what the browser calls itself. device: what `Door.device` gave it earlier, or ''.
    """

    address: str
    agent: str = ""
    device: str = ""


class Door:
    """Lets readers in by password, and knows who is in."""

    def __init__(
        self,
        store: Store,
        key: Callable[[str], bytes],
        days: int,
        limiter: Limiter | None = None,
    ) -> None:
        self.store = store
        self.limiter = limiter or Limiter()
        self._key = key
        self._stay = timedelta(days=days)

    def with_password(self, name: str, password: str, visitor: Visitor) -> Reader:
        """Who comes in with that name (or confirmed address) and password.

        Raises SignInError, in the same words and after the same time whether there is such an account or not;
        TooOftenError.
        """
        account = self._account(name)
        tally = self._tally(name, account, visitor)
        for limit, *key in tally:
            self.limiter.check(limit, *key)
        kept = account.password if account and account.open else ""
        if not passwords.matches(kept, password[: passwords.LONGEST]):
            for limit, *key in tally:
                self.limiter.count(limit, *key)
            log.info("a wrong password from %s", network(visitor.address))
            raise SignInError(WRONG)
        assert account
        self.limiter.forgive(*tally[-1][1:])
        if passwords.is_outdated(kept):
            self.store.accounts.change(account.reader.id, password=passwords.hashed(password))
        return account.reader

    def device(self, reader: Reader) -> str:
        """What makes a browser known as one in which that reader was signed in."""
        mark = secrets.token_urlsafe(9)
        return f"{mark}.{self._seal(reader.id, mark)}"

    def open(self, reader: Reader, method: str, visitor: Visitor) -> str:
        """Sign a browser in; returns the token that its cookie holds."""
        token = secrets.token_urlsafe(32)
        self.store.entrances.open_session(
            reader.id,
            token,
            method=method,
            agent=visitor.agent,
            address=visitor.address,
            expires=datetime.now(UTC) + self._stay,
        )
        log.info("reader %d signed in by %s from %s", reader.id, method, network(visitor.address))
        return token

    def inside(self, token: str, visitor: Visitor) -> tuple[Reader, Session] | None:
        """Who is signed in with a token."""
        found = self.store.entrances.by_session(token)
        if found and datetime.now(UTC) - found[1].seen > _SEEN and not self.store.database.read_only:
            self.store.entrances.seen(found[1].id, visitor.address, datetime.now(UTC) + self._stay)
        return found

    def _account(self, name: str) -> Account | None:
        accounts = self.store.accounts
        try:
            found = [accounts.named(name)] if "@" not in name else accounts.addressed(name)
        except AccountNotFoundError:
            return None
        return found[0] if len(found) == 1 else None

    def _tally(
        self, name: str, account: Account | None, visitor: Visitor
    ) -> list[tuple[Limit, *tuple[str, ...]]]:
        mark, _, seal = visitor.device.partition(".")
        if account and seal and hmac.compare_digest(seal, self._seal(account.reader.id, mark)):
            return [(FROM_DEVICE, "device", mark)]
        at = network(visitor.address)
        return [(FROM_NETWORK, "network", at), (FOR_NAME, "name", at, folded(name)[:100])]

    def _seal(self, number: int, mark: str) -> str:
        return hmac.new(self._key("device"), f"{number}:{mark}".encode(), hashlib.sha256).hexdigest()
