"""What papers are about, as one thing: tags, guesses, topics, maps."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from broadsheet.papers import Paper
from broadsheet.search import Search
from broadsheet.search.encoding import encoder_name, text_hash
from broadsheet.store import Store
from broadsheet.subjects.guesses import Guess, Guesser, phrases
from broadsheet.subjects.maps import Map, draw
from broadsheet.subjects.space import Space
from broadsheet.subjects.tags import Tagging
from broadsheet.subjects.topics import LEAST, Topics, find
from octavo.exceptions import SavedFileError
from octavo.protocols import Array, Encoder
from octavo.saving import Saved, load, save

_LEARN_FROM: Final = 5000
_MAPS: Final = 50
_KIND: Final = "broadsheet.subjects.fields"
_VERSION: Final = 1


class Subjects:
    """Tags, guessed categories, topics and maps of a house. Safe to share between threads."""

    def __init__(self, store: Store, index: Search, folder: Path) -> None:
        self._store = store
        self._index = index
        self._folder = folder / "subjects"
        self._mutex = threading.Lock()
        self._space: Space | None = None
        self._guesser: tuple[int, Guesser | None] | None = None
        self._changes = 0
        self._topics: tuple[str, Topics | None] | None = None
        self._maps: dict[tuple[tuple[int, ...], tuple[int, ...]], Map] = {}
        self.tagging = Tagging(store, index, self.space)

    def space(self) -> Space | None:
        """The vectors of the newest papers; None while nothing is encoded, or without an encoder."""
        near = self._index.neighbourhood()
        if near is None or not len(near):
            return None
        with self._mutex:
            if self._space is None or self._space.generation != near.generation:
                self._space = Space.of(near)
            return self._space

    def stamp(self) -> str:
        """Changes whenever guesses or topics may have changed, here or in another process."""
        try:
            written = (self._folder / "topics" / "saved.json").stat().st_mtime_ns
        except OSError:
            written = 0
        return f"{self._changes:x}-{written:x}"

    def refresh(self) -> int:
        """Learn what has become due; returns from how many papers, 0 if nothing was.

        Both wait until the papers have become a tenth more.
        """
        due = self.learn()
        space, topics = self.space(), self.topics()
        if space is not None and len(space) >= LEAST:
            grown = topics is None or not len(topics.ids) <= len(space) <= len(topics.ids) * 1.1
            if grown or (topics is not None and topics.encoder != self._encoder_name()):
                self.find_topics()
                due = True
        return len(space) if due and space is not None else 0

    # Topics

    def topics(self) -> Topics | None:
        """The topics that were found last, by whatever process; None before."""
        stamp = self.stamp()
        with self._mutex:
            if self._topics is None or self._topics[0] != stamp:
                self._topics = stamp, Topics.load(self._folder / "topics")
            return self._topics[1]

    def find_topics(self, *, count: int | None = None) -> Topics | None:
        """Find the topics anew and keep them; None where there are too few vectors.

        count: how many; by default as many as so many papers have.
        """
        space = self.space()
        if space is None:
            return None
        found = find(space, self._store.papers, self._encoder_name(), count=count)
        if found is not None:
            found.save(self._folder / "topics")
        return found

    def _encoder_name(self) -> str:
        near = self._index.neighbourhood()
        return near.encoder if near is not None else ""

    def map(self, papers: Sequence[Paper]) -> Map:
        """Papers as points, near those they are like; those without a vector are left out."""
        space = self.space()
        if space is None:
            return Map((), len(papers))
        name = (space.generation, tuple(paper.id for paper in papers))
        with self._mutex:
            if name in self._maps:
                return self._maps[name]
        drawn = draw(space, papers)
        with self._mutex:
            self._maps[name] = drawn
            while len(self._maps) > _MAPS:
                self._maps.pop(next(iter(self._maps)))
        return drawn

    # Guesses

    def guess(self, paper: Paper) -> Guess | None:
        """The category of a paper whose sources gave none; None if they did, or nothing can be said."""
        return self.guesses([paper]).get(paper.id)

    def guesses(self, papers: Sequence[Paper]) -> dict[int, Guess]:
        """By number, the guesses for those of the papers that came without categories."""
        bare = [paper.id for paper in papers if not paper.categories]
        near = self._index.neighbourhood() if bare else None
        if near is None:
            return {}
        there = [number for number, known in zip(bare, near.has(bare).tolist(), strict=True) if known]
        with self._mutex:
            guesser = self._guesser[1] if there and self._guesser else None
        if guesser is None:
            return {}
        found = guesser.guess(near.vectors_of(there))
        return {number: guess for number, guess in zip(there, found, strict=True) if guess is not None}

    def learn(self) -> bool:
        """Learn the categories anew where the papers have become a tenth more; whether there was need to.

        A few more papers move no mean. What is said of the fields is encoded once and kept.
        """
        space, encoder, near = self.space(), self._index.encoder(), self._index.neighbourhood()
        if space is None or encoder is None or near is None:
            return False
        with self._mutex:
            made = self._guesser
        if made is not None and made[0] <= len(space) <= made[0] * 1.1:
            return False
        ids = space.ids[-_LEARN_FROM:].tolist()
        there = set(ids)
        papers = [paper for paper in self._store.papers(ids) if paper.primary_category and paper.id in there]
        x = near.vectors_of([paper.id for paper in papers])
        guesser = Guesser.learn(self._said(encoder), x, [paper.primary_category for paper in papers])
        with self._mutex:
            self._guesser = len(space), guesser
            self._changes += 1
        return True

    def _said(self, encoder: Encoder) -> Array:
        texts = phrases()
        asked = {"encoder": encoder_name(encoder), "texts": text_hash("\n".join(texts))}
        try:
            kept = load(self._folder / "fields", _KIND, _VERSION)
            if dict(kept.facts) == asked:
                return np.asarray(kept.arrays["phrases"], np.float32)
        except SavedFileError:
            pass  # not yet, or not any more
        said = np.asarray(encoder.encode_documents(texts), np.float32)
        with contextlib.suppress(OSError):  # a folder that cannot be written costs two seconds next time
            save(self._folder / "fields", _KIND, _VERSION, Saved(asked, {"phrases": said}))
        return said
