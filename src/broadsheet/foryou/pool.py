"""The papers that a reader's own feed chooses from, as arrays: the newest ones, read once for all readers.

A paper's words are read when it comes in and kept while the process lives; vectors are those of the index of
meaning. Where there is no encoder, a paper's place is made of its words, so that interests can be told apart.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from broadsheet.foryou.saying import Numbers, Sayings, numbers_of
from broadsheet.foryou.words import Words, holding, rarity, weighed
from broadsheet.papers import Paper, Status
from broadsheet.readers import folded
from broadsheet.search import Search
from broadsheet.store import Store
from octavo.arrays import unit
from octavo.protocols import Array, Ids, SparseRows, Texts

NEWEST: Final = 2000
"""So many of the newest papers are looked through; a busy month of three categories of arXiv."""
BACKGROUND: Final = 300
_KEPT: Final = 12_000
_FOLDED_DIM: Final = 256


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of a paper that was read.

    authors: their names as names are compared. text: casefolded. numbers: of all its words, see `saying`.
    """

    id: int
    key: str
    title: str
    authors: tuple[str, ...]
    text: str
    words: Words
    numbers: Numbers
    stands: bool


@dataclass(frozen=True)
class Pool:
    """The newest papers of a house, N of them, the newest first.

    ids, votes (the sources' counts, log2 of 1 + n), ages (days since their edition): (N,). held: in how many
    of them a column of words stands (WIDTH,); rare: how much it tells. texts: as a ranker sees them; of
    dimension 1 where nothing is encoded. middle: the mean of their vectors. name: changes with the pool.
    """

    papers: tuple[Read, ...]
    ids: Ids
    votes: Array
    ages: Array
    held: Ids
    rare: Array
    texts: Texts
    middle: Array
    name: tuple[object, ...]

    def __len__(self) -> int:
        return len(self.papers)

    @cached_property
    def places(self) -> Array:
        """Where the papers lie, (N, E) at unit length: about the middle, so that near and far differ."""
        return placed(self.texts, self.middle)

    @cached_property
    def background(self) -> Texts:
        """A few hundred papers evenly spread over the pool, which stand for all that nobody judged."""
        rows = np.arange(0, len(self), max(1, -(-len(self) // BACKGROUND)))
        return Texts(self.texts.vectors[rows], weighed([self.papers[row].words for row in rows], self.rare))

    @cached_property
    def sayings(self) -> Sayings:
        """Which words the papers say."""
        return Sayings.of([paper.text for paper in self.papers], [paper.numbers for paper in self.papers])

    @cached_property
    def rows(self) -> dict[int, int]:
        """Number of a paper → its row."""
        return {int(number): row for row, number in enumerate(self.ids)}


def placed(texts: Texts, middle: Array) -> Array:
    """Where papers lie: their vectors about the middle; where there are none at all, by their words."""
    if texts.vectors.shape[1] > 1:
        has = texts.vectors.any(axis=1, keepdims=True)
        moved: Array = unit(np.where(has, texts.vectors - middle, 0).astype(np.float32))
        return moved
    return unit(_squeezed(texts.terms))


def _squeezed(rows: SparseRows) -> Array:
    """Words in few dimensions: each column goes to one of them, with a sign."""
    full = np.zeros((len(rows), _FOLDED_DIM), np.float32)
    row = np.repeat(np.arange(len(rows)), np.diff(rows.indptr))
    sign = np.where((rows.indices // _FOLDED_DIM) % 2, 1.0, -1.0)
    np.add.at(full, (row, rows.indices % _FOLDED_DIM), (sign * rows.data).astype(np.float32))
    return full


class Desk:
    """Keeps the pool of a house, and reads whatever other papers are asked for. Safe to share."""

    def __init__(self, store: Store, index: Search) -> None:
        self._store = store
        self._index = index
        self._mutex = threading.RLock()
        self._read: OrderedDict[int, Read] = OrderedDict()
        self._change, self._epoch = 0, 0
        self._pool: Pool | None = None

    def pool(self, today: date) -> Pool:
        """The newest papers, as the store and the index have them now."""
        near = self._index.neighbourhood()
        name = (self._store.epoch(), self._store.last_change(), near.generation if near else (), today)
        with self._mutex:
            if self._pool is None or self._pool.name != name:
                self._follow()
                self._pool = self._made(today, name)
            return self._pool

    def read(self, ids: Sequence[int]) -> list[Read]:
        """Papers by number, in the order asked for; those that are gone are left out."""
        with self._mutex:
            missing = [number for number in dict.fromkeys(ids) if number not in self._read]
            for paper in self._store.papers(missing):
                self._read[paper.id] = _of(paper)
            found = [self._read[number] for number in ids if number in self._read]
            for each in found:
                self._read.move_to_end(each.id)
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
            return found

    def texts(self, papers: Sequence[Read], rare: Array) -> Texts:
        """Papers as a ranker sees them."""
        near = self._index.neighbourhood()
        dim = near.dim if near is not None and len(near) else 1
        vectors = np.zeros((len(papers), dim), np.float32)
        if near is not None and len(near) and papers:
            ids = [paper.id for paper in papers]
            has: npt.NDArray[np.bool_] = near.has(ids)
            if has.any():
                vectors[has] = near.vectors_of(
                    [number for number, there in zip(ids, has, strict=True) if there]
                )
        return Texts(vectors, weighed([paper.words for paper in papers], rare))

    def _follow(self) -> None:
        """Forget what was read of papers that have changed since."""
        epoch, last = self._store.epoch(), self._store.last_change()
        if epoch != self._epoch or last - self._change > _KEPT or last < self._change:
            self._read.clear()
        else:
            at = self._change
            while changed := self._store.changes(at):
                for change in changed:
                    self._read.pop(change.paper_id, None)
                at = changed[-1].seq
        self._change, self._epoch = last, epoch

    def _made(self, today: date, name: tuple[object, ...]) -> Pool:
        rows = {row.id: row for row in self._store.columns.newest(NEWEST, today.isoformat())}
        papers = tuple(paper for paper in self.read(list(rows)) if paper.stands)
        chosen = [rows[paper.id] for paper in papers]
        held = holding([paper.words for paper in papers])
        rare = rarity(held, len(papers))
        texts = self.texts(papers, rare)
        known = texts.vectors.any(axis=1)
        middle: Array = (
            texts.vectors[known].mean(axis=0)
            if known.sum() > 20
            else np.zeros(texts.vectors.shape[1], np.float32)
        )
        days = [row.day if row.day and row.day[0] != "-" else row.added[:10] for row in chosen]
        ages = [max(0, (today - date.fromisoformat(day)).days) for day in days]
        return Pool(
            papers=papers,
            ids=np.array([row.id for row in chosen], np.int64),
            votes=np.log2(1 + np.array([row.votes or 0 for row in chosen], np.float32)),
            ages=np.array(ages, np.float32),
            held=held,
            rare=rare,
            texts=texts,
            middle=middle,
            name=name,
        )


def _of(paper: Paper) -> Read:
    text = f"{paper.title}. {paper.abstract}".casefold()
    return Read(
        paper.id,
        paper.key,
        paper.title,
        tuple(folded(author.name) for author in paper.authors),
        text,
        Words.of(paper),
        numbers_of(text),
        paper.status is Status.STANDING,
    )
