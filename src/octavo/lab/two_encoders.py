"""An upgrade to experiment with: an old encoder's index, a new encoder, and papers that both have read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from octavo.lab.abstracts import Abstracts
from octavo.lab.latent import LatentSemantic
from octavo.protocols import Array, Bridge, Ids

_DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class Side:
    """What one encoder made.

    pool: of the papers from which anchors are taken (P, D). index: of N other papers (N, D). titles: of their
    titles alone (N, D), questions to which row i of the index is the answer.
    """

    pool: Array
    index: Array
    titles: Array


@dataclass(frozen=True, slots=True)
class TwoEncoders:
    """words: latent semantic analysis, 256 dimensions, fitted on yet other abstracts. meaning: MiniLM, 384.

    They have nothing in common: neither data, nor architecture, nor dimensions. categories: of the pool, then
    of the index.
    """

    words: Side
    meaning: Side
    categories: tuple[str, ...]

    @classmethod
    def read(cls, data: Path, *, tiny: bool = False) -> Self:
        """Return 2,500 papers to take anchors from and an index of 2,500; of `tiny`, 60 and 60."""
        half, fitted_on, dim = (60, 60, 16) if tiny else (2500, 8000, 256)
        papers = Abstracts.read(data, 2 * half + fitted_on)
        whole = [f"{title}\n{text}" for title, text in zip(papers.titles, papers.texts, strict=True)]
        words = LatentSemantic(dim).fit(whole[2 * half :])
        some = Abstracts(*(part[: 2 * half] for part in _columns(papers)))
        sides = []
        for x, titles in (
            (words.encode_documents(whole[: 2 * half]), words.encode_queries(some.titles[half:])),
            (some.vectors(), some.title_vectors()[half:]),
        ):
            sides.append(Side(x[:half], x[half:], titles))
        return cls(sides[0], sides[1], some.categories)


def _columns(papers: Abstracts) -> tuple[tuple[str, ...], ...]:
    return papers.titles, papers.texts, papers.categories, papers.dates


def found(questions: Array, index: Array, k: int = _DEPTH) -> float:
    """Return for what share of N questions (N, D) row i of the index (N, D) is among the k nearest."""
    scores = questions @ index.T
    own = np.take_along_axis(scores, np.arange(len(index))[:, None], axis=1)
    return float(((scores > own).sum(axis=1) < k).mean())


def crossed(bridge: Bridge, old: Side, new: Side, anchors: Ids) -> float:
    """Fit a bridge on those rows of the pool; return what new questions find in the old index."""
    bridge.fit(old.pool[anchors], new.pool[anchors])
    return found(bridge.to_old(new.titles), old.index)
