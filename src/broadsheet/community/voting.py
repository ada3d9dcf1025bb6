"""Votes, and what a reader keeps to themselves of a paper: saved, hidden, read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from broadsheet.community.room import Room
from broadsheet.papers import Paper
from broadsheet.readers import Reader
from broadsheet.store.events import Log

OWN: Final = ("vote", "save", "hide", "read")
"""What a reader marks a paper with; of these, others see votes alone, and those as a number."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands beside a paper: how many of our readers voted, and what one of them did.

    comments: those that can be seen. voted, saved, hidden, read: of the reader who looks.
    """

    votes: int = 0
    comments: int = 0
    voted: bool = False
    saved: bool = False
    hidden: bool = False
    read: bool = False


NOTHING: Final = Signs()


class Voting(Room):
    """Marks of a reader on a paper. References are keys, or any identifier or address of the paper.

    All raise PaperNotFoundError; each says whether anything changed.
    """

    def vote(self, reader: Reader, reference: str, up: bool = True) -> bool:
        """Vote for a paper, or take the vote back."""
        return self.mark(reader, reference, "vote", up)

    def save(self, reader: Reader, reference: str, keep: bool = True) -> bool:
        """Keep a paper for later, or let it go."""
        return self.mark(reader, reference, "save", keep)

    def hide(self, reader: Reader, reference: str, away: bool = True) -> bool:
        """Fold a paper away from the reader's own lists, or bring it back."""
        return self.mark(reader, reference, "hide", away)

    def mark_read(self, reader: Reader, reference: str, done: bool = True) -> bool:
        """Note that a paper was read, or was not."""
        return self.mark(reader, reference, "read", done)

    def mark(self, reader: Reader, reference: str, kind: str, stands: bool) -> bool:
        """Set or remove one of the four marks by its name. Raises ValueError for any other name."""
        return self.set_mark(reader, reference, kind, stands)[1]

    def set_mark(self, reader: Reader, reference: str, kind: str, stands: bool) -> tuple[str, bool]:
        """The same; returns the paper's key as well."""
        if kind not in OWN:
            raise ValueError(f"a mark is one of {', '.join(OWN)}, got {kind!r}")

        def write(log: Log) -> tuple[str, bool]:
            key = log.key(reference)
            done = (log.put if stands else log.end)(reader.id, kind, work_key=key)
            return key, done is not None

        return self.events.together(write)

    def signs(
        self, reader: Reader | None, papers: Iterable[Paper], *, at: datetime | None = None
    ) -> dict[str, Signs]:
        """Key → what stands beside each of these papers, for a reader or for a stranger; as of a moment."""
        return self.beside(reader, [paper.key for paper in papers], at=at)

    def beside(
        self, reader: Reader | None, keys: Sequence[str], *, at: datetime | None = None
    ) -> dict[str, Signs]:
        """The same, for the keys of papers."""
        voters: dict[str, set[int]] = {key: set() for key in keys}
        comments = dict.fromkeys(keys, 0)
        mine: dict[str, set[str]] = {key: set() for key in keys}
        said = []
        number = None if reader is None else reader.id
        for mark in self.events.marks("vote", "comment", own=OWN, own_of=number, works=keys, at=at):
            if mark.kind == "vote":
                voters[mark.work_key].add(mark.reader_id)
            elif mark.kind == "comment" and mark.body.get("text"):
                said.append(mark)
            if mark.reader_id == number and mark.kind in OWN:
                mine[mark.work_key].add(mark.kind)
        out_of_sight = {mark.object for mark in self.events.marks("hidden", at=at)} if said else set()
        for mark in said:
            comments[mark.work_key] += f"comment:{mark.object}" not in out_of_sight
        return {
            key: Signs(len(voters[key]), comments[key], *(kind in mine[key] for kind in OWN)) for key in keys
        }

    def marked(self, reader: Reader, kind: str, *, limit: int = 1000, offset: int = 0) -> Sequence[Paper]:
        """The papers a reader has marked so, the latest first; each once."""
        found = self.events.marks(kind, reader_id=reader.id)
        keys = dict.fromkeys(mark.work_key for mark in reversed(found))
        return self.store.named(list(keys)[offset : offset + limit])
