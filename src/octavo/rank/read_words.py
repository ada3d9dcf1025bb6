"""Which words are read together: a likeness of papers by their words, learned from many readers.

    Z = A V,    V the first k directions of the words A (N, W)
    C = Xᵀ D X without its diagonal, each paper divided by √(its readers), each reader by their papers (D)
    B = (ZᵀZ + λI)⁻¹ Zᵀ C Z (ZᵀZ + λI)⁻¹,    likeness(i, j) = z_i B z_j

B is the ridge regression, on both sides, of who reads both papers on the words of each; so it also speaks of
papers that nobody has read yet. "Transformer" and "attention" need not stand in the same paper to be near.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import directions_of, full, histories_and_words, histories_of, matrix_of


class ReadWords:
    """Scores papers, new ones too, by a likeness of words that many readers' histories taught.

    dim: k. regularisation: λ.
    """

    def __init__(self, *, dim: int = 1000, regularisation: float = 0.3) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        if not (np.isfinite(regularisation) and regularisation > 0):
            raise ValueError(f"regularisation must be finite and above zero, got {regularisation}")
        self.dim, self.regularisation = dim, regularisation
        self._fitted = False

    def fit(self, histories: SparseRows, terms: SparseRows) -> Self:
        """Learn from (U, N) ones and the papers' words (N, W). Raises ShapeError, MissingPackageError."""
        have, words = histories_and_words(histories, terms)
        directions = directions_of(words, min(self.dim, *words.shape))
        z = full(words @ directions)
        papers = np.maximum(np.asarray(have.sum(axis=1)).ravel(), 1)
        readers = np.maximum(np.asarray(have.sum(axis=0)).ravel(), 1)
        mine = full(have @ (z / np.sqrt(readers)[:, None]))
        own = np.asarray(have.T @ (1 / papers)).ravel() / readers
        both = mine.T @ (mine / papers[:, None]) - z.T @ (z * own[:, None])
        inner = np.linalg.inv((z.T @ z + self.regularisation * np.eye(z.shape[1])).astype(np.float64))
        self._directions = directions
        self._likeness = (inner @ both @ inner).astype(np.float32)
        self._fitted = True
        return self

    def vectors(self, terms: SparseRows) -> Array:
        """Return the (N, k) of papers' words. Raises ShapeError, NotFittedError."""
        if not self._fitted:
            raise NotFittedError("no words were learned yet; call fit first")
        return full(matrix_of(terms, "terms", width=len(self._directions)) @ self._directions)

    def scores(self, histories: SparseRows, had: SparseRows, papers: SparseRows) -> Array:
        """Return (Q, M): histories (Q, N) over papers with the words `had` (N, W), M others with theirs."""
        have = histories_of(histories, "histories")
        profile = full(have @ self.vectors(had))
        return np.asarray(profile @ self._likeness @ self.vectors(papers).T, np.float32)
