"""The shapes a method can take.

A method is an ordinary class or function that has one of these shapes; nothing is inherited and nothing is
registered. One alphabet for array shapes: N documents, Q queries, T tokens, D dimensions, K hits, W words.
Scores are similarities: higher is better, everywhere.

`octavo.testing` holds a public check for every shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """The best K documents for each of Q queries, best first.

    K is the k asked for, or all documents of the index where those are fewer.

    ids: (Q, K) positions of documents in the order they were added; -1 where there are fewer than K to choose
    from. scores: (Q, K) their scores; -inf beside an id of -1. Equal scores stand in ascending order of id.
    """

    ids: Ids
    scores: Array


@runtime_checkable
class Encoder(Protocol):
    """Text to vectors, one (D,) vector of unit length a text."""

    @property
    def dim(self) -> int:
        """D."""

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D)."""

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D); a symmetric encoder does as with documents."""


class Whole(NamedTuple):
    """All that an encoder of tokens makes of N texts in one reading.

    vectors: (N, D). tokens, pieces: for each text (T, D) and (T,): the vectors of its tokens, of unit length,
    and which pieces these are.
    """

    vectors: Array
    tokens: list[Array]
    pieces: list[Ids]


@runtime_checkable
class TokenEncoder(Encoder, Protocol):
    """An encoder that also tells the vectors of tokens; a query is read as a document is."""

    def encode_whole(self, texts: Sequence[str]) -> Whole:
        """Return the vectors of N texts and those of their tokens."""


@runtime_checkable
class Scorer(Protocol):
    """Judges a query and a document read together."""

    def score(self, queries: Sequence[str], documents: Sequence[str]) -> Array:
        """Return (N,) scores of the N pairs (queries[i], documents[i])."""


@runtime_checkable
class Transform(Protocol):
    """Vectors to other vectors. `fit` forgets the last fit; what is learned ends in an underscore."""

    def fit(self, x: Array, y: Array | None = None) -> Self:
        """Learn from (N, D)."""

    def transform(self, x: Array) -> Array:
        """Return (N, D')."""


class BridgeReport(NamedTuple):
    """How well a bridge does on anchors that it did not learn from.

    anchors, aside: how many it learned from, and how many were kept aside. cosine: their mean cosine with
    the old encoder's own vectors. found: the share of them to which, among all anchors, their own old vector
    is the nearest.
    """

    anchors: int
    aside: int
    cosine: float
    found: float


@runtime_checkable
class Bridge(Protocol):
    """Lets a new encoder ask an index that an old one made. `fit` forgets the last fit."""

    def fit(self, old: Array, new: Array) -> Self:
        """Learn from anchors, texts that both have read: (N, D_old) and (N, D_new), row for row."""

    def to_old(self, new: Array) -> Array:
        """Return (M, D_old) of unit length: where the old encoder would have put (M, D_new)."""

    def report(self) -> BridgeReport:
        """Return how well it does, from a tenth of the anchors that was kept aside."""


@runtime_checkable
class Tagger(Protocol):
    """Gives labels to vectors, learned from few examples."""

    def fit(self, x: Array, labels: Ids) -> Self:
        """Learn from (N, D) and labels (N,), 0 .. C-1, each with an example; -1 is a row without a label.

        What a method cannot learn from rows without a label it leaves alone.
        """

    def scores(self, x: Array) -> Array:
        """Return (M, C): how well every label fits every row of (M, D)."""


@dataclass(frozen=True, slots=True)
class SparseRows:
    """A matrix (N, W) of few numbers that are not zero, row by row.

    indptr: (N + 1,) int64, where each row begins and the last ends. indices: which columns, each at most once
    in a row. data: float32, what stands there. width: W.
    """

    indptr: Ids
    indices: Ids
    data: Array
    width: int

    def __len__(self) -> int:
        """N."""
        return len(self.indptr) - 1


class Texts(NamedTuple):
    """What a ranker may see of N papers.

    vectors: (N, D) of unit length, as the encoder gave them; a row of zeros where there is none yet.
    terms: (N, W) weights of words, each row of unit length; an empty row where there are no words.
    """

    vectors: Array
    terms: SparseRows


class Reasons(NamedTuple):
    """What spoke for and against one paper, strongest first; what is below zero spoke against it.

    judged: (position among the judged papers, how much). terms: (column of the terms, how much).
    """

    judged: tuple[tuple[int, float], ...]
    terms: tuple[tuple[int, float], ...]


@runtime_checkable
class Ranker(Protocol):
    """Learns one reader's taste from papers they judged, and scores others.

    Made to be kept for every reader: small, quick, the same each time, of use from the first judgement on.
    `fit` forgets the last fit.
    """

    @property
    def nbytes(self) -> int:
        """How many bytes suffice to score for this reader, without the papers they judged; 0 before fit."""

    def fit(self, judged: Texts, liked: Ids, *, weights: Array | None = None) -> Self:
        """Learn from N papers: liked (N,) is 1 or -1, weights (N,) how much each counts, by default 1."""

    def scores(self, papers: Texts) -> Array:
        """Return (M,)."""

    def reasons(self, papers: Texts, judged: Texts, *, most: int = 3) -> list[Reasons]:
        """Return for each of M papers at most so many reasons of a kind; `judged` as it was fitted."""


@runtime_checkable
class Index(Protocol):
    """Finds the documents whose vectors have the largest inner product with a query's."""

    def __len__(self) -> int:
        """N, the documents added so far."""

    def add(self, x: Array) -> Self:
        """Add (N, D) documents after those already there."""

    def search(self, queries: Array, k: int, *, among: Ids | None = None) -> Hits:
        """Return the best k for each row of (Q, D); `among` restricts to those document ids."""


@runtime_checkable
class Measure(Protocol):
    """A number that says how good or how healthy something is."""

    def __call__(self, *arrays: Array) -> float:
        """Return the measure."""
