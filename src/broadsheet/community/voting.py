"""Votes, and what a reader keeps to themselves of a paper: saved, hidden, read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from broadsheet.community.room import Room
from broadsheet.papers import Paper
from broadsheet.readers import Reader

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
        if kind not in OWN:
            raise ValueError(f"a mark is one of {', '.join(OWN)}, got {kind!r}")
        with self.events.writing() as log:
            key = log.key(reference)
            done = (log.put if stands else log.end)(reader.id, kind, work_key=key)
        return done is not None

    def signs(
        self, reader: Reader | None, papers: Iterable[Paper], *, at: datetime | None = None
    ) -> dict[str, Signs]:
        """Key → what stands beside each of these papers, for a reader or for a stranger; as of a moment."""
        keys = [paper.key for paper in papers]
        voters: dict[str, set[int]] = {key: set() for key in keys}
        comments = dict.fromkeys(keys, 0)
        mine: dict[str, set[str]] = {key: set() for key in keys}
        out_of_sight = {mark.object for mark in self.events.marks("hidden", at=at)}
        for mark in self.events.marks("vote", "comment", works=keys, at=at):
            if mark.kind == "vote":
                voters[mark.work_key].add(mark.reader_id)
            elif mark.body.get("text") and f"comment:{mark.object}" not in out_of_sight:
                comments[mark.work_key] += 1
        if reader is not None:
            for mark in self.events.marks(*OWN, works=keys, reader_id=reader.id, at=at):
                mine[mark.work_key].add(mark.kind)
        return {
            key: Signs(len(voters[key]), comments[key], *(kind in mine[key] for kind in OWN)) for key in keys
        }

    def marked(self, reader: Reader, kind: str, *, limit: int = 1000, offset: int = 0) -> Sequence[Paper]:
        """The papers a reader has marked so, the latest first; each once."""
        found = self.events.marks(kind, reader_id=reader.id)
        keys = dict.fromkeys(mark.work_key for mark in reversed(found))
        return self.store.named(list(keys)[offset : offset + limit])
