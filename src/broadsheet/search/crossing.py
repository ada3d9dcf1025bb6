"""One encoder's questions asked of another's vectors, while papers are encoded anew.

Papers that the new encoder has read are searched in its own space. All others are searched where the old one
put them, by way of a bridge. The cosines of the two spaces are not alike, so those of the old are brought to
the scale of the new, for each question by itself: the anchors, which have a vector in both, tell what the
mean and the upper end of either is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from broadsheet.search.meaning import Neighbourhood, Tokens
from octavo.arrays import unit
from octavo.bridge.linear import Canonical, Procrustes, Ridge, load_linear
from octavo.exceptions import SavedFileError
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "broadsheet.search.crossing"
_VERSION: Final = 1
_ARRAYS: Final = ("old", "new", "ids", "asked")
_UPPER: Final = 0.98
"""Of a question's cosines with the anchors, this quantile stands for the upper end, where results are. With
half of 2,500 papers encoded anew, titles find .84 of their papers from MiniLM to words and .92 from words to
MiniLM; were spreads made equal instead, .66 and .93."""
_TINY: Final = 1e-6

Linear = Procrustes | Ridge | Canonical


@dataclass(frozen=True, slots=True)
class Crossing:
    """What is kept of two encoders that have met.

    encoder: the new one's name. to_old, to_new: the way for questions, and the way for what readers have.
    old (A, D_old), new (A, D_new): the anchors. ids (P,), asked (P, D_new): papers and their titles as the
    new encoder sees them, by which recall is measured; none of them is an anchor.
    """

    encoder: str
    to_old: Linear
    to_new: Linear
    old: Array
    new: Array
    ids: Ids
    asked: Array

    def save(self, folder: Path) -> None:
        """Write to a folder; whole once `load` finds it."""
        self.to_old.save(folder / "to-old")
        self.to_new.save(folder / "to-new")
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self, name) for name in _ARRAYS}
        save(folder, _KIND, _VERSION, Saved({"encoder": self.encoder}, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        if set(saved.arrays) != set(_ARRAYS) or "encoder" not in saved.facts:
            raise SavedFileError(f"{str(folder)!r} holds no crossing")
        arrays: dict[str, Any] = dict(saved.arrays)
        to_old, to_new = load_linear(folder / "to-old"), load_linear(folder / "to-new")
        return cls(saved.facts["encoder"], to_old, to_new, **arrays)


class Crossed:
    """Two encoders' vectors searched as one, with questions of the new one. A `Near`.

    fresh: what the new encoder has made so far, None before its first vector. waiting: ids of the papers that
    it will read, ascending; None while that is not known.
    """

    def __init__(
        self, crossing: Crossing, old: Neighbourhood, fresh: Neighbourhood | None, waiting: Ids | None
    ) -> None:
        self.crossing, self.old, self.fresh = crossing, old, fresh
        self.encoder, self.dim = crossing.encoder, crossing.new.shape[1]
        rest = old.known if fresh is None else np.setdiff1d(old.known, fresh.known, assume_unique=True)
        # Whoever is neither encoded nor going to be is gone from the store.
        self.rest: Ids = rest if waiting is None else np.intersect1d(rest, waiting, assume_unique=True)
        self.problem = old.problem or (fresh.problem if fresh else "")
        self.generation = (*old.generation, *(fresh.generation if fresh else ()))

    @property
    def known(self) -> Ids:
        """The papers that have a vector of either encoder, ascending."""
        return self.rest if self.fresh is None else np.union1d(self.rest, self.fresh.known)

    def __len__(self) -> int:
        return len(self.rest) + (len(self.fresh) if self.fresh else 0)

    def has(self, paper_ids: Sequence[int] | Ids) -> npt.NDArray[np.bool_]:
        """Which of the papers have a vector, of either encoder."""
        either = np.isin(np.asarray(paper_ids, dtype=np.int64), self.rest)
        return either | self.fresh.has(paper_ids) if self.fresh else either

    def vectors_of(self, paper_ids: Sequence[int]) -> Array:
        """The vectors (M, D_new) of those papers that have one, in the order given; some are led over."""
        ids = np.asarray(paper_ids, dtype=np.int64)
        led = np.isin(ids, self.rest)
        own = self.fresh.has(ids) if self.fresh else np.zeros(len(ids), np.bool_)
        found = np.empty((len(ids), self.dim), np.float32)
        if self.fresh and own.any():
            found[own] = self.fresh.vectors_of(ids[own].tolist())
        if led.any():
            found[led] = self.crossing.to_new.to_old(self.old.vectors_of(ids[led].tolist()))
        return found[own | led]

    def tokens_of(self, paper_ids: Ids) -> Tokens:
        """The codes of the tokens of those papers that the new encoder has read."""
        return self.fresh.tokens_of(paper_ids) if self.fresh else Tokens.none(len(paper_ids))

    def nearest(self, query: Array, k: int, *, among: Ids | None = None) -> list[tuple[int, float]]:
        """The k papers nearest to a (D_new,) vector, best first, with cosines of the new space's scale."""
        hits = self.fresh.nearest(query, k, among=among) if self.fresh else []
        rest = self.rest if among is None else np.intersect1d(self.rest, among, assume_unique=True)
        if len(rest):
            moved = self.crossing.to_old.to_old(query[None])[0]
            whole = among is None and len(rest) == len(self.old.known)
            found = self.old.nearest(moved, k, among=None if whole else rest)
            hits += zip([i for i, _ in found], self._scaled(query, moved, found), strict=True)
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _scaled(self, query: Array, moved: Array, found: list[tuple[int, float]]) -> list[float]:
        there, here = self.crossing.old @ moved, self.crossing.new @ query
        middle, upper = float(there.mean()), float(np.quantile(there, _UPPER))
        wanted, end = float(here.mean()), float(np.quantile(here, _UPPER))
        stretch = (end - wanted) / max(upper - middle, _TINY)
        return [(score - middle) * stretch + wanted for _, score in found]


def crossing(name: str, pairs: tuple[Array, Array], titles: tuple[Array, Array] | None) -> Crossing:
    """Learn the way from (A, D_old) to (A, D_new) and back, by the method that does best on what it has not
    seen. titles: what both make of titles alone, so that questions are learned as well. Raises ShapeError."""
    old, new = (unit(side) for side in pairs)
    more = titles or (np.empty((0, old.shape[1]), np.float32), np.empty((0, new.shape[1]), np.float32))
    both = np.concatenate([old, more[0]]), np.concatenate([new, more[1]])
    ways = [method().fit(*both) for method in (Procrustes, Ridge, Canonical)]
    best = max(ways, key=lambda way: (way.report().found, way.report().cosine))
    back = [method().fit(new, old) for method in (Procrustes, Ridge)]
    return Crossing(
        name,
        best,
        max(back, key=lambda way: way.report().found),
        old,
        new,
        np.empty(0, np.int64),
        np.empty((0, new.shape[1]), np.float32),
    )
