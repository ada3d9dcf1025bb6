"""Stationary representations: every encoder learns towards the same fixed simplex, so all can be compared.

Stationary Representations: Optimally Approximating Compatibility and Implications for Improved Model
Replacements (Biondi, Pernici, Ricci and Del Bimbo, 2024), arXiv:2405.02581. K classes, those to come as well,
get the corners w_1 .. w_K of a regular simplex in K - 1 dimensions, once and for ever. A head learns to put a
text f near the corner of its class y, and, if there was one before it, where that put the same text, g:

    CE  = -log softmax_k(s ⟨w_k, f⟩)_y
    HOC = -μ ⟨g_i, f_i⟩ + log Σ_{j : y_j ≠ y_i} exp(μ ⟨g_i, f_j⟩)
    L   = λ CE + (1 - λ) HOC,   λ = .1, μ = 10

Differs from the paper: encoders are frozen and heads are linear. In HOC's sum texts of the same class are
left out, as the equation says; the authors' code multiplies their similarity by 0, which adds exp(0) for
each. Where a batch has one class alone, HOC is its first term.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from octavo.arrays import integers, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array
from octavo.saving import Kept
from octavo.tensors import learned, put

_BATCH: Final = 256
_RATE: Final = 1e-2


def simplex(classes: int) -> Array:
    """Return (K, K - 1): corners of unit length, as far from each other as K can be. Raises ShapeError.

    >>> bool(np.allclose(simplex(3) @ simplex(3).T, [[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]]))
    True
    """
    if classes < 2:
        raise ShapeError(f"classes must be at least 2, got {classes}")
    n = classes - 1
    corners = np.vstack([np.eye(n), np.full((1, n), (1 - np.sqrt(1 + n)) / n)])
    return unit((corners - corners.mean(axis=0)).astype(np.float32))


class CompatibilityLoss(nn.Module):
    """L above. classes: K. scale: s. weight: λ. pull: μ."""

    corners: Tensor

    def __init__(self, classes: int, *, scale: float = 10.0, weight: float = 0.1, pull: float = 10.0) -> None:
        super().__init__()
        self.register_buffer("corners", torch.from_numpy(simplex(classes)))
        self.scale, self.weight, self.pull = scale, weight, pull

    def forward(self, f: Tensor, y: Tensor, g: Tensor | None = None) -> Tensor:
        """Return the loss of (B, K - 1) with classes (B,), and of what the head before made of the same; CE
        alone without that."""
        f = normalize(f, dim=1)
        loss = cross_entropy(self.scale * f @ self.corners.T, y)
        if g is None:
            return loss
        likeness = self.pull * normalize(g, dim=1) @ f.T
        others = likeness.masked_fill(y[:, None] == y, -torch.inf).logsumexp(dim=1)
        others = torch.where(others.isinf(), torch.zeros_like(others), others)
        higher = (others - likeness.diagonal()).mean()
        total: Tensor = self.weight * loss + (1 - self.weight) * higher
        return total


class StationaryHead(Kept):
    """A linear head on a frozen encoder, whose vectors can be compared with those of any other such head.

    classes: K, those to come included. steps: of Adam, over batches of 256. seed: of batches and weights.
    Raises ShapeError for fewer than 2 classes, ValueError for steps below 1.
    """

    _kind = "octavo.bridge.simplex"
    _asked = ("classes", "steps", "seed")

    def __init__(self, classes: int, *, steps: int = 400, seed: int = 0) -> None:
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.corners = simplex(classes)
        self.classes, self.steps, self.seed = classes, steps, seed

    def fit(self, x: npt.ArrayLike, labels: npt.ArrayLike, before: npt.ArrayLike | None = None) -> Self:
        """Learn from (N, D) with classes (N,), 0 .. K-1; before: (N, K - 1), the head before, of the same.

        Raises ShapeError.
        """
        given = matrix(x, "x", least=2)
        y = integers(labels, "labels", len(given))
        if y.min() < 0 or y.max() >= self.classes:
            raise ShapeError(f"labels must be from 0 to {self.classes - 1}, got {y.min()} to {y.max()}")
        g = None
        if before is not None:
            g = torch.from_numpy(matrix(before, "before", rows=len(given), dim=self.classes - 1).copy())
        h, classes = torch.from_numpy(unit(given)), torch.from_numpy(y)
        self.layer_ = self._fresh(given.shape[1])
        criterion, rng = CompatibilityLoss(self.classes), np.random.default_rng(self.seed)
        optimiser = torch.optim.Adam(self.layer_.parameters(), lr=_RATE)
        for _ in range(self.steps):
            batch = torch.from_numpy(rng.permutation(len(h))[:_BATCH])
            loss = criterion(self.layer_(h[batch]), classes[batch], None if g is None else g[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (M, K - 1) of unit length. Raises ShapeError, NotFittedError."""
        layer = self._fitted()
        given = unit(matrix(x, "x", dim=layer.in_features))
        with torch.no_grad():
            made: Array = normalize(layer(torch.from_numpy(given)), dim=1).numpy()
        return made

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        layer = self._fitted()
        return {"width": np.asarray(layer.in_features), "layer": learned(layer)}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.layer_ = self._fresh(int(arrays["width"]))
        put(self.layer_, arrays["layer"])

    def _fresh(self, width: int) -> nn.Linear:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return nn.Linear(width, self.classes - 1)

    def _fitted(self) -> nn.Linear:
        if not hasattr(self, "layer_"):
            raise NotFittedError("a head must be fitted before it is used")
        return self.layer_
