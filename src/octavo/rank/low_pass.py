"""Low pass: of who has what, the first directions alone, since noise is in the others.

    R = D_u^-½ X D_p^-½,    V the first k right singular vectors of R (N, k)
    scores(x) = (x D_p^-½ V Vᵀ) D_p^½

with D_u and D_p how much each reader has and by how many each paper is had. It is the ideal low-pass filter
of How Powerful is Graph Convolution for Recommendation? (Shen, Wu, Zhang, Shan, Zhang, Letaief and Li, 2021),
arXiv:2108.07567, without the linear filter that the paper adds. Two papers that nobody has both may yet lie
in one direction; EASE, which keeps the single pairs, sees what this one smooths away. They go well together.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import directions_of, full, histories_of


class LowPass:
    """Scores papers by the first directions of the histories of many readers.

    dim: k. For N papers it takes 4 N k bytes.

    >>> import numpy as np
    >>> from octavo.rank.sparse import from_dense
    >>> have = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]], np.float32)
    >>> scores = LowPass(dim=2).fit(from_dense(have)).scores(from_dense(have[3:]))
    >>> int(scores[0, 1:].argmax()) + 1
    1
    """

    def __init__(self, *, dim: int = 256) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self.dim = dim
        self._fitted = False

    def fit(self, histories: SparseRows) -> Self:
        """Learn from (U, N) ones. Raises ShapeError, MissingPackageError."""
        have = histories_of(histories, "histories")
        from scipy.sparse import diags

        many = np.maximum(np.asarray(have.sum(axis=0)).ravel(), 1)
        much = np.maximum(np.asarray(have.sum(axis=1)).ravel(), 1)
        even = (diags(much**-0.5) @ have @ diags(many**-0.5)).tocsr().astype(np.float32)
        self._directions = directions_of(even, min(self.dim, *have.shape))
        self._root = np.sqrt(many).astype(np.float32)
        self._fitted = True
        return self

    def scores(self, histories: SparseRows) -> Array:
        """Return (Q, N) for (Q, N) ones, of these readers or of others. Raises ShapeError, NotFittedError."""
        if not self._fitted:
            raise NotFittedError("the low pass knows no readers yet; call fit first")
        asked = histories_of(histories, "histories", width=len(self._root))
        middle = full(asked @ (self._directions / self._root[:, None]))
        return np.asarray(middle @ self._directions.T * self._root, np.float32)
