"""What experiments with rankings share: the words to beat, and whether one ranking is surely better."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from octavo.check.collection import Collection
from octavo.check.retrieval import Scores, ndcg
from octavo.protocols import Ids


def bm25(documents: Sequence[str], queries: Sequence[str], k: int = 1000) -> Ids:
    """Return (Q, K), the best documents by BM25 (k1 1.2, b 0.75) over Snowball stems."""
    # Only development installs them.
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=1.2, b=0.75)
    options = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    index.index(bm25s.tokenize(list(documents), **options), show_progress=False)
    asked = bm25s.tokenize(list(queries), **options)
    found = index.retrieve(asked, k=min(k, len(documents)), show_progress=False)
    ids: Ids = np.where(found.scores > 0, found.documents, -1).astype(np.int64)
    return ids


class Words:
    """BM25 (k1 1.2, b 0.75) over Snowball stems, for queries whose terms have weights.

    documents: for each, how often every stem but stop words stands in it.

    >>> words = Words(["An owl hunts at night.", "Owls are birds.", "Income tax forms."])
    >>> words.search({"owl": 1.0, "bird": 0.5}, k=3)
    [1, 0]
    """

    def __init__(self, documents: Sequence[str]) -> None:
        self.documents = [self.counted(text) for text in documents]
        lengths = [sum(counts.values()) for counts in self.documents]
        usual = sum(lengths) / max(len(lengths), 1) or 1.0
        self._listed: dict[str, dict[int, float]] = {}
        for place, (counts, length) in enumerate(zip(self.documents, lengths, strict=True)):
            norm = 1.2 * (0.25 + 0.75 * length / usual)
            for term, times in counts.items():
                self._listed.setdefault(term, {})[place] = times / (times + norm)

    @staticmethod
    def counted(text: str) -> Counter[str]:
        """Return how often each stem is said."""
        # Only development installs them.
        import bm25s
        import Stemmer

        options = {"stopwords": "en", "stemmer": Stemmer.Stemmer("english"), "show_progress": False}
        tokens = bm25s.tokenize([text], **options, return_ids=False)
        return Counter(tokens[0])

    def rarity(self, term: str) -> float:
        """Return BM25's idf, 0 for a term that stands nowhere."""
        holding = len(self._listed.get(term, ()))
        return math.log1p((len(self.documents) - holding + 0.5) / (holding + 0.5)) if holding else 0.0

    def scores(self, query: Mapping[str, float]) -> dict[int, float]:
        """Return the score of every document that has a term of the query."""
        scores: dict[int, float] = {}
        for term, weight in query.items():
            worth = weight * self.rarity(term)
            for place, share in self._listed.get(term, {}).items():
                scores[place] = scores.get(place, 0.0) + worth * share
        return scores

    def search(self, query: Mapping[str, float], k: int) -> list[int]:
        """Return the best k documents, or fewer if fewer have a term."""
        scores = self.scores(query)
        return sorted(scores, key=lambda place: (-scores[place], place))[:k]


def gain(
    collection: Collection, run: dict[str, Scores], other: dict[str, Scores], k: int = 10
) -> tuple[float, float]:
    """Return the difference in nDCG@k between two runs and, over the queries, its standard error."""
    differences = [
        ndcg(judged, run[query], k) - ndcg(judged, other[query], k)
        for query, judged in collection.qrels.items()
    ]
    return float(np.mean(differences)), float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
