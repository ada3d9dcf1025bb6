"""Supervised dictionary: directions of known attributes, the yardstick for those that nobody labelled.

Towards Principled Evaluations of Sparse Autoencoders for Interpretability and Control (Makelov, Lange and
Nanda, 2024), arXiv:2405.08366. Where every vector x has attributes a_1 .. a_A that are known, the direction
of a value v of attribute i is

    u_iv = E[x | a_i = v] - E[x],    x̂ = E[x] + Σ_i u_{i, a_i(x)},

and any dictionary is held against it on three axes: *approximation*, how much of what the vectors are used
for their reconstructions keep; *control*, whether exchanging the k features that most tell a value for those
of another makes the vector one of the other; *interpretability*, the best F1 with which a single feature
names a value.

Differs from the paper: the attributes are of papers (category, period) and the use is naming the category and
finding near papers, where the paper's are of sentences in a circuit of a language model. Control is tried
with a fixed number of features exchanged, chosen by the difference of their mean activations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept


class SupervisedDictionary(Kept):
    """The mean offsets of attribute values. directions_: one (C_i, D) for each attribute; centre_: (D,)."""

    _kind = "octavo.explain.supervised_dictionary"

    directions_: list[Array]
    centre_: Array

    def fit(self, x: npt.ArrayLike, attributes: npt.ArrayLike) -> Self:
        """Learn from vectors (N, D) and attributes (N, A), values 0 .. C_i - 1 each. Raises ShapeError."""
        given = matrix(x, "x", least=2)
        values = _attributes(attributes, len(given))
        self.centre_ = given.mean(axis=0)
        self.directions_ = []
        for place in range(values.shape[1]):
            one, count = labels_of(values[:, place], f"attributes[:, {place}]", len(given))
            if (one < 0).any():
                raise ShapeError(f"attributes[:, {place}] must give every row a value, got -1")
            means = np.stack([given[one == value].mean(axis=0) for value in range(count)])
            self.directions_.append(means - self.centre_)
        return self

    def reconstruct(self, attributes: npt.ArrayLike) -> Array:
        """Return (N, D), what attributes (N, A) alone say of vectors. Raises NotFittedError, ShapeError."""
        directions = self._fitted()
        values = np.asarray(attributes)
        if values.ndim != 2 or values.shape[1] != len(directions):
            raise ShapeError(f"attributes must have the shape (N, {len(directions)}), got {values.shape}")
        made: Array = self.centre_ + sum(u[values[:, i]] for i, u in enumerate(directions))
        return made.astype(np.float32)

    def edit(self, x: npt.ArrayLike, attribute: int, old: npt.ArrayLike, new: npt.ArrayLike) -> Array:
        """Return vectors (N, D) with the direction of each old value (N,) exchanged for that of the new."""
        directions = self._fitted()[attribute]
        given = matrix(x, "x", dim=directions.shape[1])
        edited: Array = given - directions[np.asarray(old)] + directions[np.asarray(new)]
        return edited

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        directions = self._fitted()
        values = np.array([len(each) for each in directions])
        return {"directions": np.concatenate(directions), "values": values, "centre": self.centre_}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.directions_ = np.split(arrays["directions"], np.cumsum(arrays["values"])[:-1])
        self.centre_ = arrays["centre"]

    def _fitted(self) -> list[Array]:
        if not hasattr(self, "directions_"):
            raise NotFittedError("fit before it is used")
        return self.directions_


def best_f1(codes: npt.ArrayLike, labels: npt.ArrayLike) -> Array:
    """Return (C,), for each label the best F1 of "this one feature is active" over all features.

    codes: (N, M), active above 0. labels: (N,), 0 .. C-1. 1 where some feature is active for just these rows.
    Raises ShapeError.
    """
    given = matrix(codes, "codes", least=1)
    y, count = labels_of(labels, "labels", len(given))
    active = (given > 0).astype(np.float64)
    found = np.zeros(count, np.float32)
    for label in range(count):
        both = active[y == label].sum(axis=0)
        f1 = 2 * both / np.maximum(active.sum(axis=0) + (y == label).sum(), 1)
        found[label] = f1.max()
    return found


class FeatureEditor:
    """Edits vectors by exchanging the features of a dictionary that most tell one label from the rest."""

    def __init__(self, codes: npt.ArrayLike, labels: npt.ArrayLike, dictionary: npt.ArrayLike) -> None:
        """codes: (N, M) of known vectors. labels: (N,), 0 .. C-1. dictionary: (M, D). Raises ShapeError."""
        self.dictionary = matrix(dictionary, "dictionary")
        given = matrix(codes, "codes", dim=len(self.dictionary), least=1)
        y, count = labels_of(labels, "labels", len(given))
        self.means = np.stack([given[y == label].mean(axis=0) for label in range(count)])
        rest = np.stack([given[(y != label) & (y >= 0)].mean(axis=0) for label in range(count)])
        self.telling = np.argsort(rest - self.means, axis=1, kind="stable")  # most telling first

    def edit(self, x: npt.ArrayLike, codes: npt.ArrayLike, old: Ids, new: Ids, k: int) -> Array:
        """Return vectors (N, D) without what the k features most telling of the old label give them, and with
        those of the new at their usual strength."""
        given = matrix(x, "x", dim=self.dictionary.shape[1]).copy()
        held = matrix(codes, "codes", rows=len(given), dim=len(self.dictionary))
        for row, (was, becomes) in enumerate(zip(old, new, strict=True)):
            gone, come = self.telling[was][:k], self.telling[becomes][:k]
            given[row] -= held[row, gone] @ self.dictionary[gone]
            given[row] += self.means[becomes][come] @ self.dictionary[come]
        return given


def _attributes(attributes: npt.ArrayLike, rows: int) -> Ids:
    values = np.asarray(attributes)
    if values.ndim != 2 or len(values) != rows or not values.shape[1]:
        raise ShapeError(f"attributes must have the shape ({rows}, A), got {values.shape}")
    if not np.issubdtype(values.dtype, np.integer):
        raise ShapeError(f"attributes must hold integers, got {values.dtype}")
    return values.astype(np.int64)
