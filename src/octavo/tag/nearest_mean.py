"""Nearest class mean: a label is the mean of its examples, learned one by one and unlearned as easily.

A Simple Baseline that Questions the Use of Pretrained-Models in Continual Learning
(Janson, Zhang, Aljundi and Elhoseiny, 2022), arXiv:2210.04428. The encoder stays as it is; of every label c
only the sum and the number of its examples are kept, no example:

    μ_c = Σ_{i: y_i = c} x_i / n_c,    ŷ(x) = argmin_c ‖x − μ_c‖

Adding and taking away examples are exact, in whatever order they come.

Differs from the paper: vectors are taken at unit length and compared by the cosine with the mean, which is
the same order wherever the means are equally long; examples may weigh more or less than one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, labels_of, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Kept


class NearestMean(Kept):
    """Tagger by cosine with each label's mean.

    sums_: (C, D), counts_: (C,), weights summed. Rows without a label are left alone.

    >>> import numpy as np
    >>> tagger = NearestMean().fit(np.eye(3, dtype=np.float32), np.array([0, 1, 1]))
    >>> tagger.scores(np.array([[0.0, 0.0, 2.0]], dtype=np.float32)).round(2).tolist()
    [[0.0, 0.7099999785423279]]
    """

    _kind = "octavo.tag.nearest_mean"
    _kept: ClassVar[Mapping[str, str]] = {"sums": "sums_", "counts": "counts_"}

    sums_: npt.NDArray[np.float64]
    counts_: npt.NDArray[np.float64]

    def fit(self, x: Array, labels: Ids, weights: npt.ArrayLike | None = None) -> Self:
        """Learn from (N, D), labels (N,) and weights (N,), 1 by default. Raises ShapeError."""
        given = matrix(x, "x", least=1)
        known, count = labels_of(labels, "labels", len(given))
        self.sums_, self.counts_ = np.zeros((count, given.shape[1])), np.zeros(count)
        return self._add(given, known, weights)

    def update(self, x: Array, labels: Ids, weights: npt.ArrayLike | None = None) -> Self:
        """Learn from more examples, also of new labels: those that follow the known ones. Raises ShapeError.

        Negative weights take examples away that were there.
        """
        self._fitted()
        given = matrix(x, "x", dim=self.sums_.shape[1])
        known = integers(labels, "labels", len(given))
        added = np.unique(known[known >= len(self.sums_)])
        if not np.array_equal(added, np.arange(len(self.sums_), len(self.sums_) + len(added))):
            raise ShapeError(f"labels must go on from {len(self.sums_)} without a gap, got {added.tolist()}")
        self.sums_ = np.pad(self.sums_, ((0, len(added)), (0, 0)))
        self.counts_ = np.pad(self.counts_, (0, len(added)))
        return self._add(given, known, weights)

    def _add(self, x: Array, labels: Ids, weights: npt.ArrayLike | None) -> Self:
        weight = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
        if weight.shape != (len(x),) or not np.isfinite(weight).all():
            raise ShapeError(f"weights must be ({len(x)},) finite numbers, got {weight.shape}")
        used = labels >= 0
        np.add.at(self.sums_, labels[used], unit(x)[used] * weight[used, None])
        np.add.at(self.counts_, labels[used], weight[used])
        return self

    @property
    def means_(self) -> Array:
        """(C, D), each label's mean; zeros where all its examples were taken away."""
        self._fitted()
        there = self.counts_ > 1e-9
        means: Array = (self.sums_ * there[:, None] / np.where(there, self.counts_, 1)[:, None]).astype(
            np.float32
        )
        return means

    def scores(self, x: Array) -> Array:
        """Return (M, C) cosines of (M, D) with the means. Raises ShapeError, NotFittedError."""
        self._fitted()
        given = matrix(x, "x", dim=self.sums_.shape[1])
        cosines: Array = unit(given) @ unit(self.means_).T
        return cosines

    def _fitted(self) -> None:
        if not hasattr(self, "sums_"):
            raise NotFittedError("the tagger has no examples yet; call fit first")
