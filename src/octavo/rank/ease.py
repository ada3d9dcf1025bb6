"""EASE, from the readers' side: what readers who have this paper also have, with one matrix inverted.

For histories X (U, N) and a regularisation λ the papers' weights are

    B = I - P / diag(P),    P = (XᵀX + λI)⁻¹ = (I - XᵀMX) / λ,    M = (XXᵀ + λI)⁻¹,

and a reader's scores x B. Steck's closed form of 2019 inverts N × N; by the identity in the middle the U × U
of the readers suffices: for twenty-six thousand papers and eight thousand readers thirty times less work. It
knows a paper only by who has it: of a new one it says nothing.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import full, histories_of


class Ease:
    """Scores papers by the papers that a reader has, by weights learned from all readers.

    regularisation: λ, the larger the more a weight needs to be borne out. For U readers it takes 4 U² bytes.

    >>> import numpy as np
    >>> from octavo.rank.sparse import from_dense
    >>> have = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]], np.float32)
    >>> scores = Ease(regularisation=1).fit(from_dense(have)).scores(from_dense(have[3:]))
    >>> int(scores[0, 1:].argmax()) + 1
    1
    """

    def __init__(self, *, regularisation: float = 300.0) -> None:
        if not (np.isfinite(regularisation) and regularisation > 0):
            raise ValueError(f"regularisation must be finite and above zero, got {regularisation}")
        self.regularisation = regularisation
        self._fitted = False

    def fit(self, histories: SparseRows) -> Self:
        """Learn from (U, N) ones. Raises ShapeError, MissingPackageError."""
        have = histories_of(histories, "histories")
        gram = full(have @ have.T)
        gram[np.diag_indices_from(gram)] += self.regularisation
        self._inverse = inverse(gram)
        self._have = have
        told = full((have.T @ self._inverse).T)
        own = np.asarray(have.multiply(told).sum(axis=0), np.float64).ravel()
        self._diagonal = ((1 - own) / self.regularisation).astype(np.float32)
        self._fitted = True
        return self

    def scores(self, histories: SparseRows) -> Array:
        """Return (Q, N) for (Q, N) ones, of these readers or of others.

        A paper that the reader has is scored by the others. Raises ShapeError, NotFittedError.
        """
        if not self._fitted:
            raise NotFittedError("EASE knows no readers yet; call fit first")
        asked = histories_of(histories, "histories", width=self._have.shape[1])
        through = full((self._have.T @ (full(asked @ self._have.T) @ self._inverse).T).T)
        mine = full(asked)
        return np.asarray(mine - (mine - through) / self.regularisation / self._diagonal, np.float32)


def inverse(gram: Array) -> Array:
    """Return the inverse of a positive definite (U, U), overwriting it."""
    from scipy.linalg import lapack

    root, _ = lapack.spotrf(gram.T, lower=0, overwrite_a=1)
    half, _ = lapack.spotri(root, lower=0, overwrite_c=1)
    upper = np.triu(half)
    return np.asarray(upper + np.triu(upper, 1).T, np.float32)
