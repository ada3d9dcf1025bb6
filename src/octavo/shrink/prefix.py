"""Prefix funnel: the first few dimensions propose, more of them decide, all of them have the last word.

Matryoshka Representation Learning (Kusupati et al., 2022), arXiv:2205.13147. With dimensions in order of
importance, the first m of a vector are a shorter vector of the same thing, so a search goes through
prefixes m_1 < m_2 < .. < D and keeps fewer candidates at each,

    C_0 = all N,    C_i = the k_i best of C_{i-1} by ⟨q[:m_i], x[:m_i]⟩,    k_1 > k_2 > .. ≥ k.

Differs from the paper: nothing is taught to put what matters first. `Importance` turns vectors onto their
principal directions, which is the best order there is for squared error, costs one decomposition, and is
what a taught order must beat; inner products of whole vectors stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Hits, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.shrink.prefix"
_VERSION: Final = 1


class Importance:
    """Turns vectors so that their dimensions stand in order of importance.

    >>> import numpy as np
    >>> x = np.array([[0.0, 3.0], [0.1, -3.0], [-0.1, 1.0]], dtype=np.float32)
    >>> bool((np.abs(Importance().fit(x).transform(x))[:, 0] > 0.9).all())
    True
    """

    def __init__(self) -> None:
        self.turn_: Array | None = None

    def fit(self, x: Array, y: Array | None = None) -> Self:
        """Learn the directions from (N, D); y is not looked at. Raises ShapeError."""
        given = matrix(x, "x", least=1).astype(np.float64)
        # Not centred: inner products are with the origin, and its direction matters as any other.
        _, directions = np.linalg.eigh(given.T @ given)
        self.turn_ = directions[:, ::-1].astype(np.float32)
        return self

    def transform(self, x: Array) -> Array:
        """Return (N, D), turned. Raises ShapeError, and NotFittedError before `fit`."""
        if self.turn_ is None:
            raise NotFittedError("fit the directions before turning vectors onto them")
        turned: Array = matrix(x, "x", dim=len(self.turn_)) @ self.turn_
        return turned

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        if self.turn_ is None:
            raise NotFittedError("fit the directions before saving them")
        save(folder, _KIND, _VERSION, Saved({}, {"turn": self.turn_}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        importance = cls()
        importance.turn_ = load(folder, _KIND, _VERSION).arrays["turn"]
        return importance


class Funnel:
    """Searches documents (N, D) through their prefixes.

    stages: (dimensions, candidates kept) of each, dimensions ascending and candidates descending; whole
    vectors decide among what is left.
    """

    def __init__(self, x: npt.NDArray[np.floating[Any]], stages: Sequence[tuple[int, int]]) -> None:
        self.x = matrix(x, "x", least=1)
        dims, kept = [m for m, _ in stages], [k for _, k in stages]
        if not stages or dims != sorted(set(dims)) or kept != sorted(kept, reverse=True) or min(kept) < 1:
            raise ValueError(
                f"stages must have ascending dimensions and descending candidates, got {list(stages)}"
            )
        if not 1 <= dims[0] <= dims[-1] <= self.x.shape[1]:
            raise ValueError(f"dimensions must be between 1 and {self.x.shape[1]}, got {dims}")
        self.stages = tuple(stages)
        self._first = np.ascontiguousarray(self.x[:, : dims[0]])

    def __len__(self) -> int:
        return len(self.x)

    @property
    def products(self) -> float:
        """How many numbers are multiplied for a document of the collection, on average."""
        left, total = len(self), 0
        for (dims, kept), before in zip(self.stages, (0, *(m for m, _ in self.stages)), strict=False):
            total += left * (dims - before)
            left = min(left, kept)
        return float(total + left * (self.x.shape[1] - self.stages[-1][0])) / len(self)

    def search(self, queries: npt.NDArray[np.floating[Any]], k: SupportsIndex) -> Hits:
        """Return the best k for each row of (Q, D). Raises ShapeError."""
        asked = matrix(queries, "queries", dim=self.x.shape[1])
        wanted = k.__index__()
        if wanted < 1:
            raise ShapeError(f"k must be at least 1, got {wanted}")
        width = min(wanted, len(self))
        hits = Hits(
            np.full((len(asked), width), -1, np.int64), np.full((len(asked), width), -np.inf, np.float32)
        )
        for place, query in enumerate(asked):
            ids, scores = self._one(query, width)
            hits.ids[place, : len(ids)], hits.scores[place, : len(ids)] = ids, scores
        return hits

    def _one(self, query: Array, k: int) -> tuple[Ids, Array]:
        ids = np.arange(len(self), dtype=np.int64)
        dims, kept = self.stages[0]
        scores = self._first @ query[:dims]
        for more, fewer in (*self.stages[1:], (self.x.shape[1], k)):
            # Fewer candidates than hits are wanted would leave places empty for nothing.
            ids, scores = _best(ids, scores, max(kept, k))
            scores = scores + np.einsum("cd,d->c", self.x[ids, dims:more], query[dims:more])
            dims, kept = more, fewer
        return _best(ids, scores, k)


def _best(ids: Ids, scores: Array, k: int) -> tuple[Ids, Array]:
    """Return the k best, best first, equal ones by id."""
    if len(ids) > k:
        near = scores >= np.partition(scores, -k)[-k]
        ids, scores = ids[near], scores[near]
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order]
