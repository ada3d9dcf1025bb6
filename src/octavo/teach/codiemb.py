"""CoDiEmb: one head good at search and at similarity; each batch is of one task and has its loss.

CoDiEmb: A Collaborative yet Distinct Framework for Unified Representation Learning in Information Retrieval
and Semantic Textual Similarity (Zhang, Song, Chen, Zhang, Yin and Sun, 2025), arXiv:2508.11442. Batches of
search have InfoNCE; batches of pairs with human scores y and cosines s have

    L = 2 (1 - Pearson(s, y)) + 5 KL( softmax(-rank(y) / Nτ) ‖ softmax(s / τ) ) + ½ PRO(s, y),

    PRO = -Σ_k log exp(s_k / T_k) / (exp(s_k / T_k) + Σ_{j: y_j < y_k} exp(s_j / T_kj)),

    T_kj = τ / (y_k - y_j),  T_k = min_j T_kj,

in which a pair whose score is much lower weighs more than one that is nearly as high.

Differs from the paper: a linear map behind a frozen encoder is taught, so there are no several layers to give
losses to and no checkpoints to fuse. Ranks of equal scores are averaged; in PRO gaps are shares of the range
of y, and its mean is taken over the pairs that have a lower one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from octavo.exceptions import ShapeError


def pearson(x: Tensor, y: Tensor) -> Tensor:
    """Return the correlation of (N,) and (N,); 0 where either does not vary."""
    x, y = x - x.mean(), y - y.mean()
    found: Tensor = torch.dot(x, y) / (x.square().sum() * y.square().sum()).sqrt().clamp(min=1e-8)
    return found


def ranks(y: Tensor) -> Tensor:
    """Return (N,), from 1 for the highest; equal ones share the mean of their places."""
    above = (y[:, None] < y).sum(dim=1).to(y.dtype)
    level = (y[:, None] == y).sum(dim=1).to(y.dtype)
    return above + (level + 1) / 2


def rank_divergence(scores: Tensor, y: Tensor, temperature: float) -> Tensor:
    """Return KL from the order of y (N,) to that of the scores (N,)."""
    ideal = torch.log_softmax(-ranks(y) / (len(y) * temperature), dim=0)
    found = torch.log_softmax(scores / temperature, dim=0)
    return (ideal.exp() * (ideal - found)).sum()


def preference(scores: Tensor, y: Tensor, temperature: float) -> Tensor:
    """Return PRO of scores (N,) under y (N,); 0 where no score is lower than another."""
    gap = (y[:, None] - y) / (y.max() - y.min()).clamp(min=1e-8)
    lower = gap > 0
    # The widest gap of a pair sets its own temperature, that of the others is by their gap.
    own = scores * gap.max(dim=1).values / temperature
    others = (scores * gap / temperature).masked_fill(~lower, -torch.inf)
    each = torch.logsumexp(torch.cat([own[:, None], others], dim=1), dim=1) - own
    counted = lower.any(dim=1)
    return each[counted].mean() if counted.any() else scores.sum() * 0


class Similarity(nn.Module):
    """The loss of a batch of pairs with human scores.

    temperature: τ. weights: of Pearson, of the divergence of ranks, and of PRO.
    """

    def __init__(
        self, temperature: float = 0.05, *, weights: tuple[float, float, float] = (2.0, 5.0, 0.5)
    ) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.temperature, self.weights = temperature, weights

    def forward(self, x: Tensor, y: Tensor, judged: Tensor) -> Tensor:
        """Return the loss of pairs (N, D) and (N, D) of unit length whose likeness was judged (N,)."""
        if x.shape != y.shape or judged.shape != x.shape[:1] or len(x) < 2:
            raise ShapeError(
                f"want two of (N, D) and judged (N,) with N ≥ 2, got {tuple(x.shape)}, {tuple(y.shape)} and "
                f"{tuple(judged.shape)}"
            )
        scores = (x * y).sum(dim=1)
        parts = (
            1 - pearson(scores, judged),
            rank_divergence(scores, judged, self.temperature),
            preference(scores, judged, self.temperature),
        )
        return torch.stack([weight * part for weight, part in zip(self.weights, parts, strict=True)]).sum()
