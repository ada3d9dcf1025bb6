"""Shelves: papers a reader keeps together, with notes and tags, alone or for others to see."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast, get_args

from broadsheet.community.room import Room
from broadsheet.exceptions import NotAllowedError, NotFoundError, PeopleError
from broadsheet.papers import Paper
from broadsheet.readers import Reader, tidy
from broadsheet.store.events import Mark

Access = Literal["private", "link", "public"]
LONGEST_NOTE: Final = 2_000
MOST_TAGS: Final = 20


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf of a reader's.

    access: private (its owner alone), link (whoever has its address with the token), public. token: what the
    address ends with; '' for all but its owner. papers: how many stand on it.
    """

    number: int
    owner: Reader
    name: str
    about: str
    access: Access
    token: str
    papers: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Shelved:
    """A paper on a shelf, since when, and what its owner noted."""

    paper: Paper
    note: str
    tags: tuple[str, ...]
    at: datetime


class Shelving(Room):
    """Shelves, and the papers on them. A shelf that is not for somebody's eyes is not found."""

    def make_shelf(self, reader: Reader, name: str, *, about: str = "", access: Access = "private") -> Shelf:
        """Put up a shelf. Raises PeopleError for a name or an access that cannot be."""
        body = _described(name, about, access)
        with self.events.writing() as log:
            number = log.seq + 1
            log.put(reader.id, "shelf", thing=str(number), **body, token=secrets.token_urlsafe(16))
        return self.shelf(number, reader)

    def change_shelf(
        self, reader: Reader, number: int, *, name: str, about: str = "", access: Access = "private"
    ) -> Shelf:
        """Describe a shelf anew. A link that was given away stays what it is while the access stays `link`.

        Raises NotFoundError, NotAllowedError, PeopleError.
        """
        body = _described(name, about, access)
        mark = self._own(reader, number)
        kept = mark.body.get("access") == access
        token = str(mark.body.get("token", "")) if kept else secrets.token_urlsafe(16)
        with self.events.writing() as log:
            log.put(reader.id, "shelf", thing=str(number), **body, token=token)
        return self.shelf(number, reader)

    def remove_shelf(self, reader: Reader, number: int) -> None:
        """Take a shelf down. Raises NotFoundError, NotAllowedError."""
        self._own(reader, number)
        with self.events.writing() as log:
            for mark in log.marks("shelved", objects=[str(number)]):
                log.end(reader.id, "shelved", work_key=mark.work_key, thing=str(number))
            log.end(reader.id, "shelf", thing=str(number))

    def shelve(
        self, reader: Reader, number: int, reference: str, *, note: str = "", tags: Iterable[str] = ()
    ) -> bool:
        """Put a paper on one's shelf, or write other words to it. Says whether anything changed.

        Raises NotFoundError, NotAllowedError, PaperNotFoundError, PeopleError.
        """
        self._own(reader, number)
        note = note.replace("\r\n", "\n").replace("\0", "").strip()
        if len(note) > LONGEST_NOTE:
            raise PeopleError(f"a note has at most {LONGEST_NOTE:,} characters")
        kept = list(dict.fromkeys(filter(None, (tidy(tag).lower()[:40] for tag in tags))))[:MOST_TAGS]
        with self.events.writing() as log:
            key = log.key(reference)
            return (
                log.put(reader.id, "shelved", work_key=key, thing=str(number), note=note, tags=kept)
                is not None
            )

    def unshelve(self, reader: Reader, number: int, reference: str) -> bool:
        """Take a paper off one's shelf. Raises NotFoundError, NotAllowedError, PaperNotFoundError."""
        self._own(reader, number)
        with self.events.writing() as log:
            return log.end(reader.id, "shelved", work_key=log.key(reference), thing=str(number)) is not None

    # Reading

    def shelves(self, reader: Reader) -> list[Shelf]:
        """A reader's own shelves, by name."""
        return self._shelves(self.events.marks("shelf", reader_id=reader.id), reader)

    def public_shelves(self, of: Reader | None = None) -> list[Shelf]:
        """The shelves that everybody may see, of all readers or of one, by name."""
        marks = self.events.marks("shelf", reader_id=of.id if of else None)
        return self._shelves((m for m in marks if m.body.get("access") == "public"), None)

    def shelf(self, number: int, reader: Reader | None, *, token: str = "") -> Shelf:
        """A shelf, for its owner, for whoever has its token, or for all if it is public.

        Raises NotFoundError, for a shelf that is not for these eyes too.
        """
        found = self.events.marks("shelf", objects=[str(number)])
        for mark in found:
            access, key = mark.body.get("access"), str(mark.body.get("token", ""))
            by_link = access == "link" and hmac.compare_digest(token.encode(), key.encode())
            if access == "public" or by_link or (reader is not None and mark.reader_id == reader.id):
                return self._shelves([mark], reader)[0]
        raise NotFoundError(f"no shelf {number} here")

    def on_shelf(self, shelf: Shelf, *, at: datetime | None = None) -> list[Shelved]:
        """The papers on a shelf as of a moment, the latest first."""
        marks = self.events.marks("shelved", objects=[str(shelf.number)], at=at)
        by_key = {paper.key: paper for paper in self.store.named([mark.work_key for mark in marks])}
        shown = []
        for mark in reversed(marks):
            paper = by_key.get(mark.work_key) or next(iter(self.store.named([mark.work_key])), None)
            if paper is not None:
                tags = tuple(map(str, mark.body.get("tags", ())))
                shown.append(Shelved(paper, str(mark.body.get("note", "")), tags, mark.since))
        return shown

    def shelves_with(self, reader: Reader, paper: Paper) -> dict[int, Shelved]:
        """The reader's own shelves on which a paper stands, by number."""
        marks = self.events.marks("shelved", reader_id=reader.id, works=[paper.key])
        return {
            int(m.object): Shelved(paper, str(m.body.get("note", "")), tuple(m.body.get("tags", ())), m.since)
            for m in marks
        }

    def _shelves(self, marks: Iterable[Mark], viewer: Reader | None) -> list[Shelf]:
        marks = list(marks)
        counts: dict[str, int] = {}
        if marks:
            for item in self.events.marks("shelved", objects=[mark.object for mark in marks]):
                counts[item.object] = counts.get(item.object, 0) + 1
        found = [
            Shelf(
                number=int(mark.object),
                owner=self.people.reader(mark.reader_id),
                name=str(mark.body.get("name", "")),
                about=str(mark.body.get("about", "")),
                access=cast("Access", mark.body.get("access", "private")),
                token=str(mark.body.get("token", "")) if viewer and viewer.id == mark.reader_id else "",
                papers=counts.get(mark.object, 0),
                made=mark.since,
            )
            for mark in marks
            if mark.object
        ]
        return sorted(found, key=lambda shelf: (shelf.name.casefold(), shelf.number))

    def _own(self, reader: Reader, number: int) -> Mark:
        for mark in self.events.marks("shelf", objects=[str(number)]):
            if mark.reader_id == reader.id:
                return mark
            if mark.body.get("access") == "public":
                raise NotAllowedError("this is somebody else's shelf")
        raise NotFoundError(f"no shelf {number} here")


def _described(name: str, about: str, access: str) -> dict[str, str]:
    name, about = tidy(name), about.replace("\0", "").strip()[:LONGEST_NOTE]
    if not name:
        raise PeopleError("a shelf has a name")
    if access not in get_args(Access):
        raise PeopleError(f"a shelf is {', '.join(get_args(Access))}, not {access!r}")
    return {"name": name, "about": about, "access": access}
