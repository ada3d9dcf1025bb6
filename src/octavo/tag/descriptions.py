"""Classification by description: a label is a few sentences that a person wrote and can edit.

Visual Classification via Description from Large Language Models (Menon and Vondrick, 2022), arXiv:2210.07183.
With D(c) the descriptors of label c and φ the encoder of both texts,

    s(c, x) = (1 / |D(c)|) Σ_{d ∈ D(c)} φ(d)·φ(x)

and the sentences that fit x best are the reason for its label.

Differs from the paper: the descriptors come from a person or a file and not from a language model, and texts
take the place of pictures. φ is taken at unit length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Ids
from octavo.saving import Kept


class Descriptions(Kept):
    """Tagger by the mean likeness to each label's descriptors.

    descriptors_: (N, D) at unit length. labels_: (N,), whose each is.
    """

    _kind = "octavo.tag.descriptions"
    _kept: ClassVar[Mapping[str, str]] = {
        "descriptors": "descriptors_",
        "labels": "labels_",
        "count": "_count",
    }

    descriptors_: Array
    labels_: Ids

    def fit(self, x: Array, labels: Ids) -> Self:
        """Take the vectors (N, D) of the descriptors and their labels (N,). Raises ShapeError."""
        given = matrix(x, "x", least=1)
        known, self._count = labels_of(labels, "labels", len(given))
        self.descriptors_, self.labels_ = unit(given[known >= 0]), known[known >= 0]
        return self

    def scores(self, x: Array) -> Array:
        """Return (M, C), the mean likeness to every label's descriptors. Raises ShapeError."""
        fitting = self.reasons(x)
        shares = np.zeros((len(self.labels_), self._count), np.float32)
        shares[np.arange(len(self.labels_)), self.labels_] = 1
        mean: Array = fitting @ (shares / shares.sum(axis=0))
        return mean

    def reasons(self, x: Array) -> Array:
        """Return (M, N), the likeness of (M, D) to every descriptor by itself. Raises ShapeError."""
        if not hasattr(self, "descriptors_"):
            raise NotFittedError("the tagger has no descriptors yet; call fit first")
        given = matrix(x, "x", dim=self.descriptors_.shape[1])
        likeness: Array = unit(given) @ self.descriptors_.T
        return likeness
