"""Metrix: mixtures of a positive and a negative, which are each in part.

It Takes Two to Tango: Mixup for Deep Metric Learning
(Venkataramanan, Psomas, Kijak, Amsaleg, Karantzalos and Avrithis, 2021), arXiv:2106.04990. Many losses of
metric learning are, for an anchor a with positives P and negatives N and similarities s,

    ℓ(a) = σ₊( Σ_{p ∈ P} ρ₊(s(a, p)) ) + σ₋( Σ_{n ∈ N} ρ₋(s(a, n)) ),

and a mixture v = λ p + (1 - λ) n of a positive and a negative belongs to both sums,

    λ ρ₊(s(a, v)) + (1 - λ) ρ₋(s(a, v)),    λ ~ Beta(2, 2);    L = mean ℓ + w mean ℓ_mixed,

here with the multi-similarity loss: σ₊(t) = log(1 + t)/β, ρ₊(s) = exp(-β (s - m)), σ₋(t) = log(1 + t)/γ,
ρ₋(s) = exp(γ (s - m)).

Differs from the paper: embeddings are mixed, not pictures or inner layers. Every anchor draws one negative
for each of its positives instead of mining the hard ones.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError


class Metrix(nn.Module):
    """The multi-similarity loss of labelled embeddings (N, D), and its form for mixtures.

    weight: w, of the mixtures; 0 is the loss without them. positive, negative: β and γ. margin: m.
    concentration: of the Beta distribution λ is drawn from. seed: of the draws.
    """

    def __init__(
        self,
        weight: float = 0.4,
        *,
        positive: float = 2.0,
        negative: float = 20.0,
        margin: float = 0.5,
        concentration: float = 2.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if weight < 0 or min(positive, negative, concentration) <= 0:
            raise ValueError(
                "want a weight of at least 0, and positive, negative and concentration above 0, got "
                f"{weight}, {positive}, {negative} and {concentration}"
            )
        self.weight, self.positive, self.negative, self.margin = weight, positive, negative, margin
        self.concentration = concentration
        self._chance = torch.Generator().manual_seed(seed)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of (N, D) of unit length under labels (N,)."""
        if labels.shape != x.shape[:1]:
            raise ShapeError(f"labels must be ({len(x)},), as many as x, got {tuple(labels.shape)}")
        same = labels[:, None] == labels
        alike = same & ~torch.eye(len(x), dtype=torch.bool)
        scores = x @ x.T
        loss = self.contrast(scores, alike.float(), (~same).float()).mean()
        if self.weight:
            loss = loss + self.weight * self._mixed(x, alike, ~same)
        return loss

    def contrast(self, scores: Tensor, near: Tensor, far: Tensor) -> Tensor:
        """Return ℓ (N,) from scores (N, M) that count as positives by near and as negatives by far, both in
        [0, 1] and of that shape."""
        pulled = (near * torch.exp(-self.positive * (scores - self.margin))).sum(dim=1)
        pushed = (far * torch.exp(self.negative * (scores - self.margin))).sum(dim=1)
        return torch.log1p(pulled) / self.positive + torch.log1p(pushed) / self.negative

    def _mixed(self, x: Tensor, alike: Tensor, other: Tensor) -> Tensor:
        anchors, positives = torch.nonzero(alike & other.any(dim=1, keepdim=True), as_tuple=True)
        if not len(anchors):
            return x.new_zeros(())
        negatives = torch.multinomial(other[anchors].float(), 1, generator=self._chance)[:, 0]
        # Of two gamma variables, the first's share of their sum is a beta variable.
        shape = torch.full((2, len(anchors)), self.concentration)
        gammas = torch._standard_gamma(shape, generator=self._chance)
        part = gammas[0] / gammas.sum(dim=0)
        mixed = functional.normalize(part[:, None] * x[positives] + (1 - part)[:, None] * x[negatives], dim=1)
        scores = (x[anchors] * mixed).sum(dim=1)
        pulled = part * torch.exp(-self.positive * (scores - self.margin))
        pushed = (1 - part) * torch.exp(self.negative * (scores - self.margin))
        sums = x.new_zeros(2, len(x)).index_add(1, anchors, torch.stack([pulled, pushed]))
        each = torch.log1p(sums[0]) / self.positive + torch.log1p(sums[1]) / self.negative
        return each[torch.unique(anchors)].mean()


@torch.no_grad()
def utilisation(queries: Tensor, x: Tensor) -> float:
    """Return how far, squared and on average, queries (Q, D) are from the nearest of (N, D): less is better.

    The paper's measure of how much of the space the training has reached.
    """
    return float(torch.cdist(queries, x).min(dim=1).values.square().mean())
