"""Like readers: what those have whose libraries use the same words.

    u_r = Σ_{i in r} a_i / |Σ_{i in r} a_i|,    score_r(i) = Σ_{q near r} (u_r · u_q)^p x_qi

over the k readers nearest to r; a_i are the words of paper i. Two readers may have no paper in common and yet
the same field: that is what a method of who has what alone cannot see, and short histories are full of it.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, SparseRows
from octavo.rank.histories import full, histories_and_words, histories_of, unit_matrix


class LikeReaders:
    """Scores papers by the readers nearest in words.

    neighbours: k. power: p, the larger the more the nearest count.
    """

    def __init__(self, *, neighbours: int = 200, power: float = 3.0) -> None:
        if neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, got {neighbours}")
        if not (np.isfinite(power) and power > 0):
            raise ValueError(f"power must be finite and above zero, got {power}")
        self.neighbours, self.power = neighbours, power
        self._fitted = False

    def fit(self, histories: SparseRows, terms: SparseRows) -> Self:
        """Learn from (U, N) ones and the papers' words (N, W). Raises ShapeError, MissingPackageError."""
        have, words = histories_and_words(histories, terms)
        self._have, self._words = have, words
        self._readers = unit_matrix(have @ words)
        self._fitted = True
        return self

    def scores(self, histories: SparseRows) -> Array:
        """Return (Q, N) for (Q, N) ones; a reader with the very same papers is taken for the same reader.

        Raises ShapeError, NotFittedError.
        """
        if not self._fitted:
            raise NotFittedError("no readers were learned yet; call fit first")
        asked = histories_of(histories, "histories", width=self._have.shape[1])
        near = full(unit_matrix(asked @ self._words) @ self._readers.T)
        size = np.asarray(asked.sum(axis=1)).reshape(-1, 1)
        mine = full(asked @ self._have.T)
        theirs = np.asarray(self._have.sum(axis=1)).reshape(1, -1)
        near[(mine == size) & (theirs == size)] = 0
        k = min(self.neighbours, near.shape[1])
        near[near < np.partition(near, -k, axis=1)[:, -k:][:, :1]] = 0
        return full((self._have.T @ (near**self.power).T).T)
