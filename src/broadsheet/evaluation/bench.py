"""The bench on which systems rank papers for readers: each part made once, timed and weighed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from broadsheet.evaluation.libraries import Question
from octavo.protocols import Array, Ids, Ranker, SparseRows, Texts
from octavo.rank.ease import Ease
from octavo.rank.elsewhere import by_margin, by_recency
from octavo.rank.histories import directions_of, full, histories_of, matrix_of, standard
from octavo.rank.item_knn import ItemKNN
from octavo.rank.like_readers import LikeReaders
from octavo.rank.low_pass import LowPass
from octavo.rank.read_together import ReadTogether
from octavo.rank.read_words import ReadWords
from octavo.rank.sparse import taken
from octavo.rank.spread import regressed, spread
from octavo.rank.taste import Taste

BACKGROUND: Final = 300
"""Papers drawn once, that stand for all that a reader did not like especially."""
BOLD: Final = 100.0
"""The regularisation of the EASE whose scores are lent to new papers: three times less than for known."""

DIRECTIONS: Final = 256
"""Of the low pass; with fewer readers than four times as many, a quarter of them."""

WIDTH: Final = 400
"""Dimensions of papers that no encoder can read; about as many as encoders have."""


@dataclass
class Cost:
    """learning: CPU seconds from all readers, once. ms: CPU a reader, learned and all candidates scored.

    bytes: kept of a reader beside the events.
    """

    learning: float = 0.0
    ms: float = 0.0
    bytes: float = 0.0


@dataclass
class Bench:
    """One question, and what was made for it. Scores are (Q, M): readers asked about, candidates.

    seed: of the noise, so that a table can be made again.
    """

    question: Question
    seed: int = 0
    costs: dict[str, Cost] = field(default_factory=dict)
    _made: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked = self.question
        self.readers = len(asked.asked)
        self.new = taken(asked.terms, asked.candidates)
        rng = np.random.default_rng(0)
        self.had = np.unique(asked.learned.indices)
        drawn = np.sort(rng.choice(self.had, min(BACKGROUND, len(self.had)), replace=False))
        self.words = ReadWords()
        self.background = self.texts(taken(asked.terms, drawn))

    def texts(self, terms: SparseRows) -> Texts:
        """Papers of whose vectors nothing is known: a bag of words cannot be encoded."""
        return Texts(np.zeros((len(terms), 1), np.float32), terms)

    def library(self, reader: int) -> Ids:
        """The papers known of a reader."""
        asked = self.question.asked
        return asked.indices[asked.indptr[reader] : asked.indptr[reader + 1]]

    def once(self, name: str, make: Callable[[Cost], Array]) -> Array:
        """Return scores made before, or make them, and note what they cost."""
        if name not in self._made:
            cost = self.costs.setdefault(name, Cost())
            start = time.process_time()
            self._made[name] = make(cost)
            spent = time.process_time() - start - cost.learning
            cost.ms = 1000 * spent / max(self.readers, 1)
        return self._made[name]

    def each(self, name: str, score: Callable[[int], Array]) -> Array:
        """Scores of one reader after the other."""
        return self.once(name, lambda _cost: np.stack([score(reader) for reader in range(self.readers)]))

    # One reader at a time

    def ranker(self, name: str, make: Callable[[], Ranker]) -> Array:
        """A Ranker that learns each reader's library."""
        new, terms, sizes = self.texts(self.new), self.question.terms, []

        def score(reader: int) -> Array:
            mine = self.library(reader)
            ranker = make().fit(self.texts(taken(terms, mine)), np.ones(len(mine), np.int64))
            sizes.append(ranker.nbytes)
            return ranker.scores(new)

        found = self.each(name, score)
        self.costs[name].bytes = float(np.mean(sizes)) if sizes else self.costs[name].bytes
        return found

    def taste(self) -> Array:
        """The default of the product."""
        return self.ranker("taste", lambda: Taste(background=self.background))

    def margin(self) -> Array:
        """arxiv-sanity: one SVM a reader, against all other papers."""
        terms, candidates = self.question.terms, self.question.candidates
        found = self.each("margin", lambda reader: by_margin(terms, self.library(reader))[candidates])
        self.costs["margin"].bytes = 8.0 * terms.width
        return found

    def recency(self) -> Array:
        """zotero-arxiv-daily; there are no dates, so a library counts in the order it is given."""
        terms = self.question.terms
        return self.each("recency", lambda reader: by_recency(self.new, taken(terms, self.library(reader))))

    # Many readers together

    def popularity(self) -> Array:
        """How many readers have it."""
        learned, candidates = self.question.learned, self.question.candidates
        many = np.bincount(learned.indices, minlength=learned.width)[candidates].astype(np.float32)
        return self.once("popularity", lambda _cost: np.tile(many, (self.readers, 1)))

    def ease(self) -> Array:
        """EASE, of all papers."""
        return self._taught("ease", lambda: Ease().fit(self.question.learned).scores)

    def item_knn(self) -> Array:
        """Item-kNN, of all papers."""
        return self._taught("item_knn", lambda: ItemKNN().fit(self.question.learned).scores)

    def low_pass(self) -> Array:
        """The first directions of who has what, of all papers."""
        learned = self.question.learned
        few = min(DIRECTIONS, max(len(learned) // 4, 1))  # as many as readers would give back what was given
        return self._taught("low_pass", lambda: LowPass(dim=few).fit(learned).scores)

    def like_readers(self) -> Array:
        """Readers whose libraries use the same words, of all papers."""
        learned, terms = self.question.learned, self.question.terms
        return self._taught("like_readers", lambda: LikeReaders().fit(learned, terms).scores)

    def read_words(self) -> Array:
        """Words that are read together, of the candidates."""
        asked = self.question

        def fitted() -> Callable[[SparseRows], Array]:
            self.words.fit(asked.learned, asked.terms)
            return lambda histories: self.words.scores(histories, asked.terms, self.new)

        return self._taught("read_words", fitted)

    def together(self) -> Array:
        """The likeness that a house learns from its readers with noise, of the candidates.

        There the papers' vectors are an encoder's; here they are the first directions of their words.
        """
        asked = self.question

        def fitted() -> Callable[[SparseRows], Array]:
            words = matrix_of(asked.terms, "terms")
            vectors = full(words @ directions_of(words, WIDTH))
            model = ReadTogether.of(len(asked.learned))
            model.fit(asked.learned, vectors, rng=np.random.default_rng(self.seed))
            places = model.placed(vectors)
            return lambda histories: np.asarray(
                model.profile(full(histories_of(histories, "histories") @ places))
                @ places[asked.candidates].T
            )

        return self._taught("together", fitted)

    def bold(self) -> Array:
        """EASE that trusts small numbers more, of the papers that readers have: what is lent to others."""
        scores = self._taught("bold", lambda: Ease(regularisation=BOLD).fit(self.question.learned).scores)
        return scores[:, self.had]

    def spread(self) -> Array:
        """Bold EASE, lent to the candidates by the papers nearest to them."""
        scores, known = self.bold(), taken(self.question.terms, self.had)
        return self.once("spread", lambda _cost: spread(scores, known, self.new))

    def regressed(self) -> Array:
        """Bold EASE, lent to the candidates by the words it has to do with."""
        scores, asked = self.bold(), self.question
        self.read_words()

        def make(_cost: Cost) -> Array:
            known = self.words.vectors(taken(asked.terms, self.had))
            return regressed(scores, known, self.words.vectors(self.new))

        return self.once("regressed", make)

    def _taught(self, name: str, fitted: Callable[[], Callable[[SparseRows], Array]]) -> Array:
        def make(cost: Cost) -> Array:
            start = time.process_time()
            score = fitted()
            cost.learning = time.process_time() - start
            return score(self.question.asked)

        return self.once(name, make)

    def of_candidates(self, scores: Array) -> Array:
        """Scores of all papers, of the candidates only."""
        return scores[:, self.question.candidates]

    def added(self, *parts: tuple[float, Array]) -> Array:
        """Each part's standard scores, times its weight, added up."""
        total = np.zeros_like(parts[0][1])
        for weight, scores in parts:
            total += np.float32(weight) * standard(scores)
        return total
