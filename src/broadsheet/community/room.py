"""What every part of the community stands on."""

from __future__ import annotations

from datetime import UTC, datetime

from broadsheet.config import Settings
from broadsheet.exceptions import NotAllowedError
from broadsheet.feed.tally import Tally
from broadsheet.people import People
from broadsheet.readers import Reader, Role
from broadsheet.store import Store
from broadsheet.store.events import Events


class Room:
    """A store, who reads in it, and the log of what they do."""

    def __init__(self, store: Store, config: Settings, people: People) -> None:
        self.store = store
        self.settings = config
        self.people = people
        self.tally = Tally(store)

    @property
    def events(self) -> Events:
        """The log."""
        return self.store.events

    def now(self) -> datetime:
        """This moment, as the log would write it."""
        return self.events.clock().astimezone(UTC)


def need(reader: Reader, role: Role) -> None:
    """Raise NotAllowedError if a reader may not do what that role may."""
    if not reader.role.at_least(role):
        raise NotAllowedError(f"this is for {role.value}s")
