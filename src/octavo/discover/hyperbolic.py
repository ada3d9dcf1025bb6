"""Hyperbolic category discovery: known categories teach a space with room for a tree, where new ones show.

Hyperbolic Category Discovery (Liu, He and Han, 2025), arXiv:2504.06120. Features are clipped to length r and
put on the Poincaré ball of curvature −c,

    exp₀(v) = tanh(√c ‖v‖) v / (√c ‖v‖),    d(x, y) = (2 / √c) artanh(√c ‖(−x) ⊕ y‖)

    x ⊕ y = ((1 + 2c⟨x, y⟩ + c‖y‖²) x + (1 − c‖x‖²) y) / (1 + 2c⟨x, y⟩ + c²‖x‖²‖y‖²)

and two contrastive losses, of a row with its other view and of rows with the same known label, are taken of
the distance and of the angle: L = λ L(−d / τ) + (1 − λ) L(cos / τ), λ growing from 0 to 1. Then all rows are
grouped with the known ones held in their groups.

Differs from the paper: the encoder stays, and a linear head on its vectors is learned; the other view is the
same vector with parts left out; grouping is k-means in the tangent space at the origin.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import torch
from torch import Tensor, nn

from octavo.arrays import integers, matrix, unit
from octavo.discover.clusters import SphericalKMeans
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids

_EDGE: Final = 1 - 1e-5


def onto_ball(v: Tensor, curvature: float = 0.1, clip: float = 2.3) -> Tensor:
    """Return rows (N, D), clipped, on the ball by the exponential map at its middle."""
    v = v * (clip / v.norm(dim=-1, keepdim=True).clamp_min(clip))
    length = (curvature**0.5 * v.norm(dim=-1, keepdim=True)).clamp_min(1e-9)
    placed: Tensor = torch.tanh(length) * v / length
    return placed


def ball_distance(x: Tensor, y: Tensor, curvature: float = 0.1) -> Tensor:
    """Return (N, M), the distances of rows (N, D) and (M, D) on the ball."""
    x2, y2 = (x * x).sum(dim=-1)[:, None], (y * y).sum(dim=-1)[None]
    xy = -(x @ y.T)  # of −x with y
    left, right = 1 + 2 * curvature * xy + curvature * y2, 1 - curvature * x2
    below = (1 + 2 * curvature * xy + curvature**2 * x2 * y2).clamp_min(1e-9)
    # ‖(−x) ⊕ y‖² without the (N, M, D) of the sum itself.
    squared = (left**2 * x2 + 2 * left * right * xy + right**2 * y2) / below**2
    length = (curvature * squared.clamp_min(1e-12)).sqrt().clamp(max=_EDGE)
    away: Tensor = 2 / curvature**0.5 * torch.atanh(length)
    return away


def contrast(likeness: Tensor, alike: Tensor, temperature: float) -> Tensor:
    """Return the scalar contrastive loss of likeness (N, N); `alike` (N, N) says which pairs belong together.

    A row is no pair with itself; rows without a partner are left out.
    """
    own = torch.eye(len(likeness), dtype=torch.bool)
    told = (likeness / temperature).masked_fill(own, -torch.inf).log_softmax(dim=1).masked_fill(own, 0)
    pairs = alike & ~own
    count = pairs.sum(dim=1)
    return -((told * pairs).sum(dim=1)[count > 0] / count[count > 0]).mean()


class CategoryDiscovery:
    """Learns a space from known and unknown categories, and groups all rows in it.

    count: of groups, known ones among them. geometry: "hyperbolic", or "angle" for the same without the ball.
    labels_: (N,), the known ones keep their numbers.
    """

    labels_: Ids

    def __init__(
        self,
        count: int,
        *,
        geometry: str = "hyperbolic",
        dim: int = 48,
        curvature: float = 0.1,
        temperature: float = 0.1,
        left_out: float = 0.3,
        steps: int = 150,
        batch: int = 200,
        seed: int = 0,
    ) -> None:
        if geometry not in ("hyperbolic", "angle"):
            raise ValueError(f"geometry must be 'hyperbolic' or 'angle', got {geometry!r}")
        self.count, self.geometry, self.dim, self.curvature = count, geometry, dim, curvature
        self.temperature, self.left_out, self.steps = temperature, left_out, steps
        self.batch, self.seed = batch, seed

    def fit(self, x: Array, labels: Ids) -> Self:
        """Learn from (N, D) and labels (N,), -1 where none is known. Raises ShapeError."""
        given = matrix(x, "x", least=self.count)
        known = integers(labels, "labels", len(given))
        if known.min() < -1 or known.max() >= self.count:
            raise ShapeError(f"labels must be within -1 .. {self.count - 1}, got up to {known.max()}")
        torch.manual_seed(self.seed)
        self.middle_ = given.mean(axis=0)
        rows, told = torch.from_numpy(unit(given - self.middle_)), torch.from_numpy(known)
        self._head = nn.Linear(rows.shape[1], min(self.dim, rows.shape[1]), bias=False)
        nn.init.orthogonal_(self._head.weight, gain=2.0)
        optimiser = torch.optim.AdamW(self._head.parameters(), lr=1e-3)
        for step in range(self.steps):
            some = torch.randperm(len(rows))[: self.batch]
            loss = self._loss(rows[some], told[some], step / max(self.steps - 1, 1))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        self.labels_ = seeded_groups(self.transform(given), known, self.count, seed=self.seed)
        return self

    def _loss(self, rows: Tensor, told: Tensor, share: float) -> Tensor:
        views = [self._head(nn.functional.dropout(rows, self.left_out)) for _ in range(2)]
        both, number = torch.cat(views), torch.arange(len(rows)).repeat(2)
        twice = told.repeat(2)
        same = number[:, None] == number[None]
        labelled = (twice[:, None] == twice[None]) & (twice[:, None] >= 0)
        flat = nn.functional.normalize(both, dim=1)
        angle = flat @ flat.T
        losses = [self._both(angle, same, labelled)]
        if self.geometry == "hyperbolic":
            ball = onto_ball(both, self.curvature)
            far = self._both(-ball_distance(ball, ball, self.curvature), same, labelled)
            return share * far + (1 - share) * losses[0]
        return losses[0]

    def _both(self, likeness: Tensor, same: Tensor, labelled: Tensor) -> Tensor:
        loss = 0.65 * contrast(likeness, same, self.temperature)
        if labelled.any():
            loss = loss + 0.35 * contrast(likeness, labelled, self.temperature)
        return loss

    def transform(self, x: Array) -> Array:
        """Return (M, dim), rows in the space that was learned, as tangents. Raises ShapeError."""
        if not hasattr(self, "_head"):
            raise NotFittedError("nothing is learned yet; call fit first")
        given = matrix(x, "x", dim=len(self.middle_))
        with torch.no_grad():
            made: Array = self._head(torch.from_numpy(unit(given - self.middle_))).numpy()
        return made


def seeded_groups(x: Array, known: Ids, count: int, *, rounds: int = 30, seed: int = 0) -> Ids:
    """Return (N,): k-means by direction in which rows with a known label (N,) stay in their groups."""
    rows = unit(x)
    held = known >= 0
    labels_known = np.unique(known[held])
    start = SphericalKMeans(count, starts=5, seed=seed).fit(rows).centres_
    centres = start.copy()
    free = list(range(count))
    for label in labels_known:
        centres[label] = unit(rows[known == label].mean(axis=0, keepdims=True))[0]
        nearest = max(free, key=lambda group: float(start[group] @ centres[label]))
        free.remove(nearest)
    others = [label for label in range(count) if label not in labels_known]
    for label, group in zip(others, free, strict=True):
        centres[label] = start[group]
    labels: Ids = np.where(held, known, -1)
    for _ in range(rounds):
        new = np.where(held, known, (rows @ centres.T).argmax(axis=1))
        if np.array_equal(new, labels):
            break
        labels = new
        for label in np.unique(labels):
            centres[label] = unit(rows[labels == label].mean(axis=0, keepdims=True))[0]
    return labels
