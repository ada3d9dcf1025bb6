"""Exact search: every document is scored. The oracle of the other indexes, and the best of them for few
documents."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final, Literal, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from octavo.find.best import Best
from octavo.find.rows import Rows, allowed, cutoff, vectors
from octavo.protocols import Hits, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.find.exact"
_VERSION: Final = 1


class ExactIndex:
    """Index that scans every vector.

    dtype: how vectors are kept, as float32 or as float16: half the memory, three decimals.

    Many threads may add and search; a search sees the documents there were when it began.

    >>> import numpy as np
    >>> index = ExactIndex().add(np.eye(3, dtype=np.float32))
    >>> hits = index.search(np.array([[0.0, 0.25, 0.5]], dtype=np.float32), k=2)
    >>> hits.ids.tolist(), hits.scores.tolist()
    ([[2, 1]], [[0.5, 0.25]])
    """

    def __init__(self, *, dtype: Literal["float32", "float16"] = "float32") -> None:
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype must be 'float32' or 'float16', got {dtype!r}")
        self.dtype = dtype
        self._rows = Rows(dtype)
        self._adding = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, x: npt.NDArray[np.floating[Any]]) -> Self:
        """Add (N, D) vectors, copied, after those already there. Raises ShapeError."""
        with self._adding:
            self._rows = self._rows.added(x)
        return self

    def search(
        self, queries: npt.NDArray[np.floating[Any]], k: SupportsIndex, *, among: Ids | None = None
    ) -> Hits:
        """Return the best k for each row of (Q, D); `among` (M,) restricts to those ids. Raises
        ShapeError."""
        rows = self._rows
        best = Best(vectors(queries, "queries", rows.dim), min(cutoff(k), len(rows)))
        blocks = rows.blocks() if among is None else rows.blocks_among(allowed(among, len(rows)))
        for ids, block in blocks:
            best.offer(ids, block)
        return best.hits()

    def save(self, folder: Path) -> None:
        """Write to a folder, so that a crash leaves what was there before."""
        save(folder, _KIND, _VERSION, Saved({"dtype": self.dtype}, {"vectors": self._rows.joined()}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        index = cls(dtype=saved.facts["dtype"])
        index._rows = Rows.of(index.dtype, saved.arrays["vectors"])
        return index
