"""Nested dropout: features in order of importance, and two learners who vet each other's labels.

Compressing Features for Learning with Noisy Labels (Chen, Hu, Shen, Ai and Suykens, 2022),
arXiv:2206.13140. In every step all features behind a random one are dropped, so that the first ones carry
what matters and little is left for wrong labels:

    h ← h ⊙ 1[1 .. k],    p(k) ∝ exp(-(k/σ)²),  k = 1 .. D.

Then two such networks, taught apart, teach each other: each picks the share 1 - r of the batch whose loss it
finds smallest, and the other learns from these, r growing to the share of labels that are wrong.

Differs from the paper: heads on frozen vectors take the place of deep networks. k for use is chosen by the
caller, who holds clean examples or none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class NestedDropout(nn.Module):
    """(N, D) → (N, D), zero behind a place drawn anew for every batch; as it is outside of training.

    dim: D. sigma: σ, how many features are kept as a rule. seed: of the draws.
    """

    def __init__(self, dim: int, sigma: float, *, seed: int = 0) -> None:
        super().__init__()
        if dim < 1 or not sigma > 0:
            raise ValueError(f"want dim ≥ 1 and sigma > 0, got {dim} and {sigma}")
        self.weights = torch.exp(-((torch.arange(1, dim + 1) / sigma) ** 2))
        self._chance = torch.Generator().manual_seed(seed)

    def draw(self) -> int:
        """Return k, how many features are kept."""
        return int(torch.multinomial(self.weights, 1, generator=self._chance)) + 1

    def forward(self, x: Tensor, k: int | None = None) -> Tensor:
        """Return x with all but its first k features 0; k is drawn in training, and all of them else."""
        if k is None:
            if not self.training:
                return x
            k = self.draw()
        kept = torch.zeros(x.shape[-1])
        kept[:k] = 1
        return x * kept


def small_losses(logits: Tensor, labels: Tensor, share: float) -> Tensor:
    """Return the positions of the given share of (N, C) whose cross-entropy under labels (N,) is smallest.

    At least one; what a peer should learn from.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    losses = functional.cross_entropy(logits.detach(), labels, reduction="none")
    return torch.argsort(losses)[: max(1, round(share * len(losses)))]


def co_teaching_losses(first: Tensor, second: Tensor, labels: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Return the losses of two learners with logits (N, C), each over what the other finds believable.

    share: of the batch, 1 - r.
    """
    for_second, for_first = small_losses(first, labels, share), small_losses(second, labels, share)
    return (
        functional.cross_entropy(first[for_first], labels[for_first]),
        functional.cross_entropy(second[for_second], labels[for_second]),
    )
