"""Descriptor reasons: which of the sentences that describe a label made a text be given it.

Visual Classification via Description from Large Language Models (Menon and Vondrick, 2022), arXiv:2210.07183.
With D(c) the descriptors of label c and φ the encoder, the decision for c against the runner-up c' is a sum
over sentences,

    s(c, x) - s(c', x) = Σ_{d ∈ D(c)} r_d(x) / |D(c)| - Σ_{d ∈ D(c')} r_d(x) / |D(c')|,    r_d(x) = φ(d)·φ(x)
    - mean of φ(d)·φ over texts,

so every sentence has its exact part in it, and those with the largest are the reasons.

Differs from the paper: likeness is told against what is usual for the sentence, as some sentences are near to
everything. The mean is of texts given beforehand, and of the same texts for labels and reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why N texts were given their labels.

    decided, runner_up: (N,), the labels in first and second place. parts: (N, M), what each of M descriptors
    adds to the difference of the two.
    """

    decided: Ids
    runner_up: Ids
    parts: Array

    @property
    def margins(self) -> Array:
        """(N,), the differences, which are the sums of the parts."""
        total: Array = self.parts.sum(axis=1)
        return total

    def best(self, k: int) -> Ids:
        """Return (N, k), the descriptors with the largest parts, the best first."""
        order: Ids = np.argsort(-self.parts, axis=1, kind="stable")[:, :k].astype(np.int64)
        return order


class DescriptorReasons(Kept):
    """Decides by descriptors and says why. descriptors_: (M, D); labels_, usual_ (mean likeness): (M,)."""

    _kind = "octavo.explain.descriptor_reasons"
    _kept: ClassVar[Mapping[str, str]] = {
        "descriptors": "descriptors_",
        "labels": "labels_",
        "usual": "usual_",
        "count": "_count",
    }

    descriptors_: Array
    labels_: Ids
    usual_: Array

    def fit(self, descriptors: npt.ArrayLike, labels: npt.ArrayLike, texts: npt.ArrayLike) -> Self:
        """Take vectors of descriptors (M, D), their labels (M,), 0 .. C-1, and texts (N, D) that are usual.

        Raises ShapeError, also where there are fewer than two labels.
        """
        given = unit(matrix(descriptors, "descriptors", least=2))
        self.labels_, self._count = labels_of(labels, "labels", len(given))
        if self._count < 2 or (self.labels_ < 0).any():
            raise ShapeError(f"labels must be two or more and name every descriptor's, got {self._count}")
        usual = unit(matrix(texts, "texts", dim=given.shape[1], least=1))
        self.usual_ = (given @ usual.mean(axis=0)).astype(np.float32)
        self.descriptors_ = given
        return self

    def scores(self, x: npt.ArrayLike) -> Array:
        """Return s (N, C) of texts (N, D). Raises NotFittedError, ShapeError."""
        shares: Array = self._likeness(x) @ self._shares()
        return shares

    def reasons(self, x: npt.ArrayLike) -> Reasons:
        """Return the decisions of texts (N, D) and their reasons. Raises NotFittedError, ShapeError."""
        likeness, shares = self._likeness(x), self._shares()
        order = np.argsort(-(likeness @ shares), axis=1, kind="stable")
        first, second = order[:, 0], order[:, 1]
        parts = likeness * (shares[:, first] - shares[:, second]).T
        return Reasons(first.astype(np.int64), second.astype(np.int64), parts.astype(np.float32))

    def without(self, descriptor: int) -> Self:
        """Return the same without one descriptor. Raises NotFittedError; ShapeError for its label's last."""
        if not hasattr(self, "descriptors_"):
            raise NotFittedError("fit before a descriptor is taken away")
        kept = np.arange(len(self.labels_)) != descriptor
        if not (self.labels_[kept] == self.labels_[descriptor]).any():
            raise ShapeError(f"descriptor {descriptor} is the last of label {self.labels_[descriptor]}")
        other = type(self)()
        other.labels_, other._count = self.labels_[kept], self._count
        other.usual_, other.descriptors_ = self.usual_[kept], self.descriptors_[kept]
        return other

    def _likeness(self, x: npt.ArrayLike) -> Array:
        if not hasattr(self, "descriptors_"):
            raise NotFittedError("fit before reasons are asked for")
        likeness: Array = unit(matrix(x, "x", dim=self.descriptors_.shape[1])) @ self.descriptors_.T
        return likeness - self.usual_

    def _shares(self) -> Array:
        """Return (M, C): 1 / |D(c)| where descriptor m is label c's, 0 elsewhere."""
        own = self.labels_[:, None] == np.arange(self._count)
        shares: Array = (own / own.sum(axis=0)).astype(np.float32)
        return shares
