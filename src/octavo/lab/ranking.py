"""What experiments with rankings share: the words to beat, and whether one ranking is surely better."""

from __future__ import annotations

from collections.abc import Sequence

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


def gain(
    collection: Collection, run: dict[str, Scores], other: dict[str, Scores], k: int = 10
) -> tuple[float, float]:
    """Return the difference in nDCG@k between two runs and, over the queries, its standard error."""
    differences = [
        ndcg(judged, run[query], k) - ndcg(judged, other[query], k)
        for query, judged in collection.qrels.items()
    ]
    return float(np.mean(differences)), float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
