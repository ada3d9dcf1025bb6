"""Spread: what is known of papers that readers have, lent to new ones that use the same words.

    score(new) = Σ_{i near new} (a_new · a_i) score(i)

over the k papers nearest in words a. So what many readers taught, which says nothing of a paper that nobody
has, reaches the papers of this morning.
"""

from __future__ import annotations

import numpy as np

from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import full, matrix_of

_BLOCK = 1000  # new papers at once


def spread(scores: Array, known: SparseRows, new: SparseRows, *, neighbours: int = 20) -> Array:
    """Return (Q, M): scores (Q, N) of papers with the words `known` (N, W), lent to those of `new` (M, W).

    Raises ShapeError, MissingPackageError.

    >>> import numpy as np
    >>> from octavo.rank.sparse import from_dense
    >>> words = from_dense(np.eye(3, dtype=np.float32))
    >>> spread(np.array([[3.0, 1.0, 2.0]], np.float32), words, words, neighbours=1).tolist()
    [[3.0, 1.0, 2.0]]
    """
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    old, fresh = matrix_of(known, "known"), matrix_of(new, "new", width=known.width)
    if scores.ndim != 2 or scores.shape[1] != old.shape[0]:
        raise ShapeError(f"scores must have the shape (Q, {old.shape[0]}), got {scores.shape}")
    lent = np.zeros((len(scores), fresh.shape[0]), np.float32)
    k = min(neighbours, old.shape[0])
    for low in range(0, fresh.shape[0], _BLOCK):
        near = full(fresh[low : low + _BLOCK] @ old.T)
        first = np.argpartition(-near, k - 1, axis=1)[:, :k] if k else np.zeros((len(near), 0), np.int64)
        worth = np.take_along_axis(near, first, axis=1)
        for place in range(k):
            lent[:, low : low + len(near)] += worth[:, place] * scores[:, first[:, place]]
    return lent


def regressed(scores: Array, known: Array, new: Array, *, regularisation: float = 1.0) -> Array:
    """Return (Q, M): ridge regression of scores (Q, N) on vectors (N, D), told for others (M, D).

    As `spread`, but by the whole of what the scores have to do with the vectors, not by the nearest alone.
    Raises ShapeError.
    """
    if not (np.isfinite(regularisation) and regularisation > 0):
        raise ValueError(f"regularisation must be finite and above zero, got {regularisation}")
    old = matrix(known, "known")
    fresh = matrix(new, "new", dim=old.shape[1])
    if scores.ndim != 2 or scores.shape[1] != len(old):
        raise ShapeError(f"scores must have the shape (Q, {len(old)}), got {scores.shape}")
    gram = old.T @ old + np.float32(regularisation) * np.eye(old.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram.astype(np.float64), (scores @ old).T.astype(np.float64))
    return np.asarray((fresh @ weights.astype(np.float32)).T, np.float32)
