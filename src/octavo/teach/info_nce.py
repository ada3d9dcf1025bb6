"""InfoNCE, the contrastive loss the recipes of this room build on.

Representation Learning with Contrastive Predictive Coding (van den Oord, Li and Vinyals, 2018),
arXiv:1807.03748. Of all documents in the batch, a query is to choose its own:

    L = -1/N Σ_i log exp(⟨q_i, d_i⟩ / τ) / Σ_j exp(⟨q_i, d_j⟩ / τ),

here the mean of both directions, as is usual where either side may ask.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class InfoNCE(nn.Module):
    """Of N pairs (N, D) of unit length: each to know its own among all.

    temperature: τ. both: whether documents are to find their queries as well.
    """

    def __init__(self, temperature: float = 0.05, *, both: bool = True) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        self.temperature, self.both = temperature, both

    def forward(self, queries: Tensor, documents: Tensor, negatives: Tensor | None = None) -> Tensor:
        """Return the loss of (N, D) and (N, D).

        negatives: (M, D) more documents that none of the queries asks for.
        """
        logits = queries @ documents.T / self.temperature
        own = torch.arange(len(queries))
        backwards = functional.cross_entropy(logits.T, own) if self.both else None
        if negatives is not None:
            logits = torch.cat([logits, queries @ negatives.T / self.temperature], dim=1)
        forwards = functional.cross_entropy(logits, own)
        return forwards if backwards is None else (forwards + backwards) / 2
