"""Early-learning regularisation: what a network believed early keeps it from learning wrong labels by heart.

Early-Learning Regularization Prevents Memorization of Noisy Labels
(Liu, Niles-Weed, Razavian and Fernandez-Granda, 2020), arXiv:2007.00151. Networks learn what is right before
they memorise what is wrong. So the predictions p_i of the epochs so far are remembered for every example, and
leaving them is made dear:

    t_i ← β t_i + (1 - β) p_i,    L = 1/N Σ_i [ CE(p_i, y_i) + λ log(1 - ⟨t_i, p_i⟩) ].

Differs from the paper: none of its two-network form (ELR+) is here. Probabilities are kept within 1e-4 of the
ends and brought back to sum to one before they are remembered, as in the authors' code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError


class EarlyLearning(nn.Module):
    """Cross-entropy that remembers. It belongs to one training set.

    examples: how many there are; each is told by its number. classes: C. memory: β, how slowly what is
    remembered follows. strength: λ; 0 is cross-entropy.
    """

    remembered: Tensor
    """(examples, C), t."""

    def __init__(self, examples: int, classes: int, *, memory: float = 0.7, strength: float = 3.0) -> None:
        super().__init__()
        if examples < 1 or classes < 2:
            raise ValueError(f"want at least one example and two classes, got {examples} and {classes}")
        if not 0 <= memory < 1 or strength < 0:
            raise ValueError(f"want 0 ≤ memory < 1 and strength ≥ 0, got {memory} and {strength}")
        self.memory, self.strength = memory, strength
        self.register_buffer("remembered", torch.zeros(examples, classes))

    def forward(self, logits: Tensor, labels: Tensor, numbers: Tensor) -> Tensor:
        """Return the loss of logits (N, C) under labels (N,) for the examples of these numbers (N,)."""
        if logits.ndim != 2 or logits.shape[1] != self.remembered.shape[1]:
            raise ShapeError(
                f"logits must be of shape (N, {self.remembered.shape[1]}), got {tuple(logits.shape)}"
            )
        p = functional.softmax(logits, dim=1).clamp(1e-4, 1 - 1e-4)
        with torch.no_grad():
            believed = p / p.sum(dim=1, keepdim=True)
            self.remembered[numbers] = self.memory * self.remembered[numbers] + (1 - self.memory) * believed
        loyal = torch.log(1 - (self.remembered[numbers] * p).sum(dim=1)).mean()
        return functional.cross_entropy(logits, labels) + self.strength * loyal
