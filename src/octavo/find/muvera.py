"""MUVERA: one vector for a bag of vectors, so that an ordinary index finds late interaction's candidates.

MUVERA: Multi-Vector Retrieval via Fixed Dimensional Encodings
(Dhulipala, Hadian, Jayaram, Lee and Mirrokni, 2024), arXiv:2405.19504. Random hyperplanes h_1 .. h_k cut the
space into 2^k parts, φ(x) = (⟨h_1, x⟩ > 0, .., ⟨h_k, x⟩ > 0). For every part b, with a random projection
ψ(x) = S x / √d of signs S ∈ {±1}^(d × D),

    F_b(Q) = Σ_{q ∈ Q, φ(q) = b} ψ(q),    F_b(P) = the mean of ψ(p) over p ∈ P with φ(p) = b,

and where no p falls into b, ψ of the p whose φ(p) differs from b in the fewest bits: in documents only, where
every query finds something then. The encoding is F_b for all 2^k parts and R independent repetitions, and its
inner product approximates Chamfer's similarity,

    ⟨F(Q), F(P)⟩ / R ≈ Σ_{q ∈ Q} max_{p ∈ P} ⟨q, p⟩.

Differs from the paper: both encodings are divided by √R, so that the inner product is on Chamfer's scale.
Of equally near tokens the first fills an empty part. The matrices come from NumPy's generator and are saved
with the encoding: no other program's seed gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from octavo.find.bags import Bags, stacked
from octavo.find.maxsim import MaxSim
from octavo.find.rows import cutoff
from octavo.protocols import Array, Hits, Ids, Index
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.find.muvera"
_VERSION: Final = 1
_BLOCK: Final = 128  # documents encoded at once
_MOST_BITS: Final = 16


class FixedDimensional:
    """Encodes bags (T, D) as single vectors (dim,), queries and documents each in their own way.

    width: D, of the vectors in the bags. bits: k, hyperplanes of a repetition. repetitions: R.
    inner: d, to how many dimensions ψ projects; None leaves the vectors as they are (ψ(x) = x).
    final: to how many dimensions the whole is sketched in the end, each of its numbers added, under a random
    sign, to one of them; None leaves it whole. fill: whether empty parts of documents are filled.
    seed: of the random matrices; both sides must be encoded by the same object, or one with the same seed.

    >>> import numpy as np
    >>> encoding = FixedDimensional(3, bits=2, repetitions=5, inner=None)
    >>> document, query = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[:1]
    >>> encoding.dim, encoding.encode_documents([document]).shape
    (60, (1, 60))
    """

    def __init__(
        self,
        width: int,
        *,
        bits: int = 5,
        repetitions: int = 20,
        inner: int | None = 16,
        final: int | None = None,
        fill: bool = True,
        seed: int = 0,
    ) -> None:
        for name, value in (
            ("width", width),
            ("repetitions", repetitions),
            ("inner", inner),
            ("final", final),
        ):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if not 0 <= bits <= _MOST_BITS:
            raise ValueError(f"bits must be between 0 and {_MOST_BITS}, got {bits}")
        self.width, self.bits, self.repetitions = width, bits, repetitions
        self.inner, self.final, self.fill, self.seed = inner, final, fill, seed
        rng = np.random.default_rng(seed)
        self._planes = rng.standard_normal((width, repetitions * bits)).astype(np.float32)
        signs = rng.integers(0, 2, (width, repetitions * (inner or 0))) * 2 - 1
        self._signs = (signs / np.sqrt(inner or 1)).astype(np.float32)
        whole = repetitions * 2**bits * (inner or width)
        places, flips = rng.integers(0, final or 1, whole), rng.integers(0, 2, whole) * 2 - 1
        self._sketch = np.stack([places, flips]) if final else np.empty((2, 0), np.int64)

    @property
    def dim(self) -> int:
        """How many dimensions an encoding has."""
        return self.final or self.repetitions * 2**self.bits * (self.inner or self.width)

    def encode_queries(self, queries: Sequence[npt.NDArray[np.floating[Any]]]) -> Array:
        """Return (Q, dim) from Q bags (T, D). Raises ShapeError."""
        return self._encoded(queries, "queries", documents=False)

    def encode_documents(self, documents: Sequence[npt.NDArray[np.floating[Any]]]) -> Array:
        """Return (N, dim) from N bags (T, D); zeros for one without vectors. Raises ShapeError."""
        return self._encoded(documents, "documents", documents=True)

    def _encoded(self, bags: Sequence[Array], name: str, *, documents: bool) -> Array:
        encodings = [np.empty((0, self.dim), np.float32)]
        for low in range(0, len(bags), _BLOCK):
            block = stacked(bags[low : low + _BLOCK], name, self.width)
            encodings.append(self._block(block, documents=documents))
        return np.concatenate(encodings)

    def _block(self, bags: Bags, *, documents: bool) -> Array:
        full = np.flatnonzero(bags.lengths)
        parts = 2**self.bits
        whole = np.zeros((len(bags.lengths), self.repetitions, parts, self.inner or self.width), np.float32)
        if len(full):
            lengths = bags.lengths[full]
            above = (bags.x @ self._planes > 0).reshape(len(bags.x), self.repetitions, self.bits)
            part = above @ (1 << np.arange(self.bits, dtype=np.int64))  # (M, R)
            moved = (bags.x @ self._signs).reshape(len(bags.x), self.repetitions, self.inner or 0)
            for r in range(self.repetitions):
                projected = bags.x if self.inner is None else moved[:, r]
                whole[full, r] = _parts(projected, part[:, r], lengths, parts, documents, self.fill)
        whole *= np.float32(self.repetitions**-0.5)
        flat: Array = whole.reshape(len(whole), -1)
        return self._sketched(flat) if self.final else flat

    def _sketched(self, whole: Array) -> Array:
        places, flips = self._sketch
        order = np.argsort(places, kind="stable")
        used, starts = np.unique(places[order], return_index=True)
        sketched = np.zeros((len(whole), self.dim), np.float32)
        sketched[:, used] = np.add.reduceat((whole * flips.astype(np.float32))[:, order], starts, axis=1)
        return sketched

    def save(self, folder: Path) -> None:
        """Write to a folder, matrices and all."""
        names = ("width", "bits", "repetitions", "inner", "final", "fill", "seed")
        arrays = {"planes": self._planes, "signs": self._signs, "sketch": self._sketch}
        save(folder, _KIND, _VERSION, Saved({name: getattr(self, name) for name in names}, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        encoding = cls(**saved.facts)
        encoding._planes, encoding._signs = saved.arrays["planes"], saved.arrays["signs"]
        encoding._sketch = saved.arrays["sketch"]
        return encoding


def _parts(x: Array, part: Ids, lengths: Ids, parts: int, documents: bool, fill: bool) -> Array:
    """Return (N, parts, d): what the vectors (M, d) of N bags, none empty, make of every part."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    key = owner * parts + part
    order = np.argsort(key, kind="stable")
    taken, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(x[order], starts, axis=0)
    made = np.zeros((len(lengths) * parts, x.shape[1]), np.float32)
    made[taken] = sums / counts[:, None] if documents else sums
    if documents and fill:
        empty = np.ones(len(made), bool)
        empty[taken] = False
        made[empty] = x[_nearest(part, lengths, parts).reshape(-1)[empty]]
    return made.reshape(len(lengths), parts, -1)


