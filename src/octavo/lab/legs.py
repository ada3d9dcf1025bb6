"""The legs of a search over a judged collection: what words, vectors and tokens each think of its queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from octavo.check.collection import Collection
from octavo.find.exact import ExactIndex
from octavo.find.maxsim import MaxSim, Rarity
from octavo.lab.encoded import encoded
from octavo.lab.ranking import Words
from octavo.protocols import Array, Hits

Scoring: TypeAlias = dict[int, float]
"""The scores of documents, best first."""

CANDIDATES: Final = 100  # that tokens judge


class Legs:
    """A collection of N documents and Q queries, encoded, to be searched by each leg alone.

    depth: how many documents words and vectors find for a query.
    """

    def __init__(self, collection: Collection, depth: int = 200) -> None:
        self.collection, self.depth = collection, depth
        texts, questions = list(collection.documents.values()), list(collection.queries.values())
        self.documents, self.asked = encoded(texts), encoded(questions)
        self.words = Words(texts)
        self.index = ExactIndex().add(self.documents.vectors)
        self.queries = [self.words.counted(question) for question in questions]

    def by_words(self, queries: Sequence[Mapping[str, float]] | None = None) -> list[Scoring]:
        """Return BM25's opinion of the collection's queries, or of others."""
        asked = self.queries if queries is None else queries
        return [first(self.words.scores(query), self.depth) for query in asked]

    def by_vectors(self, queries: Array | None = None) -> list[Scoring]:
        """Return the cosines of the collection's queries, or of others (Q, D)."""
        return _scorings(self.index.search(self.asked.vectors if queries is None else queries, self.depth))

    def by_tokens(self, candidates: Iterable[Iterable[int]]) -> list[Scoring]:
        """Return MaxSim, rare tokens counting more, over the first `CANDIDATES` of those given."""
        rarity = Rarity().add(self.documents.pieces)
        pairs = zip(self.asked.tokens, self.asked.pieces, strict=True)
        queries = [tokens * rarity.weights(pieces)[:, None] for tokens, pieces in pairs]
        chosen = [np.array(list(each)[:CANDIDATES], dtype=np.int64) for each in candidates]
        maxsim = MaxSim().add(self.documents.tokens)
        return _scorings(maxsim.search(queries, CANDIDATES, candidates=chosen))


def first(scores: Mapping[int, float], k: int) -> Scoring:
    """Return the k documents with the highest scores.

    >>> first({4: 0.5, 2: 0.9, 3: 0.5}, 2)
    {2: 0.9, 3: 0.5}
    """
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k])


def _scorings(hits: Hits) -> list[Scoring]:
    rows = zip(hits.ids.tolist(), hits.scores.tolist(), strict=True)
    return [{i: score for i, score in zip(*row, strict=True) if i >= 0} for row in rows]
