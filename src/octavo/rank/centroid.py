"""The plain profile: a paper is scored by how near it is to the mean of what was liked, less the mean of what
was not.

    p = Σ_liked w_i x_i / Σ_liked w_i - β Σ_disliked w_i x_i / Σ_disliked w_i,    score(x) = x · p / |p|

once in the space of words and once in that of the encoder's vectors; the two are added. Rocchio's formula of
1971, and what most systems do that do anything. It has one centre, so of two interests it sees the middle.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Ids, Reasons, Texts
from octavo.rank.reasons import strongest
from octavo.rank.sparse import added, dot, judgements, products, row_of, texts

_TERMS = 600  # words kept of a reader: three bytes for which one, two for how much


class Centroid:
    """Ranker with one centre for all that was liked, and one for what was not.

    negative: β, how much a dislike counts beside a like. vectors: how much the encoder's vectors count beside
    the words.

    >>> from octavo.testing import planted_texts
    >>> papers, subject = planted_texts()
    >>> ranker = Centroid().fit(papers, np.where(subject == 0, 1, -1))
    >>> bool(ranker.scores(papers)[subject == 0].min() > ranker.scores(papers)[subject == 1].max())
    True
    """

    def __init__(self, *, negative: float = 0.5, vectors: float = 1.0) -> None:
        self.negative = negative
        self.vectors = vectors
        self._fitted = False

    @property
    def nbytes(self) -> int:
        """Two bytes a dimension, five a word; 0 before fit."""
        return 2 * len(self._vector) + 5 * len(self._columns) if self._fitted else 0

    def fit(self, judged: Texts, liked: Ids, *, weights: Array | None = None) -> Self:
        """Learn from papers judged. Raises ShapeError."""
        known = texts(judged, "judged")
        trust = judgements(liked, weights, len(known.vectors))
        share = np.zeros(len(trust))
        for side, worth in ((trust > 0, 1.0), (trust < 0, self.negative)):
            if side.any():
                share[side] = worth * trust[side] / np.abs(trust[side]).sum()
        profile = added(known.terms, share)
        if np.count_nonzero(profile) > _TERMS:
            profile[np.abs(profile) < np.partition(np.abs(profile), -_TERMS)[-_TERMS]] = 0
        middle = share @ known.vectors.astype(np.float64)
        self._word_length = float(np.linalg.norm(profile)) or 1.0
        self._vector_length = float(np.linalg.norm(middle)) or 1.0
        self._columns = np.flatnonzero(profile)
        self._profile = profile / self._word_length
        self._vector = self.vectors * middle / self._vector_length
        self._share = share
        self._fitted = True
        return self

    def scores(self, papers: Texts) -> Array:
        """Return (M,). Raises ShapeError, NotFittedError."""
        known = self._checked(papers, "papers")
        near = np.einsum("md,d->m", known.vectors.astype(np.float64), self._vector)
        scores: Array = (dot(known.terms, self._profile) + near).astype(np.float32)
        return scores

    def reasons(self, papers: Texts, judged: Texts, *, most: int = 3) -> list[Reasons]:
        """Return for each paper what made its score. Raises ShapeError, NotFittedError."""
        known, examples = self._checked(papers, "papers"), self._checked(judged, "judged")
        shares: npt.NDArray[np.float64] = self._share * (
            products(known.terms, examples.terms) / self._word_length
            + self.vectors * (known.vectors @ examples.vectors.T) / self._vector_length
        )
        row, worth = row_of(known.terms), known.terms.data * self._profile[known.terms.indices]
        words = [(known.terms.indices[row == place], worth[row == place]) for place in range(len(shares))]
        return [
            Reasons(strongest(np.arange(len(own)), own, most), strongest(*word, most))
            for own, word in zip(shares, words, strict=True)
        ]

    def _checked(self, papers: Texts, name: str) -> Texts:
        if not self._fitted:
            raise NotFittedError("the ranker knows no reader yet; call fit first")
        return texts(papers, name, dim=len(self._vector), width=len(self._profile))