def _nearest(part: Ids, lengths: Ids, parts: int) -> Ids:
    """Return (N, parts): of each bag the vector, counted over all, whose part has the fewest bits other."""
    numbers = np.arange(parts)
    others = np.array([number.bit_count() for number in range(parts)])
    tokens = len(part)
    # The distance leads and the position breaks its ties, so that one minimum finds both.
    order = others[part[:, None] ^ numbers] * tokens + np.arange(tokens)[:, None]
    nearest: Ids = np.minimum.reduceat(order, np.cumsum(lengths) - lengths, axis=0) % tokens
    return nearest


class Muvera:
    """Search over bags in two stages: encodings in any Index propose, MaxSim over kept tokens decides.

    index: new and empty, such as ExactIndex() or QuantisedIndex(); maxsim: new and empty as well.
    """

    def __init__(self, encoding: FixedDimensional, index: Index, maxsim: MaxSim) -> None:
        self.encoding = encoding
        self.index = index
        self.maxsim = maxsim

    def __len__(self) -> int:
        return len(self.maxsim)

    def add(self, documents: Sequence[npt.NDArray[np.floating[Any]]]) -> Self:
        """Add N bags (T, D) after those already there. Raises ShapeError."""
        encodings = self.encoding.encode_documents(documents)
        if len(encodings):
            self.index.add(encodings)
            self.maxsim.add(documents)
        return self

    def search(
        self, queries: Sequence[npt.NDArray[np.floating[Any]]], k: SupportsIndex, *, candidates: int = 100
    ) -> Hits:
        """Return the best k for each of Q bags (T, D), out of so many candidates. Raises ShapeError."""
        proposed = self.index.search(self.encoding.encode_queries(queries), max(cutoff(k), candidates))
        return self.maxsim.search(queries, k, candidates=[row[row >= 0] for row in proposed.ids])
