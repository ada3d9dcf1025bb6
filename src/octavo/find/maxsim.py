"""MaxSim: every token of the query looks for its best token in the document.

ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT
(Khattab and Zaharia, 2020), arXiv:2004.12832:

    score(Q, P) = Σ_{q ∈ Q} w_q · max_{p ∈ P} ⟨q, p⟩,

which without weights is the Chamfer similarity of two bags of vectors.

Differs from the paper: the vectors are those of any encoder of tokens, not of one trained for this; there are
no [Q], [D] and [MASK] tokens; documents are kept as 8-bit or 4-bit integers; and the tokens of a query may be
weighted by how rare they are, with w_q = ln(1 + (N - n_q + ½) / (n_q + ½)) for a token in n_q of N documents.
A weight that is not negative moves into the vector, w · max ⟨q, p⟩ = max ⟨w q, p⟩: multiply the rows of a
query by `Rarity.weights`, for this and for every other method over bags.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self, SupportsIndex

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.find.bags import Bags, stacked
from octavo.find.rows import allowed, cutoff
from octavo.find.token_codes import Bits, TokenCodes
from octavo.protocols import Array, Hits, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.find.maxsim"
_VERSION: Final = 1
_BLOCK: Final = 32  # documents scored at once: their tokens stay in the processor's cache


def chamfer(query: Array, documents: Bags) -> Array:
    """Return (N,), the score of a query (T, D) with each document; 0 where either has no tokens."""
    scores = np.zeros(len(documents.lengths), np.float32)
    some = np.flatnonzero(documents.lengths)
    if len(some) and len(query):
        starts = (np.cumsum(documents.lengths) - documents.lengths)[some]
        best = np.maximum.reduceat(documents.x @ query.T, starts, axis=0)
        scores[some] = best.sum(axis=1)
    return scores


def _scores(codes: TokenCodes, queries: Sequence[Array], ids: Ids) -> Array:
    """Return (Q, C), the score of every query with every one of these documents."""
    scores = np.empty((len(queries), len(ids)), np.float32)
    for low in range(0, len(ids), _BLOCK):
        block = codes.take(ids[low : low + _BLOCK])
        for place, query in enumerate(queries):
            scores[place, low : low + _BLOCK] = chamfer(query, block)
    return scores


class MaxSim:
    """Scores documents that were added before, each a bag (T, D), and puts candidates into a better order.

    bits: of each dimension of a kept token; 8 are as good as exact, 4 take half the memory.

    Many threads may add and search; a search sees the documents there were when it began.

    >>> import numpy as np
    >>> x = np.eye(3, dtype=np.float32)
    >>> maxsim = MaxSim().add([x[:1], x[1:], x])
    >>> maxsim.search([x[:2]], k=2).ids.tolist()
    [[2, 0]]
    """

    def __init__(self, *, bits: Bits = 8) -> None:
        if bits not in (4, 8):
            raise ValueError(f"bits must be 4 or 8, got {bits!r}")
        self.bits: Bits = bits
        self._codes = TokenCodes.empty(bits)
        self._adding = threading.Lock()

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def nbytes(self) -> int:
        """Bytes in which the documents are kept."""
        return self._codes.nbytes

    def add(self, documents: Sequence[npt.NDArray[np.floating[Any]]]) -> Self:
        """Add N bags (T, D) after those already there. Raises ShapeError."""
        with self._adding:
            self._codes = self._codes.added(stacked(documents, "documents", self._codes.dim or None))
        return self

    def search(
        self,
        queries: Sequence[npt.NDArray[np.floating[Any]]],
        k: SupportsIndex,
        *,
        candidates: Sequence[npt.ArrayLike] | None = None,
    ) -> Hits:
        """Return the best k for each of Q bags (T, D). Raises ShapeError.

        candidates: for each query the ids (C,) of the documents to choose from; by default all.
        """
        codes = self._codes
        asked = [stacked([query], "queries", codes.dim or None).x for query in queries]
        if candidates is not None and len(candidates) != len(asked):
            raise ShapeError(
                f"candidates must be one for each of {len(asked)} queries, got {len(candidates)}"
            )
        shape = len(asked), min(cutoff(k), len(codes))
        hits = Hits(np.full(shape, -1, np.int64), np.full(shape, -np.inf, np.float32))
        if candidates is None:
            everything = np.arange(len(codes))
            judged = [(everything, scores) for scores in _scores(codes, asked, everything)]
        else:
            chosen = [allowed(ids, len(codes)) for ids in candidates]
            pairs = zip(asked, chosen, strict=True)
            judged = [(ids, _scores(codes, [query], ids)[0]) for query, ids in pairs]
        for place, (ids, scores) in enumerate(judged):
            order = np.lexsort((ids, -scores))[: shape[1]]
            hits.ids[place, : len(order)] = ids[order]
            hits.scores[place, : len(order)] = scores[order]
        return hits

    def save(self, folder: Path) -> None:
        """Write to a folder, so that a crash leaves what was there before."""
        codes = self._codes
        arrays = {"codes": codes.codes, "scales": codes.scales, "lengths": codes.lengths}
        save(folder, _KIND, _VERSION, Saved({"bits": codes.bits, "dim": codes.dim}, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        maxsim = cls(bits=saved.facts["bits"])
        arrays = saved.arrays
        maxsim._codes = TokenCodes(
            maxsim.bits, saved.facts["dim"], arrays["codes"], arrays["scales"], arrays["lengths"]
        )
        return maxsim


class Rarity:
    """How rare the tokens of N documents are, which says how much each token of a query should count.

    >>> rarity = Rarity().add([[1, 2], [1, 3], [1, 1]])
    >>> [round(float(weight), 2) for weight in rarity.weights([1, 2, 9])]
    [0.13, 0.98, 2.08]
    """

    def __init__(self) -> None:
        self.documents = 0
        self._holding: Counter[int] = Counter()

    def add(self, documents: Iterable[Iterable[int]]) -> Self:
        """Count documents, each given as its tokens (T,)."""
        for tokens in documents:
            self.documents += 1
            self._holding.update(set(map(int, tokens)))
        return self

    def weights(self, query: Iterable[int]) -> Array:
        """Return (T,), the weight of each token of a query; never negative."""
        holding = np.array([self._holding[int(token)] for token in query], dtype=np.float64)
        return np.log1p((self.documents - holding + 0.5) / (holding + 0.5)).astype(np.float32)
