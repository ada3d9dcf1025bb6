"""A desk to search at: one collection's documents as papers in memory, indexed as in any house."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broadsheet.evaluation.encodings import Encodings
from broadsheet.exceptions import PaperNotFoundError
from broadsheet.papers import Manifestation, Paper
from broadsheet.search import Search
from octavo.check.collection import Collection

LONGEST_TITLE: Final = 200
"""Characters; a first line that is longer, or the only one, is cut at its first sentence."""

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_EPOCH: Final = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the outbox."""

    seq: int
    paper_id: int
    gone: bool = False


class Pile:
    """The documents of a collection as papers; document n is paper n + 1. What `Search` needs of a store."""

    def __init__(self, collection: Collection) -> None:
        self.all = [paper(place + 1, text) for place, text in enumerate(collection.documents.values())]

    def paper(self, reference: str) -> Paper:
        """The paper of a key."""
        number = reference.removeprefix("document-")
        if number == reference or not number.isdecimal() or not 0 < int(number) <= len(self.all):
            raise PaperNotFoundError(reference)
        return self.all[int(number) - 1]

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        """The papers of those ids."""
        return [self.all[i - 1] for i in ids if 0 < i <= len(self.all)]

    def changes(self, after: int, limit: int) -> list[Change]:
        """Each paper came once."""
        return [Change(i, i) for i in range(after + 1, min(after + limit, len(self.all)) + 1)]

    def last_change(self) -> int:
        """The number of the last."""
        return len(self.all)

    def epoch(self) -> int:
        """There is one history."""
        return _EPOCH


def paper(number: int, text: str) -> Paper:
    """Return a document as a paper, whose title is the first line, or the first sentence where that is long.

    An empty document is a paper whose title is a dash: it exists, and nothing finds it.
    """
    title, _, abstract = text.strip().partition("\n")
    if len(title) > LONGEST_TITLE:
        end = title.find(". ", 0, LONGEST_TITLE) + 1 or title.rfind(" ", 0, LONGEST_TITLE)
        end = end if end > 0 else LONGEST_TITLE
        title, abstract = title[:end], f"{title[end:]} {abstract}"
    key = f"document-{number}"
    return Paper(
        id=number,
        key=key,
        title=title.strip() or "–",
        abstract=abstract.strip(),
        manifestations=(Manifestation(number, "collection", key, "beir", "", _NOW, _NOW),),
        added=_NOW,
        updated=_NOW,
    )


Progress = Callable[[str, int, int], None]


class Desk:
    """A collection, searched by the code that serves readers.

    folder: for its indexes. encodings: of its documents and queries.
    """

    def __init__(
        self, collection: Collection, folder: Path, encodings: Encodings, progress: Progress | None = None
    ) -> None:
        self.collection, self.encodings = collection, encodings
        self.pile = Pile(collection)
        self.search = Search(self.pile, folder, lambda: encodings)
        told = progress or (lambda _name, _done, _total: None)
        name = collection.name
        self.search.sync(lambda done, total: told(f"{name}: words", done, total))
        self.search.encode(lambda done, total: told(f"{name}: vectors", done, total))

    def found(self, question: str, limit: int) -> list[int]:
        """The places of the documents that a reader is shown, best first."""
        return [hit.paper_id - 1 for hit in self.search.find(question, limit=limit).hits]
