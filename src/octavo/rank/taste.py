"""Taste: one reader's likes and dislikes, told from each other and from the rest by ridge regression.

    minimise Σ_i c_i (y_i - x_i · w - b)² + λ (|w|² + b²),    w = Σ_i α_i x_i,    score(x) = x · w + b

over the words and the encoder's vectors of the judged papers (y = 1 or -1) and of a background that nobody
judged (y = 0): papers drawn once from the house, which tell what is common everywhere from what this reader
likes. Likes count as much together as dislikes do; the background counts for what dislikes are wanting. Since
w is a sum of the judged papers, what a paper's score is made of can be told exactly: by papers and by words.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Ids, Reasons, SparseRows, Texts
from octavo.rank.reasons import strongest
from octavo.rank.sparse import Weights, added, dot, judgements, products, row_of, some, texts

_TERMS: Final = 600  # words kept of a reader: three bytes for which one, two for how much
_JUDGED: Final = 2000  # learned from at once; of more, those that weigh most
_STEPS: Final = 12  # of the conjugate gradient; the planted and the real readers need fewer


class Taste:
    """Ranker by weighted ridge regression on words and vectors.

    background: papers that stand for all that is not especially liked; None for none. regularisation: λ.
    vectors: how much the encoder's vectors count beside the words. against: how much dislikes and background
    count beside likes.

    >>> from octavo.testing import planted_texts
    >>> papers, subject = planted_texts()
    >>> ranker = Taste().fit(papers, np.where(subject == 0, 1, -1))
    >>> bool(ranker.scores(papers)[subject == 0].min() > ranker.scores(papers)[subject == 1].max())
    True
    """

    def __init__(
        self,
        *,
        background: Texts | None = None,
        regularisation: float = 3.0,
        vectors: float = 0.3,
        against: float = 0.5,
    ) -> None:
        for name, value in (("regularisation", regularisation), ("against", against)):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be finite and above zero, got {value}")
        if not (np.isfinite(vectors) and vectors >= 0):
            raise ValueError(f"vectors must be finite and not negative, got {vectors}")
        self.background = None if background is None else texts(background, "background")
        self.regularisation, self.vectors, self.against = regularisation, vectors, against
        self._fitted = False

    @property
    def nbytes(self) -> int:
        """Two bytes a dimension, five a word; 0 before fit."""
        return 2 * len(self._vector) + 5 * int(np.count_nonzero(self._words)) if self._fitted else 0

    def fit(self, judged: Texts, liked: Ids, *, weights: Array | None = None) -> Self:
        """Learn from papers judged; of more than 2,000 those that weigh most, of equals the first.

        Raises ShapeError.
        """
        known = texts(judged, "judged")
        trust = judgements(liked, weights, len(known.vectors))
        chosen = np.sort(np.lexsort((np.arange(len(trust)), -np.abs(trust)))[:_JUDGED])
        learned, sign = some(known, chosen), trust[chosen]
        whole = np.abs(sign).sum()
        count = np.abs(sign)
        if (sign > 0).any() and (sign < 0).any():
            for side, worth in ((sign > 0, 1.0), (sign < 0, self.against)):
                count[side] *= worth * whole / 2 / count[side].sum()
        missing = max(sign.sum(), 0.0)
        if self.background is not None and missing:
            learned = _joined(learned, texts(self.background, "background", dim=known.vectors.shape[1]))
            many = len(learned.vectors) - len(sign)
            count = np.concatenate([count, np.full(many, self.against * missing / max(many, 1))])
        wanted = np.concatenate([np.sign(sign), np.zeros(len(count) - len(sign))])
        share = _solved(learned, wanted, self.regularisation / count, self.vectors)
        words = added(learned.terms, share)
        if np.count_nonzero(words) > _TERMS:
            words[np.abs(words) < np.partition(np.abs(words), -_TERMS)[-_TERMS]] = 0
        self._words = words
        self._vector = self.vectors * (share @ learned.vectors.astype(np.float64))
        self._base = float(share.sum())
        self._share = np.zeros(len(trust))
        self._share[chosen] = share[: len(chosen)]
        self._fitted = True
        return self

    def scores(self, papers: Texts) -> Array:
        """Return (M,). Raises ShapeError, NotFittedError."""
        known = self._checked(papers, "papers")
        near = np.einsum("md,d->m", known.vectors.astype(np.float64), self._vector)
        scores: Array = (dot(known.terms, self._words) + near + self._base).astype(np.float32)
        return scores

    def reasons(self, papers: Texts, judged: Texts, *, most: int = 3) -> list[Reasons]:
        """Return for each paper what made its score. Raises ShapeError, NotFittedError."""
        known, examples = self._checked(papers, "papers"), self._checked(judged, "judged")
        near = products(known.terms, examples.terms) + self.vectors * (known.vectors @ examples.vectors.T)
        shares = self._share * near
        row, worth = row_of(known.terms), known.terms.data * self._words[known.terms.indices]
        words = [(known.terms.indices[row == place], worth[row == place]) for place in range(len(shares))]
        return [
            Reasons(strongest(np.arange(len(own)), own, most), strongest(*word, most))
            for own, word in zip(shares, words, strict=True)
        ]

    def _checked(self, papers: Texts, name: str) -> Texts:
        if not self._fitted:
            raise NotFittedError("the ranker knows no reader yet; call fit first")
        return texts(papers, name, dim=len(self._vector), width=len(self._words))


def _joined(first: Texts, second: Texts) -> Texts:
    terms = SparseRows(
        np.concatenate([first.terms.indptr, first.terms.indptr[-1] + second.terms.indptr[1:]]),
        np.concatenate([first.terms.indices, second.terms.indices]),
        np.concatenate([first.terms.data, second.terms.data]),
        first.terms.width,
    )
    return texts(Texts(np.concatenate([first.vectors, second.vectors]), terms), "background")


def _solved(papers: Texts, wanted: Weights, ridge: Weights, vectors: float) -> Weights:
    """Return α: (K + diag(ridge)) α = wanted, with K = words + vectors + 1, by the conjugate gradient.

    K itself is never written down: for thousands of papers its products are cheaper than it.
    """
    dense = papers.vectors.astype(np.float64)

    def applied(v: Weights) -> Weights:
        by_words = dot(papers.terms, added(papers.terms, v))
        by_vectors = vectors * (dense @ (v @ dense))
        return np.asarray(by_words + by_vectors + v.sum() + ridge * v, np.float64)

    squares = np.bincount(
        row_of(papers.terms), papers.terms.data.astype(np.float64) ** 2, minlength=len(wanted)
    )
    own = squares + vectors * np.einsum("nd,nd->n", dense, dense) + 1 + ridge
    alpha, rest = np.zeros(len(wanted)), wanted.copy()
    scaled = rest / own
    way, size = scaled.copy(), float(rest @ scaled)
    for _ in range(min(_STEPS, len(wanted))):
        step = applied(way)
        length = size / float(way @ step)
        alpha += length * way
        rest -= length * step
        scaled = rest / own
        before, size = size, float(rest @ scaled)
        if size <= 1e-12:
            break
        way = scaled + size / before * way
    return alpha
