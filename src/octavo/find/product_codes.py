"""Product quantisation: four bits for every two dimensions, and sums of them read from registers.

Product Quantization for Nearest Neighbor Search (Jégou, Douze and Schmid, 2011), doi:10.1109/TPAMI.2010.57,
with the codes summed in registers: Cache locality is not enough: High-Performance Nearest Neighbor Search
with Product Quantization Fast Scan (André, Kermarrec and Le Scouarnec, 2015), doi:10.14778/2856318.2856324. A
vector is cut into pairs of dimensions, each pair becomes the nearest of 16 learned points, and the inner
product with a query becomes a sum of D/2 looked-up numbers. The kernels are FAISS's (Douze et al., 2024),
arXiv:2401.08281.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import faiss
import numpy as np
import numpy.typing as npt

from octavo.find.rows import Rows
from octavo.protocols import Array, Ids

_BITS: Final = 4
_SAMPLE: Final = 16_384  # documents learned from


class ProductCodes:
    """The codes of documents, in order; nothing is changed after they are made."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def learned(cls, rows: Rows, seed: int) -> Self:
        """Learn 16 points for every pair of dimensions from some rows, and encode them all."""
        dim = rows.dim or 0
        even = dim + dim % 2
        index = faiss.IndexPQFastScan(even, even // 2, _BITS, faiss.METRIC_INNER_PRODUCT)
        index.pq.cp.seed = seed
        index.pq.cp.min_points_per_centroid = 1  # few documents are no reason to write to the terminal
        sample = np.random.default_rng(seed).permutation(len(rows))[:_SAMPLE]
        with _one_thread():
            index.train(_padded(rows.take(np.sort(sample))))
            for _, block in rows.blocks():
                index.add(_padded(block))
        return cls(index)

    def proposed(self, queries: Array, count: int) -> Iterator[Ids]:
        """Yield for each query (Q, D) the ids of the `count` most promising documents, ascending."""
        with _one_thread():
            _, ids = self._index.search(_padded(queries), count)
        for row in ids:
            yield np.sort(row[row >= 0])

    def to_bytes(self) -> npt.NDArray[np.uint8]:
        """Return the codes and what was learned, to be saved."""
        serialised: npt.NDArray[np.uint8] = faiss.serialize_index(self._index)
        return serialised

    @classmethod
    def from_bytes(cls, serialised: npt.NDArray[Any]) -> Self:
        """Return what `to_bytes` was called on. The bytes must be trusted: checked, or just made."""
        return cls(faiss.deserialize_index(serialised))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS to this thread: its loops are too short to share, and waiting for each other they burn
    time."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _padded(x: Array) -> Array:
    """Add a column of zeros, which no inner product notices, if the last dimension lacks its pair."""
    return np.pad(x, ((0, 0), (0, 1))) if x.shape[1] % 2 else np.ascontiguousarray(x)
