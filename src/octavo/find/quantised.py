"""Quantised search: short codes of the vectors propose, exact inner products decide.

The codes are those of `product_codes`. Every candidate they propose is scored again from its exact vector, so
scores are those of `ExactIndex`; few documents, documents added since the last training, and searches among
given ids are scanned exactly.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NamedTuple,
    Self,
    SupportsIndex,
    TypeAlias,
    get_args,
)

import numpy as np
import numpy.typing as npt

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.best import Best
from octavo.find.rows import Rows, Stored, allowed, cutoff, shaped, vectors
from octavo.protocols import Hits, Ids
from octavo.saving import Saved, load, save

if TYPE_CHECKING:
    from octavo.find.product_codes import ProductCodes

DType: TypeAlias = Literal["float32", "float16", "int8"]

_KIND: Final = "octavo.find.quantised"
_VERSION: Final = 1
_FEWEST_TRAINED: Final = 16  # documents, as many as points to learn
_TAIL: Final = 4096  # new documents that are never worth training again for
_FEWEST: Final = 50  # candidates scored again, however small k is
_WITNESSES: Final = 64  # rows by which a saved index knows its vectors again


class _State(NamedTuple):
    """What a search needs, replaced as one."""

    rows: Rows
    codes: ProductCodes | None  # of the first documents, in order
    coded: int  # how many


class QuantisedIndex:
    """Index for many documents: nearly every exact hit at a twentieth of the exact scan's time.

    oversample: for k hits, this many times k candidates (at least 50) are scored again.
    exact_below: fewer documents than this are scanned exactly, and training waits until there are as many.
    seed: of the training; the same documents, seed and version of FAISS make the same index.
    dtype: how the exact vectors are kept; as int8 they must be of unit length.

    `add` and `attach` train once there are `exact_below` documents, and again when an eighth of them is new.
    Many threads may add and search; a search sees the documents there were when it began.
    """

    def __init__(
        self,
        *,
        oversample: int = 8,
        exact_below: int = 20_000,
        seed: int = 0,
        dtype: DType = "float16",
    ) -> None:
        if oversample < 1:
            raise ValueError(f"oversample must be at least 1, got {oversample}")
        if exact_below < _FEWEST_TRAINED:
            raise ValueError(f"exact_below must be at least {_FEWEST_TRAINED}, got {exact_below}")
        if dtype not in get_args(DType):
            raise ValueError(f"dtype must be one of {get_args(DType)}, got {dtype!r}")
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

    def attach(self, x: Stored) -> Self:
        """Hold the documents' vectors in (N, D) x from now on, without copying or reading it.

        x may be a memory-mapped file. It must begin with the documents already there; further rows are new
        ones. Raises ShapeError.
        """
        with self._changing:
            rows = Rows.of(self.dtype, shaped(x, "x", self._state.rows.dim, steps=True))
            if len(rows) < len(self):
                raise ShapeError(f"x must hold the {len(self)} documents of the index first, got {len(rows)}")
            self._state = self._state._replace(rows=rows)
            return self._trained_if_due()

    def train(self) -> Self:
        """Learn the codes anew from all documents; without effect below `exact_below` documents."""
        with self._changing:
            rows = self._state.rows
            if len(rows) >= self.exact_below:
                # Imported here because most houses have too few documents to need FAISS, and it is large.
                from octavo.find.product_codes import ProductCodes

                self._state = _State(rows, ProductCodes.learned(rows, self.seed), len(rows))
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
            for query, candidates in enumerate(codes.proposed(asked, self._candidates(best.k))):
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
            arrays["codes"] = codes.to_bytes()
        if vectors:
            arrays["vectors"] = rows.joined()
        save(folder, _KIND, _VERSION, Saved(facts, arrays))

    @classmethod
    def load(cls, folder: Path, *, vectors: Stored | None = None) -> Self:
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
        rows = Rows.of(index.dtype, shaped(exact, "vectors", None, steps=True) if exact.size else exact)
        codes = None
        if "codes" in saved.arrays:
            from octavo.find.product_codes import ProductCodes

            codes = ProductCodes.from_bytes(saved.arrays["codes"])
        if len(rows) < facts["coded"] or _witnesses(rows, facts["coded"]) != facts["witnesses"]:
            raise SavedFileError(f"{str(folder)!r} holds codes of other vectors; build the index again")
        index._state = _State(rows, codes, facts["coded"])
        return index


def _witnesses(rows: Rows, coded: int) -> str:
    """Return a checksum of some of the rows that are coded."""
    some = (
        np.unique(np.linspace(0, coded - 1, _WITNESSES).astype(np.int64)) if coded else np.empty(0, np.int64)
    )
    return hashlib.sha256(rows.take(some).tobytes()).hexdigest()
