"""Quantised search: four bits for every two dimensions propose, exact inner products decide.

Product Quantization for Nearest Neighbor Search (Jégou, Douze and Schmid, 2011), doi:10.1109/TPAMI.2010.57,
with the codes summed in registers: Cache locality is not enough: High-Performance Nearest Neighbor Search
with Product Quantization Fast Scan (André, Kermarrec and Le Scouarnec, 2015), doi:10.14778/2856318.2856324. A
vector is cut into pairs of dimensions, each pair becomes the nearest of 16 learned points, and the inner
product with a query becomes a sum of D/2 looked-up numbers. The kernels are FAISS's (Douze et al., 2024),
arXiv:2401.08281.

What is ours: every candidate is scored again from its exact vector, so scores are those of `ExactIndex`; few
documents, documents added since the last training, and searches among given ids are scanned exactly.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self, SupportsIndex

import faiss
import numpy as np
import numpy.typing as npt

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.best import Best
from octavo.find.rows import Rows, allowed, cutoff, shaped, vectors
from octavo.find.saving import Saved, load, save
from octavo.protocols import Array, Hits, Ids

_KIND: Final = "octavo.find.quantised"
_VERSION: Final = 1
_BITS: Final = 4
_SAMPLE: Final = 16_384  # documents learned from
_TAIL: Final = 4096  # new documents that are never worth training again for
_FEWEST: Final = 50  # candidates scored again, however small k is
_WITNESSES: Final = 64  # rows by which a saved index knows its vectors again


class _State(NamedTuple):
    """What a search needs, replaced as one."""

    rows: Rows
    codes: faiss.Index | None  # of the first documents, in order
    coded: int  # how many


class QuantisedIndex:
    """Index for many documents: near-exact hits at a tenth of the exact scan's time.

    oversample: for k hits, this many times k candidates (at least 50) are scored again.
    exact_below: fewer documents than this are scanned exactly, and training waits until there are as many.
    seed: of the training; the same documents, seed and version of FAISS make the same index.
    dtype: how the exact vectors are kept.

    `add` trains when as many documents as `exact_below`, and at least a quarter of all, are new since the
    last training. Many threads may add and search; a search sees the documents there were when it began.
    """

    def __init__(
        self,
        *,
        oversample: int = 5,
        exact_below: int = 20_000,
        seed: int = 0,
        dtype: Literal["float32", "float16"] = "float16",
    ) -> None:
        if oversample < 1:
            raise ValueError(f"oversample must be at least 1, got {oversample}")
        if exact_below < 2**_BITS:
            raise ValueError(f"exact_below must be at least {2**_BITS}, got {exact_below}")
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype must be 'float32' or 'float16', got {dtype!r}")
        self.oversample = oversample
        self.exact_below = exact_below
        self.seed = seed
        self.dtype = dtype
        self._state = _State(Rows(dtype), None, 0)
        self._changing = threading.RLock()

    def __len__(self) -> int:
        return len(self._state.rows)

    @property
    def untrained(self) -> int:
        """How many documents, added since the last training, are scanned exactly."""
        return len(self) - self._state.coded

    def add(self, x: npt.NDArray[np.floating[Any]]) -> Self:
        """Add (N, D) vectors, copied, after those already there. Raises ShapeError."""
        with self._changing:
            self._state = self._state._replace(rows=self._state.rows.added(x))
            return self._trained_if_due()

    def attach(self, x: npt.NDArray[np.floating[Any]]) -> Self:
        """Hold the documents' vectors in (N, D) x from now on, without copying or reading it.

        x may be a memory-mapped file. It must begin with the documents already there; further rows are new
        ones. Raises ShapeError.
        """
        with self._changing:
            rows = Rows.of(self.dtype, shaped(x, "x", self._state.rows.dim))
            if len(rows) < len(self):
                raise ShapeError(f"x must hold the {len(self)} documents of the index first, got {len(rows)}")
            self._state = self._state._replace(rows=rows)
            return self._trained_if_due()

    def train(self) -> Self:
        """Learn the codes anew from all documents; without effect below `exact_below` documents."""
        with self._changing:
            rows = self._state.rows
            if len(rows) >= self.exact_below:
                self._state = _State(rows, _codes(rows, self.seed), len(rows))
            return self

    def _trained_if_due(self) -> Self:
        due = not self._state.coded or self.untrained >= max(_TAIL, len(self) // 8)
        return self.train() if due else self

    def search(
        self, queries: npt.NDArray[np.floating[Any]], k: SupportsIndex, *, among: Ids | None = None
    ) -> Hits:
        """Return the best k for each row of (Q, D); `among` restricts to those ids. Raises ShapeError."""
        rows, codes, coded = self._state
        asked = vectors(queries, "queries", rows.dim)
        best = Best(asked, min(cutoff(k), len(rows)))
        if among is not None:
            blocks = rows.blocks_among(allowed(among, len(rows)))
        elif codes is None or self._candidates(best.k) >= coded:
            blocks = rows.blocks()
        else:
            for query, candidates in enumerate(_proposed(codes, asked, self._candidates(best.k))):
                best.offer_to(query, candidates, rows.take(candidates))
            blocks = rows.blocks(start=coded)
        for ids, block in blocks:
            best.offer(ids, block)
        return best.hits()

    def _candidates(self, k: int) -> int:
        return max(_FEWEST, self.oversample * k)

    def save(self, folder: Path, *, vectors: bool = True) -> None:
        """Write to a folder, so that a crash leaves what was there before.

        vectors: False leaves the exact vectors out, for whoever keeps them anyway and gives them to `load`.
        """
        rows, codes, coded = self._state
        facts = {
            "oversample": self.oversample,
            "exact_below": self.exact_below,
            "seed": self.seed,
            "dtype": self.dtype,
            "coded": coded,
            "witnesses": _witnesses(rows, coded),
        }
        arrays: dict[str, npt.NDArray[Any]] = {}
        if codes is not None:
            arrays["codes"] = faiss.serialize_index(codes)
        if vectors:
            arrays["vectors"] = rows.joined()
        save(folder, _KIND, _VERSION, Saved(facts, arrays))

    @classmethod
    def load(cls, folder: Path, *, vectors: npt.NDArray[np.floating[Any]] | None = None) -> Self:
        """Read what `save` wrote, with the exact vectors (N, D) from there or, uncopied, those given.

        Raises SavedFileError, also where the vectors given are not those the codes were made from.
        """
        saved = load(folder, _KIND, _VERSION)
        facts = saved.facts
        exact = saved.arrays.get("vectors") if vectors is None else vectors
        if exact is None:
            raise SavedFileError(f"{str(folder)!r} was saved without vectors, which must be given")
        index = cls(
            oversample=facts["oversample"],
            exact_below=facts["exact_below"],
            seed=facts["seed"],
            dtype=facts["dtype"],
        )
        rows = Rows.of(index.dtype, shaped(exact, "vectors", None) if exact.size else exact)
        codes = faiss.deserialize_index(saved.arrays["codes"]) if "codes" in saved.arrays else None
        if len(rows) < facts["coded"] or _witnesses(rows, facts["coded"]) != facts["witnesses"]:
            raise SavedFileError(f"{str(folder)!r} holds codes of other vectors; build the index again")
        index._state = _State(rows, codes, facts["coded"])
        return index


def _codes(rows: Rows, seed: int) -> faiss.Index:
    """Learn 16 points for every pair of dimensions and encode all rows."""
    dim = _padded(rows.take(np.empty(0, np.int64))).shape[1]
    codes = faiss.IndexPQFastScan(dim, dim // 2, _BITS, faiss.METRIC_INNER_PRODUCT)
    codes.pq.cp.seed = seed
    codes.pq.cp.min_points_per_centroid = 1  # few documents are no reason to write to the terminal
    sample = np.random.default_rng(seed).permutation(len(rows))[:_SAMPLE]
    with _one_thread():
        codes.train(_padded(rows.take(np.sort(sample))))
        for _, block in rows.blocks():
            codes.add(_padded(block))
    return codes


def _proposed(codes: faiss.Index, queries: Array, count: int) -> Iterator[Ids]:
    """Yield the ids of the most promising documents for each query, ascending."""
    with _one_thread():
        _, ids = codes.search(_padded(queries), count)
    for row in ids:
        yield np.sort(row[row >= 0])


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


def _witnesses(rows: Rows, coded: int) -> str:
    """Return a checksum of some of the rows that are coded."""
    some = (
        np.unique(np.linspace(0, coded - 1, _WITNESSES).astype(np.int64)) if coded else np.empty(0, np.int64)
    )
    return hashlib.sha256(rows.take(some).tobytes()).hexdigest()
