"""Dynamic contrastive distillation: a slow judge teaches fast vectors where they have something to learn.

Dynamic Contrastive Distillation for Image-Text Retrieval
(Rao, Ding, Qi, Fang, Liu, Shen and Tao, 2022), arXiv:2207.01426. A teacher t that reads both sides together
judges, for every query, a few candidates that the student s finds hard. The student learns its own answer
and the teacher's opinion of the candidates C_i,

    L = Σ_i w_i [ (1 - α) ℓ_NCE(i) + α τ² KL( softmax_{j ∈ C_i}(t_ij / τ) ‖ softmax_{j ∈ C_i}(s_ij / τ) ) ],

    w_i ∝ exp(-H_i(t)) (1 - s(d_i | q_i)),

with H_i the teacher's entropy over C_i: what it is sure of and the student is not counts for most.

Differs from the paper: text stands for pictures. The paper chooses weights from the student's uncertainty
and the gradient of its loss; here both factors come from the two distributions at hand, made to have mean 1
in the batch. Candidates are the whole batch or those named.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError


class DynamicDistillation(nn.Module):
    """Of N queries with C candidates each, the first of which is its own.

    temperature: τ, of the student's contrast and of both opinions. share: α, of the teacher. dynamic: whether
    queries are weighed; else all count the same.
    """

    def __init__(self, temperature: float = 0.05, *, share: float = 0.5, dynamic: bool = True) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, got {temperature}")
        if not 0 <= share <= 1:
            raise ValueError(f"share must be between 0 and 1, got {share}")
        self.temperature, self.share, self.dynamic = temperature, share, dynamic

    def forward(self, queries: Tensor, candidates: Tensor, teacher: Tensor) -> Tensor:
        """Return the loss of queries (N, D), candidates (N, C, D) and the teacher's scores (N, C)."""
        if candidates.shape[:2] != teacher.shape or len(queries) != len(candidates):
            raise ShapeError(
                f"candidates (N, C, D) and teacher (N, C) must belong to queries (N, D), got "
                f"{tuple(candidates.shape)}, {tuple(teacher.shape)} and {tuple(queries.shape)}"
            )
        scores = torch.einsum("nd,ncd->nc", queries, candidates)
        student = functional.log_softmax(scores / self.temperature, dim=1)
        opinion = functional.log_softmax(teacher / self.temperature, dim=1)
        contrast = -student[:, 0]
        apart = (opinion.exp() * (opinion - student)).sum(dim=1) * self.temperature**2
        each = (1 - self.share) * contrast + self.share * apart
        return (self.weights(student, opinion) * each).mean() if self.dynamic else each.mean()

    @staticmethod
    @torch.no_grad()
    def weights(student: Tensor, opinion: Tensor) -> Tensor:
        """Return (N,) with mean 1 from both logarithms of probability (N, C)."""
        entropy = -(opinion.exp() * opinion).sum(dim=1)
        raw = torch.exp(-entropy) * (1 - student[:, 0].exp()) + 1e-6
        return raw / raw.mean()
