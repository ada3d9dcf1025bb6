"""How others order papers for a reader, by the formulas they publish: what rankers are measured against.

    arxiv-sanity-lite: a linear SVM, liked papers against all others, balanced, C = 0.01; score = its decision
    zotero-arxiv-daily: 10 Σ_j sim(paper, library_j) w_j,  w_j = 1 / (1 + log10(j + 1)) over their sum,
                        j the place in the library, newest first, from 0
    naive Bayes, as programs for screening have it: multinomial over TF-IDF weights, both classes alike

Written anew from their descriptions. arxiv-sanity's SVM is scikit-learn's, as there.
"""

from __future__ import annotations

import numpy as np

from octavo.exceptions import MissingPackageError, ShapeError
from octavo.protocols import Array, Ids, SparseRows
from octavo.rank.histories import matrix_of
from octavo.rank.sparse import Weights, added, dot, judgements, sparse, taken


def by_margin(papers: SparseRows, liked: Ids, *, c: float = 0.01) -> Array:
    """Return (N,) decisions of arxiv-sanity's SVM: papers (N, W), of which some rows are liked.

    Raises ShapeError, also where nothing or everything is liked, and MissingPackageError.
    """
    try:
        from sklearn.svm import LinearSVC
    except ImportError as error:
        raise MissingPackageError("the SVM is scikit-learn's: pip install 'broadsheet[learn]'") from error
    x = matrix_of(papers, "papers")
    y = np.zeros(x.shape[0], np.int64)
    y[liked] = 1
    if y.min() == y.max():
        raise ShapeError(f"liked must be some of the {len(y)} papers, and not all, got {y.sum()}")
    model = LinearSVC(class_weight="balanced", C=c, random_state=0).fit(x, y)
    return np.asarray(model.decision_function(x), np.float32)


def by_recency(papers: SparseRows, library: SparseRows) -> Array:
    """Return (M,) scores of zotero-arxiv-daily's mean; library (N, W), newest first. Raises ShapeError.

    >>> from octavo.rank.sparse import from_dense
    >>> two = from_dense(np.eye(2, dtype=np.float32))
    >>> [f"{score:.2f}" for score in by_recency(two, two)]
    ['5.65', '4.35']
    """
    known, had = sparse(papers, "papers"), sparse(library, "library", width=papers.width)
    if not len(had):
        raise ShapeError("library must hold at least one paper, got none")
    worth = 1 / (1 + np.log10(np.arange(len(had)) + 1))
    scores: Array = (10 * dot(known, added(had, worth / worth.sum()))).astype(np.float32)
    return scores


def by_naive_bayes(papers: SparseRows, judged: SparseRows, liked: Ids, *, smoothing: float = 1.0) -> Array:
    """Return (M,) log odds of naive Bayes; judged (N, W), liked (N,) 1 or -1. Raises ShapeError."""
    known, seen = sparse(papers, "papers"), sparse(judged, "judged", width=papers.width)
    sign = judgements(liked, None, len(seen))

    def told(side: int) -> Weights:
        mine = np.flatnonzero(sign == side)
        many = added(taken(seen, mine), np.full(len(mine), len(sign) / 2 / max(len(mine), 1)))
        return np.asarray(np.log((many + smoothing) / (many.sum() + smoothing * known.width)), np.float64)

    return np.asarray(dot(known, told(1) - told(-1)), np.float32)
