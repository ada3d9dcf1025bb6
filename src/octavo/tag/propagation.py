"""TMV-HLP: labels known by their description alone spread through papers that several views call alike.

Transductive Multi-view Zero-Shot Learning (Fu, Hospedales, Xiang and Gong, 2015), arXiv:1501.04560. Views of
the same papers and of the labels' prototypes are brought into one space by canonical correlation,

    min_W Σ_{i<j} ‖X_i W_i − X_j W_j‖²,    W_iᵀ (X_iᵀ X_i + r) W_i = I,    coordinates times their λ^p

and in it every paper of every view draws a hyperedge around its nearest neighbours in every view. A random
walk over the hyperedges carries the prototypes' labels to all papers:

    Y* = (I − α P)⁻¹ Y,    P = mean over views of  D_v⁻¹ H W D_e⁻¹ Hᵀ

Differs from the paper: views are first cut to their own leading directions; hyperedges are those of a view
on itself and of each pair of views, weighed by their mean likeness, without the paper's sampling of views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Array

_Floats = npt.NDArray[np.float64]


class Propagation:
    """Spreads labels from prototypes over unlabelled rows seen in several views.

    dim: of the common space. power: p. neighbours: in a hyperedge. reach: α, below 1. ridge: r, as a share.
    scores_: (N, C) of the rows given to fit. embedded_: the (N + C, dim) of each view.
    """

    scores_: Array
    embedded_: list[Array]

    def __init__(
        self,
        *,
        dim: int = 40,
        power: float = 2.0,
        neighbours: int = 10,
        reach: float = 0.7,
        ridge: float = 0.1,
    ) -> None:
        if dim < 1 or neighbours < 1 or not 0 <= reach < 1 or ridge <= 0:
            raise ValueError("dim and neighbours must be at least 1, reach within 0 .. 1, ridge positive")
        self.dim, self.power, self.neighbours, self.reach, self.ridge = dim, power, neighbours, reach, ridge

    def fit(self, views: Sequence[Array], prototypes: Sequence[Array]) -> Self:
        """Take views (N, D_v) of the rows and (C, D_v) of the labels, the same N and C in each.

        Raises ShapeError.
        """
        if not views or len(views) != len(prototypes):
            raise ShapeError(f"prototypes must be of {len(views)} views, at least 1, got {len(prototypes)}")
        rows = len(matrix(views[0], "views[0]", least=2))
        labels = len(matrix(prototypes[0], "prototypes[0]", least=1))
        stacked = []
        for place, (view, prototype) in enumerate(zip(views, prototypes, strict=True)):
            x = matrix(view, f"views[{place}]", rows=rows)
            p = matrix(prototype, f"prototypes[{place}]", rows=labels, dim=x.shape[1])
            # Sentences about papers are no papers: each kind is centred by itself.
            stacked.append(np.concatenate([unit(x) - unit(x).mean(axis=0), unit(p) - unit(p).mean(axis=0)]))
        self.embedded_ = self._common(stacked)
        walk = np.mean([self._walk(one, other) for one in self.embedded_ for other in self.embedded_], axis=0)
        start = np.zeros((rows + labels, labels))
        start[rows:] = np.eye(labels)
        spread = np.linalg.solve(np.eye(len(start)) - self.reach * walk, start)
        # What a prototype far from everything sends is little, and counts as much as the others'.
        share = spread[:rows] / np.maximum(spread[:rows].mean(axis=0), 1e-12)
        direct = np.mean([unit(z[:rows]) @ unit(z[rows:]).T for z in self.embedded_], axis=0)
        self.direct_: Array = direct.astype(np.float32)
        self.scores_ = (share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)
        return self

    def _common(self, stacked: Sequence[Array]) -> list[Array]:
        """Canonical correlation of all views: the leading directions of the sum of their whitened spaces."""
        bases = []
        for x in stacked:
            u, s, _ = np.linalg.svd(x.astype(np.float64), full_matrices=False)
            kept = min(self.dim * 2, int((s > 1e-6 * max(s[0], 1e-12)).sum()))
            bases.append(u[:, :kept] * np.sqrt(s[:kept] ** 2 / (s[:kept] ** 2 + self.ridge * s[0] ** 2)))
        whole = np.concatenate(bases, axis=1)
        _, values, right = np.linalg.svd(whole, full_matrices=False)
        dim = min(self.dim, len(values))
        scale = (values[:dim] ** 2 / len(bases)) ** self.power
        embedded, start = [], 0
        for base in bases:
            part = right[:dim, start : start + base.shape[1]]
            embedded.append((base @ part.T * scale).astype(np.float32))
            start += base.shape[1]
        return embedded

    def _walk(self, one: Array, other: Array) -> _Floats:
        """The steps over hyperedges that each row of one view draws around its neighbours in another."""
        likeness = np.maximum(unit(one) @ unit(other).T, 0).astype(np.float64)
        count = min(self.neighbours, len(likeness))
        near = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        incidence = np.zeros_like(likeness)  # rows: who is inside, columns: the edges
        places = np.arange(len(likeness))
        incidence[near.reshape(-1), np.repeat(places, count)] = np.take_along_axis(
            likeness, near, axis=1
        ).reshape(-1)
        incidence[places, places] = 1
        edge = incidence.sum(axis=0)
        weight = edge / np.maximum((incidence > 0).sum(axis=0), 1)
        degree = np.maximum((incidence * weight).sum(axis=1), 1e-12)
        steps: _Floats = (incidence * (weight / np.maximum(edge, 1e-12))) @ incidence.T / degree[:, None]
        return steps
