"""A store in memory and an encoder that counts words: what search needs of the rest, small enough to see through."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.papers import Author, Identifier, Link, Manifestation, Paper, SourceVotes
from broadsheet.search import Search

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    seq: int
    paper_id: int
    gone: bool


class MemoryStore:
    """Papers and an outbox with the latest change of each."""

    def __init__(self) -> None:
        self.by_id: dict[int, Paper] = {}
        self.outbox: dict[int, Change] = {}
        self.seq = 0
        self.era = 7

    def put(self, *papers: Paper) -> None:
        for paper in papers:
            self.by_id[paper.id] = paper
            self._changed(paper.id, gone=False)

    def remove(self, paper_id: int) -> None:
        del self.by_id[paper_id]
        self._changed(paper_id, gone=True)

    def _changed(self, paper_id: int, *, gone: bool) -> None:
        self.seq += 1
        self.outbox.pop(paper_id, None)
        self.outbox[paper_id] = Change(self.seq, paper_id, gone)

    def paper(self, reference: str) -> Paper:
        for paper in self.by_id.values():
            if reference in (paper.key, *map(str, paper.identifiers)):
                return paper
        raise PaperNotFoundError(reference)

    def papers(self, ids: Sequence[int]) -> list[Paper]:
        return [self.by_id[i] for i in ids if i in self.by_id]

    def changes(self, after: int, limit: int) -> list[Change]:
        return [change for change in self.outbox.values() if change.seq > after][:limit]

    def last_change(self) -> int:
        return self.seq

    def epoch(self) -> int:
        return self.era


class BagEncoder:
    """Texts that share words are near; counts what it encodes."""

    dim = 32
    name = "bag"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.encoded += texts
        return self.encode_queries(texts)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        made = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                made[row] += np.random.default_rng(zlib.crc32(word.encode())).standard_normal(self.dim)
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)


def _paper(paper_id: int, title: str = "", abstract: str = "", **fields: Any) -> Paper:
    """A paper with sensible rest; `authors`, `source`, `votes`, `code`, `extra` in short forms."""
    authors = tuple(Author(name) for name in fields.pop("authors", ()))
    sources = fields.pop("source", "arxiv")
    extra = fields.pop("extra", {})
    made = tuple(
        Manifestation(n, source, f"{paper_id}", "test", "", NOW, NOW, extra=extra)
        for n, source in enumerate([sources] if isinstance(sources, str) else sources)
    )
    votes = fields.pop("votes", None)
    key = fields.pop("key", f"2501.{paper_id:05}")
    paper = Paper(
        id=paper_id,
        key=key,
        title=title or f"Paper number {paper_id}",
        abstract=abstract,
        authors=authors,
        identifiers=fields.pop("identifiers", (Identifier("arxiv", key),)),
        submitted=fields.pop("submitted", date(2025, 1, 1)),
        links=(Link("code", "https://example.org/code"),) if fields.pop("code", False) else (),
        votes=(SourceVotes("hf", votes),) if votes is not None else (),
        manifestations=made,
        added=NOW,
        updated=NOW,
    )
    return replace(paper, **fields)


@pytest.fixture
def make_paper() -> Callable[..., Paper]:
    return _paper


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def encoder() -> BagEncoder:
    return BagEncoder()


@pytest.fixture
def search(store: MemoryStore, encoder: BagEncoder, tmp_path: Path) -> Search:
    return Search(store, tmp_path / "index", lambda: encoder)
