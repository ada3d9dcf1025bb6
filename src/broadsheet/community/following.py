"""Following people, authors and shelves; and what comes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from broadsheet.community.room import Room
from broadsheet.exceptions import NotFoundError, PeopleError
from broadsheet.papers import Paper
from broadsheet.readers import Reader

_THING: Final = re.compile(r"(author:[^\x00-\x1f\"]{1,200}|reader:\d{1,18}|shelf:\d{1,18})")


@dataclass(frozen=True, slots=True)
class Follow:
    """What a reader follows: `author:NAME`, `reader:NUMBER` or `shelf:NUMBER`, and what it is called."""

    thing: str
    kind: str
    name: str
    title: str


class Following(Room):
    """Follows of readers."""

    def follow(self, reader: Reader, thing: str, on: bool = True) -> bool:
        """Follow an author, a reader or a shelf, or stop it. Says whether anything changed.

        Raises PeopleError for what cannot be followed, NotFoundError for what is not here.
        """
        if not _THING.fullmatch(thing):
            raise PeopleError(f"one follows author:NAME, reader:NUMBER or shelf:NUMBER, not {thing!r}")
        kind, _, name = thing.partition(":")
        if on:
            if kind == "reader":
                self.people.reader(int(name))
            elif kind == "shelf" and not self._seen(int(name), reader):
                raise NotFoundError(f"no shelf {name} here")
        with self.events.writing() as log:
            return (log.put if on else log.end)(reader.id, "follow", thing=thing) is not None

    def follows(self, reader: Reader) -> list[Follow]:
        """What a reader follows, in the order it began; shelves that were taken down are left out."""
        found = []
        for mark in self.events.marks("follow", reader_id=reader.id):
            kind, _, name = mark.object.partition(":")
            title = name
            if kind == "reader":
                person = self.people.reader(int(name))
                name, title = person.name, person.shown
            elif kind == "shelf":
                shelf = self._seen(int(name), reader)
                if shelf is None:
                    continue
                title = shelf
            found.append(Follow(mark.object, kind, name, title))
        return found

    def follows_it(self, reader: Reader | None, thing: str) -> bool:
        """Whether a reader follows something."""
        return reader is not None and bool(self.events.marks("follow", reader_id=reader.id, objects=[thing]))

    def followers(self, thing: str) -> int:
        """How many follow something."""
        return len({mark.reader_id for mark in self.events.marks("follow", objects=[thing])})

    def recommended_by(self, person: Reader, *, limit: int = 100) -> list[Paper]:
        """The papers a person showed others: on public shelves, commented on, brought in; latest first."""
        public = {
            mark.object
            for mark in self.events.marks("shelf", reader_id=person.id)
            if mark.body.get("access") == "public"
        }
        marks = [
            mark
            for mark in self.events.marks("shelved", "comment", "submit", reader_id=person.id)
            if mark.kind != "shelved" or mark.object in public
        ]
        keys = dict.fromkeys(mark.work_key for mark in reversed(marks) if mark.work_key)
        return self.store.named(list(keys)[:limit])

    def of_shelf(self, number: int, *, limit: int = 100) -> list[Paper]:
        """The papers of a shelf, the latest first."""
        marks = self.events.marks("shelved", objects=[str(number)])
        return self.store.named([mark.work_key for mark in reversed(marks)][:limit])

    def _seen(self, number: int, reader: Reader) -> str | None:
        """The name of a shelf that a reader may look at, or None."""
        for mark in self.events.marks("shelf", objects=[str(number)]):
            if mark.body.get("access") in ("public", "link") or mark.reader_id == reader.id:
                return str(mark.body.get("name", ""))
        return None
