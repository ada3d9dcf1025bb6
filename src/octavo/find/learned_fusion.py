"""Learned fusion: how much each ranking counts, learned from queries whose answers are known.

The LambdaLoss Framework for Ranking Metric Optimization (Wang, Li, Golbandi, Bendersky and Najork, 2018),
doi:10.1145/3269206.3271784, with the weights of LambdaRank: a document's score is linear in what the rankings
say of it, s = ⟨w, x⟩, and w makes small

    Σ_q Σ_{i better than j} |ΔnDCG_ij| · log(1 + exp(-(s_i - s_j)))  +  ρ |w - w₀|²,

where ΔnDCG_ij is what nDCG@k would lose if i and j changed places in the present order.

Differs from the paper: no trees, since some hundred queries would not fill them; the present order and its
weights are held while w is improved, and taken anew a few times; and w is held near w₀, the plain convex
combination, so that without queries to learn from nothing changes. What a ranking says of a document: its
score stretched to 0 .. 1 (0 where it does not hold it), 1 / (1 + rank), and whether it holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo.exceptions import NotFittedError, ShapeError
from octavo.find.convex import normalised
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.find.learned_fusion"
_VERSION: Final = 1
_FEATURES: Final = 3  # that each ranking gives a document
_ORDERS: Final = 5  # times that the order is taken anew
_STEPS: Final = 40  # of gradient descent for one order
_RATE: Final = 0.5

Scorings = Sequence[Mapping[int, float]]
Doubles = npt.NDArray[np.float64]


class LearnedFusion:
    """One ranking out of several, each the scores of documents, higher is better.

    ridge: ρ, how strongly the weights are held near the plain combination. cutoff: k.

    >>> good, chance = {1: 9.0, 2: 5.0, 3: 1.0}, {1: 2.0, 2: 9.0, 3: 7.0}
    >>> fusion = LearnedFusion(ridge=0.01).fit([[good, chance]] * 5, [{1: 1}] * 5)
    >>> [document for document, _ in fusion.fuse([good, chance])]
    [1, 2, 3]
    """

    def __init__(self, *, ridge: float = 0.1, cutoff: int = 10) -> None:
        if ridge < 0:
            raise ValueError(f"ridge must not be negative, got {ridge}")
        if cutoff < 1:
            raise ValueError(f"cutoff must be at least 1, got {cutoff}")
        self.ridge, self.cutoff = ridge, cutoff
        self.weights_: Array | None = None

    def fit(self, queries: Sequence[Scorings], judgements: Sequence[Mapping[int, int]]) -> Self:
        """Learn from the rankings of Q queries, and for each how relevant documents are, 0 where not named.

        Raises ShapeError where queries have different numbers of rankings, or there are none.
        """
        if len(queries) != len(judgements):
            raise ShapeError(
                f"judgements must be one for each of {len(queries)} queries, got {len(judgements)}"
            )
        counts = {len(scorings) for scorings in queries}
        if len(counts) != 1 or counts == {0}:
            raise ShapeError(f"every query must have the same rankings, got {sorted(counts)} of them")
        plain = _plain(counts.pop())
        given = []
        for scorings, judged in zip(queries, judgements, strict=True):
            documents, x = features(scorings)
            gains = np.array([2.0 ** judged.get(int(each), 0) - 1 for each in documents])
            if len(gains) and gains.max() > gains.min():  # else there is nothing to put into order
                given.append((x.astype(np.float64), gains))
        weights = plain.copy()
        for _ in range(_ORDERS if given else 0):
            pairs = [self._pairs(said @ weights, gains) for said, gains in given]
            for _ in range(_STEPS):
                slope = 2 * self.ridge * (weights - plain)
                for (said, _), (better, worse, worth) in zip(given, pairs, strict=True):
                    apart = said[better] - said[worse]
                    pull = worth / (1 + np.exp(apart @ weights))
                    slope -= pull @ apart / len(given)
                weights -= _RATE * slope / (1 + 2 * self.ridge)
        self.weights_ = weights.astype(np.float32)
        return self

    def fuse(self, scorings: Scorings) -> list[tuple[int, float]]:
        """Return (document, score) of every document in any ranking, best first, equal scores by document.

        Raises ShapeError for another number of rankings, and NotFittedError before `fit`.
        """
        if self.weights_ is None:
            raise NotFittedError("fit the fusion before it fuses")
        if len(scorings) * _FEATURES != len(self.weights_):
            wanted = len(self.weights_) // _FEATURES
            raise ShapeError(f"scorings must be {wanted} rankings, as were learned from, got {len(scorings)}")
        documents, x = features(scorings)
        scores = x @ self.weights_
        pairs = zip(documents.tolist(), scores.tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        if self.weights_ is None:
            raise NotFittedError("fit the fusion before saving it")
        facts = {"ridge": self.ridge, "cutoff": self.cutoff}
        save(folder, _KIND, _VERSION, Saved(facts, {"weights": self.weights_}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        fusion = cls(ridge=saved.facts["ridge"], cutoff=saved.facts["cutoff"])
        fusion.weights_ = saved.arrays["weights"]
        return fusion

    def _pairs(self, scores: Doubles, gains: Doubles) -> tuple[Ids, Ids, Doubles]:
        """Return which documents (P,) are better than which (P,), and what their places are worth (P,)."""
        order = np.argsort(-scores, kind="stable")
        discounts = np.zeros(len(scores))
        places = np.arange(min(self.cutoff, len(scores)))
        discounts[order[places]] = 1 / np.log2(places + 2)
        ideal = float((np.sort(gains)[::-1][places] / np.log2(places + 2)).sum())
        better, worse = np.nonzero(gains[:, None] > gains)
        worth = np.abs((gains[better] - gains[worse]) * (discounts[better] - discounts[worse])) / ideal
        some = worth > 0
        return better[some].astype(np.int64), worse[some].astype(np.int64), worth[some]


def features(scorings: Scorings) -> tuple[Ids, Array]:
    """Return the documents (N,) in any of L rankings, ascending, and what these say of them (N, 3 L)."""
    documents = np.array(sorted({document for scoring in scorings for document in scoring}), dtype=np.int64)
    x = np.zeros((len(documents), _FEATURES * len(scorings)), np.float32)
    for leg, scoring in enumerate(scorings):
        stretched = normalised(scoring)
        best_first = sorted(stretched, key=lambda document: (-stretched[document], document))
        rows = np.searchsorted(documents, best_first)
        x[rows, _FEATURES * leg] = [stretched[document] for document in best_first]
        x[rows, _FEATURES * leg + 1] = 1 / (1 + np.arange(len(best_first)))
        x[rows, _FEATURES * leg + 2] = 1
    return documents, x


def _plain(legs: int) -> Doubles:
    """The weights (3 L,) of the convex combination."""
    weights = np.zeros(_FEATURES * legs)
    weights[::_FEATURES] = 1 / legs
    return weights
