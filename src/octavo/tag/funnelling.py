"""Generalised funnelling: classifiers of languages that share no words meet in the space of their guesses.

Generalized Funnelling: Ensemble Learning and Heterogeneous Document Embeddings for Cross-Lingual Text
Classification (Moreo, Pedrotti and Sebastiani, 2021), arXiv:2110.14764. In every language ℓ a classifier of
its own turns a document into calibrated posteriors, other views v are added, and one meta-classifier learns
from the documents of all languages:

    ψ_ℓ(d) = (Pr_ℓ(c | d))_c,    z(d) = (1 / V) Σ_v ψ_v(d) / ‖ψ_v(d)‖,    ŷ = argmax_c h(z(d))

What the rich language teaches h about labels that go together helps the poor one.

Differs from the paper: both tiers are ridge classifiers whose scores become probabilities by a softmax, and
not calibrated support vector machines; the first tier's posteriors of its own training documents are made by
leaving parts out, as in the funnelling this generalises. The second view is the mean of word-class
correlations, averaged with the posteriors; there are no word vectors and no BERT.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept

_PARTS: Final = 4


class Ridge:
    """One-against-all ridge regression on rows at unit length; scores are its outputs, (M, C).

    strength: how strongly weights are kept small. Solved in the rows where these are fewer than the columns.
    """

    def __init__(self, strength: float = 0.3) -> None:
        self.strength = strength

    def fit(self, x: Array, labels: Ids, count: int) -> Self:
        """Learn from (N, D) and labels (N,), each below count."""
        rows = unit(x).astype(np.float64)
        self.middle_ = rows.mean(axis=0)
        rows = rows - self.middle_
        wanted = np.full((len(rows), count), -1.0 / max(count - 1, 1))
        wanted[np.arange(len(rows)), labels] = 1
        self.base_ = wanted.mean(axis=0)
        wanted = wanted - self.base_
        if len(rows) < rows.shape[1]:
            inner = rows @ rows.T + self.strength * np.eye(len(rows))
            self.weights_ = rows.T @ np.linalg.solve(inner, wanted)
        else:
            inner = rows.T @ rows + self.strength * np.eye(rows.shape[1])
            self.weights_ = np.linalg.solve(inner, rows.T @ wanted)
        return self

    def scores(self, x: Array) -> Array:
        """Return (M, C)."""
        fitting: Array = ((unit(x) - self.middle_) @ self.weights_ + self.base_).astype(np.float32)
        return fitting


class Funnelling(Kept):
    """Classifies documents of several languages, each with features of its own.

    sharpness: of the softmax that makes probabilities of the first tier's scores. correlations: whether the
    second view is averaged in. seed: of the parts left out.
    """

    _kind = "octavo.tag.funnelling"
    _asked = ("sharpness", "correlations", "seed")

    def __init__(self, *, sharpness: float = 4.0, correlations: bool = True, seed: int = 0) -> None:
        self.sharpness, self.correlations, self.seed = sharpness, correlations, seed

    def fit(self, x: Mapping[str, Array], labels: Mapping[str, Ids]) -> Self:
        """Learn from (N_ℓ, D_ℓ) and labels (N_ℓ,) of every language, the same labels everywhere.

        Raises ShapeError.
        """
        if not x or x.keys() != labels.keys():
            raise ShapeError(f"labels must be of the languages of x, {sorted(x)}, got {sorted(labels)}")
        given = {name: matrix(rows, f"x[{name!r}]", least=2) for name, rows in x.items()}
        known = {
            name: labels_of(labels[name], f"labels[{name!r}]", len(rows)) for name, rows in given.items()
        }
        counts = {count for _, count in known.values()}
        if len(counts) > 1 or any((own < 0).any() for own, _ in known.values()):
            raise ShapeError(f"every language must have the same labels, for all its rows, got {counts}")
        self._count = counts.pop()
        views, truth = [], []
        self._first: dict[str, Ridge] = {}
        self._words: dict[str, Array] = {}
        for name, rows in given.items():
            own = known[name][0]
            self._first[name] = Ridge().fit(rows, own, self._count)
            self._words[name] = _word_classes(rows, own, self._count)
            views.append(self._joined(name, rows, self._left_out(rows, own)))
            truth.append(own)
        self._second = Ridge(0.1).fit(np.concatenate(views), np.concatenate(truth), self._count)
        return self

    def _left_out(self, rows: Array, labels: Ids) -> Array:
        """Scores of the rows by classifiers that did not see them."""
        order = np.random.default_rng(self.seed).permutation(len(rows))
        fitting = np.zeros((len(rows), self._count), np.float32)
        for part in np.array_split(order, min(_PARTS, len(rows))):
            rest = np.setdiff1d(order, part)
            fitting[part] = Ridge().fit(rows[rest], labels[rest], self._count).scores(rows[part])
        return fitting

    def _joined(self, name: str, rows: Array, fitting: Array) -> Array:
        raised = np.exp(self.sharpness * (fitting - fitting.max(axis=1, keepdims=True)))
        view = unit((raised / raised.sum(axis=1, keepdims=True)).astype(np.float32))
        if self.correlations:
            view = ((view + unit(unit(rows) @ self._words[name])) / 2).astype(np.float32)
        return view

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, language after language, and of the meta-classifier last."""
        self._fitted()
        tiers = [*self._first.values(), self._second]
        return {
            "languages": np.array(list(self._first)),
            "words": np.concatenate(list(self._words.values())),
            "weights": np.concatenate([each.weights_ for each in tiers]),
            "middles": np.concatenate([each.middle_ for each in tiers]),
            "bases": np.stack([each.base_ for each in tiers]),
            "strengths": np.array([each.strength for each in tiers]),
            "widths": np.array([len(each.middle_) for each in tiers]),
        }

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        ends = np.cumsum(arrays["widths"])[:-1]
        tiers = [Ridge(strength) for strength in arrays["strengths"].tolist()]
        parts = (np.split(arrays[name], ends) for name in ("weights", "middles"))
        for each, weights, middle, base in zip(tiers, *parts, arrays["bases"], strict=True):
            each.weights_, each.middle_, each.base_ = weights, middle, base
        languages, words = arrays["languages"].tolist(), np.split(arrays["words"], ends[:-1])
        self._first = dict(zip(languages, tiers[:-1], strict=True))
        self._words = dict(zip(languages, words, strict=True))
        self._second, self._count = tiers[-1], arrays["bases"].shape[1]

    def _fitted(self) -> None:
        if not hasattr(self, "_first"):
            raise NotFittedError("the classifiers have no examples yet; call fit first")

    def alone(self, name: str, x: Array) -> Array:
        """Return (M, C), the scores of a language's own classifier. Raises ShapeError, NotFittedError."""
        return self._of(name).scores(self._rows(name, x))

    def scores(self, name: str, x: Array) -> Array:
        """Return (M, C) of (M, D_ℓ) documents of a language. Raises ShapeError, NotFittedError."""
        first, rows = self._of(name), self._rows(name, x)
        return self._second.scores(self._joined(name, rows, first.scores(rows)))

    def _rows(self, name: str, x: Array) -> Array:
        return matrix(x, "x", dim=len(self._of(name).weights_))

    def _of(self, name: str) -> Ridge:
        self._fitted()
        if name not in self._first:
            raise ShapeError(f"name must be one of {sorted(self._first)}, got {name!r}")
        return self._first[name]


def _word_classes(rows: Array, labels: Ids, count: int) -> Array:
    """Return (D, C): how each feature goes with each label, standardised over the labels."""
    members = np.eye(count, dtype=np.float32)[labels]
    together = unit(rows).T @ members / np.maximum(members.sum(axis=0), 1)
    spread = together.std(axis=1, keepdims=True)
    standard: Array = (together - together.mean(axis=1, keepdims=True)) / np.where(spread > 1e-9, spread, 1)
    return standard.astype(np.float32)
