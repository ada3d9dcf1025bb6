"""Manifold linearising and clustering: groups that take few bits apart while all take many together.

Unsupervised Manifold Linearizing and Clustering (Ding, Tong, Chan, Dai, Ma and Haeffele, 2023),
arXiv:2301.01805. With Z (D, N) at unit length, ε the precision and Γ (N, N) a doubly stochastic membership,

    max_{Z, Γ}  R(Z) − R_c(Z, Γ),    R(Z) = ½ log det (I + D / (N ε²) Z Zᵀ)

    R_c(Z, Γ) = (1 / N) Σ_j ½ log det (I + (D / ε²) Z diag(Γ_j) Zᵀ),    Γ = sinkhorn(exp(C Cᵀ / η))

C being the output of a second head that begins as a copy of the first; the groups are those of spectral
clustering of Γ.

Differs from the paper: the vectors are an encoder's and stay, so that both heads are linear maps of them,
which begin as their leading directions in the place of a self-supervised start; Γ is scaled by Sinkhorn's
iterations in place of the paper's projection.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from torch import Tensor

from octavo.arrays import matrix, unit
from octavo.discover.clusters import SphericalKMeans
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids


def rate(z: Tensor, precision: float = 0.5) -> Tensor:
    """Return R, in nats, of rows (N, D)."""
    count, dim = z.shape
    inner = torch.eye(dim, dtype=z.dtype) + dim / (count * precision**2) * z.T @ z
    return torch.logdet(inner) / 2


def rate_apart(z: Tensor, membership: Tensor, precision: float = 0.5) -> Tensor:
    """Return R_c of rows (N, D) under a membership (N, N) whose rows sum to 1."""
    dim = z.shape[1]
    inner = torch.einsum("jn,nd,ne->jde", membership, z, z) * (dim / precision**2)
    return torch.logdet(torch.eye(dim, dtype=z.dtype) + inner).mean() / 2


def doubly_stochastic(logits: Tensor, rounds: int = 15) -> Tensor:
    """Return (N, N) whose rows and columns sum to 1, by Sinkhorn's iterations from logits (N, N)."""
    for _ in range(rounds):
        logits = logits - logits.logsumexp(dim=1, keepdim=True)
        logits = logits - logits.logsumexp(dim=0, keepdim=True)
    return (logits - logits.logsumexp(dim=1, keepdim=True)).exp()


class CodingRate:
    """Groups rows by coding-rate reduction.

    count: of groups. dim: of the heads. precision: ε. softness: η. steps of batch rows, with the rate of
    learning. labels_: (N,). reduction_: R − R_c of each step.
    """

    labels_: Ids

    def __init__(
        self,
        count: int,
        *,
        dim: int = 24,
        precision: float = 0.5,
        softness: float = 0.15,
        steps: int = 60,
        batch: int = 150,
        learning: float = 2e-3,
        seed: int = 0,
    ) -> None:
        if count < 1 or dim < 1 or steps < 0 or batch < 2 or precision <= 0 or softness <= 0:
            raise ValueError("count and dim must be at least 1, batch 2, precision and softness positive")
        self.count, self.dim, self.precision, self.softness = count, dim, precision, softness
        self.steps, self.batch, self.learning, self.seed = steps, batch, learning, seed

    def fit(self, x: Array) -> Self:
        """Group (N, D). Raises ShapeError."""
        given = matrix(x, "x", least=max(self.count, 3))
        self.middle_ = given.mean(axis=0)
        rows = torch.from_numpy(unit(given - self.middle_))
        dim = min(self.dim, *rows.shape)
        _, _, right = np.linalg.svd(rows.numpy(), full_matrices=False)
        feature = torch.from_numpy(right[:dim].T.copy()).requires_grad_()
        cluster = torch.from_numpy(right[:dim].T.copy()).requires_grad_()
        optimiser = torch.optim.Adam([feature, cluster], lr=self.learning)
        generator = torch.Generator().manual_seed(self.seed)
        self.reduction_: list[float] = []
        for _ in range(self.steps):
            some = rows[torch.randperm(len(rows), generator=generator)[: self.batch]]
            z = torch.nn.functional.normalize(some @ feature, dim=1)
            c = torch.nn.functional.normalize(some @ cluster, dim=1)
            membership = doubly_stochastic(c @ c.T / self.softness)
            gained = rate(z, self.precision) - rate_apart(z, membership, self.precision)
            optimiser.zero_grad()
            (-gained).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            self.reduction_.append(float(gained.detach()))
        with torch.no_grad():
            c = torch.nn.functional.normalize(rows @ cluster, dim=1)
            whole = doubly_stochastic(c @ c.T / self.softness).numpy()
        self.labels_ = spectral(whole.astype(np.float32), self.count, seed=self.seed)
        self._feature = feature.detach().numpy()
        return self

    def transform(self, x: Array) -> Array:
        """Return (M, dim), the rows on the union of subspaces that was learned. Raises ShapeError."""
        if not hasattr(self, "_feature"):
            raise NotFittedError("nothing is learned yet; call fit first")
        given = matrix(x, "x", dim=len(self._feature))
        return unit(unit(given - self.middle_) @ self._feature)


def spectral(affinity: Array, count: int, *, seed: int = 0) -> Ids:
    """Return (N,), the groups of an affinity (N, N) by its leading eigenvectors. Raises ShapeError."""
    given = matrix(affinity, "affinity", rows=len(affinity), dim=len(affinity))
    if len(given) < count:
        raise ShapeError(f"affinity must have at least {count} rows, got {given.shape}")
    both = (given + given.T) / 2
    scale = 1 / np.sqrt(np.maximum(both.sum(axis=1), 1e-12))
    _, vectors = np.linalg.eigh(scale[:, None] * both * scale[None])
    return SphericalKMeans(count, starts=5, seed=seed).fit(vectors[:, -count:].astype(np.float32)).labels_
