"""Gates for pairs: in what respect papers of two labels are alike, by the dimensions that both use.

Rethinking Positive Pairs in Contrastive Learning (Wu, Li, Fang, Wang, Zeng, Wang, Xu, Zhou and Xie, 2024),
arXiv:2410.18200. Vectors z of unit length, and for labels a, b an embedding each; the gate of the pair opens
the dimensions in which papers of a are near those of b and far from all others,

    g_ab = σ(W_2 relu(W_1 (e_a + e_b) / 2)),    ℓ_ij = s ⟨z_i ⊙ g_ab ⊙ g_ab, z_j⟩,

    loss_i = mean over j in b of  log( e^{ℓ_ij} + Σ_{n in neither a nor b} e^{ℓ_in} ) - ℓ_ij,    i in a,

and the products ⟨z_i ⊙ g_ab², z_j⟩, dimension by dimension, say in what respect i and j are alike.

Differs from the paper: a linear projection of vectors that are given is learned, not the network that makes
them, so other papers of the label take the place of augmented views. The partner of a label is drawn anew for
each batch. Needs torch, to learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array
from octavo.saving import Kept

if TYPE_CHECKING:
    from torch import Tensor

_BATCH: Final = 256
_WIDTH: Final = 64


class Respects(Kept):
    """Learns a projection and the gates of all pairs of labels. A Transform: vectors to projected ones.

    projection_: (D, P). gates_: (C, C, P), each 0 .. 1, symmetric. gated: whether there are gates at all;
    without, partners are of the same label, which is supervised contrastive learning.
    """

    _kind = "octavo.explain.respects"
    _asked = ("dim", "steps", "rate", "gated", "seed")
    _kept: ClassVar[Mapping[str, str]] = {"projection": "projection_", "gates": "gates_"}

    projection_: Array
    gates_: Array

    def __init__(
        self, dim: int = 64, *, steps: int = 300, rate: float = 1e-2, gated: bool = True, seed: int = 0
    ) -> None:
        if dim < 1 or steps < 1:
            raise ValueError(f"dim and steps must be at least 1, got {dim} and {steps}")
        self.dim, self.steps, self.rate, self.gated, self.seed = dim, steps, rate, gated, seed

    def fit(self, x: npt.ArrayLike, labels: npt.ArrayLike) -> Self:
        """Learn from vectors (N, D) and labels (N,), 0 .. C-1, of at least three kinds. Raises ShapeError."""
        given = unit(matrix(x, "x", least=3))
        y, count = labels_of(labels, "labels", len(given))
        if count < 3 or (y < 0).any():
            raise ShapeError(f"labels must be three or more and name every row's, got {count}")
        learned = _learn(self, given, y, count)
        self.projection_, self.gates_ = learned
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, P), projected vectors at unit length. Raises NotFittedError, ShapeError."""
        if not hasattr(self, "projection_"):
            raise NotFittedError("fit before transform")
        given = unit(matrix(x, "x", dim=len(self.projection_)))
        return unit(given @ self.projection_)

    def alike(self, x: npt.ArrayLike, y: npt.ArrayLike, a: int, b: int) -> Array:
        """Return (N, P), what each dimension adds to the likeness of x[i] and y[i], of the labels a and b.

        x, y: (N, D). Raises NotFittedError, ShapeError.
        """
        one, other = self.transform(x), self.transform(y)
        if one.shape != other.shape:
            raise ShapeError(f"x and y must be as many, got {len(one)} and {len(other)}")
        parts: Array = one * self.gates_[a, b] ** 2 * other
        return parts

    def relations(self) -> Array:
        """Return (C, C), how alike labels are by their gates: the cosine of what each opens with others."""
        if not hasattr(self, "projection_"):
            raise NotFittedError("fit before relations are asked for")
        opened = self.gates_ - self.gates_.mean(axis=(0, 1))
        profiles = unit(opened.reshape(len(opened), -1))
        likeness: Array = profiles @ profiles.T
        return likeness


def pair_loss(likeness: Tensor, labels: Tensor, partners: Tensor) -> Tensor:
    """Return the mean loss of a batch: likeness ℓ (B, B), labels (B,), the label of each row's partner (B,).

    Rows without a partner or without anything else in the batch do not count.
    """
    import torch

    same = labels[:, None] == labels
    positive = (partners[:, None] == labels) & ~torch.eye(len(labels), dtype=torch.bool)
    negative = likeness.masked_fill(same | positive, -torch.inf).logsumexp(dim=1, keepdim=True)
    losses = torch.logaddexp(likeness, negative) - likeness
    counted = positive.sum(dim=1)
    usable = (counted > 0) & torch.isfinite(negative[:, 0])
    return (losses.masked_fill(~positive, 0).sum(dim=1)[usable] / counted[usable]).mean()


def _learn(asked: Respects, x: Array, y: npt.NDArray[np.int64], count: int) -> tuple[Array, Array]:
    """Return the projection (D, P) and the gates (C, C, P)."""
    import torch
    from torch import nn

    chance = np.random.default_rng(asked.seed)
    generator = torch.Generator().manual_seed(asked.seed)

    def made(*shape: int) -> nn.Parameter:
        return nn.Parameter(torch.randn(*shape, generator=generator) / shape[0] ** 0.5)

    project, each = made(x.shape[1], asked.dim), nn.Parameter(torch.randn(count, _WIDTH, generator=generator))
    inner, outer = made(_WIDTH, _WIDTH), made(_WIDTH, asked.dim)
    scale = nn.Parameter(torch.tensor(10.0))
    optimiser = torch.optim.Adam([project, each, inner, outer, scale], lr=asked.rate)
    vectors, labels = torch.from_numpy(x), torch.from_numpy(y)

    def gates(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if not asked.gated:
            return torch.ones(len(a), asked.dim)
        return torch.sigmoid(torch.relu((each[a] + each[b]) / 2 @ inner) @ outer)

    for _ in range(asked.steps):
        rows = torch.from_numpy(chance.permutation(len(x))[:_BATCH])
        own = labels[rows]
        turned = torch.from_numpy(chance.permutation(count))
        partner = turned[own] if asked.gated else own
        z = nn.functional.normalize(vectors[rows] @ project, dim=1)
        likeness = scale * (z * gates(own, partner) ** 2) @ z.T
        loss = pair_loss(likeness, own, partner)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        pairs = torch.cartesian_prod(torch.arange(count), torch.arange(count))
        opened = gates(pairs[:, 0], pairs[:, 1]).reshape(count, count, asked.dim)
    return project.detach().numpy().astype(np.float32), opened.numpy().astype(np.float32)
