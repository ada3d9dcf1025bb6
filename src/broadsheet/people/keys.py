"""Keys for programs: each is a reader's, and may do a part of what the reader may."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from broadsheet.exceptions import PeopleError
from broadsheet.readers import Reader, tidy
from broadsheet.store import Store
from broadsheet.store.entrances import ApiKey

PREFIX: Final = "bs_"
"""How every key begins, so that programs that look for leaked secrets can know one."""
SCOPES: Final = {
    "read": "read what you can read",
    "write": "vote, save, comment, submit and subscribe in your name",
    "admin": "use what your role allows beyond a reader's",
}
MOST: Final = 20
_USED: Final = timedelta(hours=1)


class Keys:
    """Makes, knows and takes back keys."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def make(self, reader: Reader, label: str, scopes: frozenset[str], days: int | None = None) -> str:
        """A new key, in full; nobody can see it again.

        days: how long it is good; None for ever. Raises PeopleError.
        """
        if unknown := scopes - SCOPES.keys():
            raise PeopleError(f"no such scope: {min(unknown)!r}; there are {', '.join(SCOPES)}")
        if not scopes:
            raise PeopleError(f"a key needs a scope; there are {', '.join(SCOPES)}")
        if len(self.of(reader)) >= MOST:
            raise PeopleError(f"there are {MOST} keys already; take one back first")
        token = PREFIX + secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + timedelta(days=days) if days else None
        self.store.entrances.add_key(reader.id, token, tidy(label) or "a key", scopes, expires)
        return token

    def of(self, reader: Reader) -> list[ApiKey]:
        """The keys of a reader, the newest first."""
        return self.store.entrances.keys(reader.id)

    def take_back(self, reader: Reader, key_id: str) -> bool:
        """End a key; whether there was one."""
        return self.store.entrances.remove_key(reader.id, key_id)

    def holder(self, token: str) -> tuple[Reader, frozenset[str]] | None:
        """Whose key that is, and what it may do."""
        if not token.startswith(PREFIX):
            return None
        found = self.store.entrances.by_key(token)
        if found is None:
            return None
        reader, key = found
        stale = key.used is None or datetime.now(UTC) - key.used > _USED
        if stale and not self.store.database.read_only:
            self.store.entrances.key_used(key.id)
        return reader, key.scopes
