"""Item-kNN: a paper is scored by how many readers it shares with the papers that a reader has.

    s_ij = |readers of both| / (√|readers of i| √|readers of j| + h),    score(x) = x S

of which each paper keeps its k nearest.

The plain baseline of recommending (Sarwar and others, 2001), with a shrinkage h that distrusts small numbers.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import full, histories_of

_BLOCK = 1000  # papers at once


class ItemKNN:
    """Scores papers by their nearest among those that a reader has.

    neighbours: k. shrinkage: h.

    >>> import numpy as np
    >>> from octavo.rank.sparse import from_dense
    >>> have = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)
    >>> ItemKNN().fit(from_dense(have)).scores(from_dense(have[3:])).argmax(axis=1).tolist()
    [1]
    """

    def __init__(self, *, neighbours: int = 100, shrinkage: float = 10.0) -> None:
        if neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, got {neighbours}")
        if not (np.isfinite(shrinkage) and shrinkage >= 0):
            raise ValueError(f"shrinkage must be finite and not negative, got {shrinkage}")
        self.neighbours, self.shrinkage = neighbours, shrinkage
        self._fitted = False

    def fit(self, histories: SparseRows) -> Self:
        """Learn from (U, N) ones. Raises ShapeError, MissingPackageError."""
        have = histories_of(histories, "histories")
        from scipy.sparse import csr_matrix, vstack

        length = np.sqrt(np.asarray(have.sum(axis=0)).ravel())
        blocks = [csr_matrix((0, have.shape[1]), dtype=np.float32)]
        papers = have.T.tocsr()
        for low in range(0, have.shape[1], _BLOCK):
            shared = (papers[low : low + _BLOCK] @ have).tocoo()
            row, column = shared.row, shared.col
            near = shared.data / (length[low + row] * length[column] + self.shrinkage)
            near[low + row == column] = 0
            order = np.lexsort((column, -near, row))
            starts = np.searchsorted(row[order], np.arange(papers[low : low + _BLOCK].shape[0]))
            first = np.arange(len(order)) - starts[row[order]] < self.neighbours
            kept = order[first]
            shape = (papers[low : low + _BLOCK].shape[0], have.shape[1])
            blocks.append(csr_matrix((near[kept], (row[kept], column[kept])), shape=shape, dtype=np.float32))
        self._near = vstack(blocks).T.tocsr()
        self._fitted = True
        return self

    def scores(self, histories: SparseRows) -> Array:
        """Return (Q, N) for (Q, N) ones. Raises ShapeError, NotFittedError."""
        if not self._fitted:
            raise NotFittedError("item-kNN knows no readers yet; call fit first")
        return full(histories_of(histories, "histories", width=self._near.shape[0]) @ self._near)
