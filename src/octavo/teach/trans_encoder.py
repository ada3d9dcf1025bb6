"""Trans-Encoder: a bi-encoder and a cross-encoder that teach each other, without a label.

Trans-Encoder: Unsupervised sentence-pair modelling through self- and mutual-distillations
(Liu, Jiao, Massiah, Yilmaz and Havrylov, 2021), arXiv:2109.13059. The cosine of a bi-encoder b labels pairs
for a cross-encoder c, which sees both texts at once and comes out better than its teacher; its scores then
teach the bi-encoder, and so on, in turns:

    c ← argmin_c Σ BCE(c(x, y), scaled ⟨b(x), b(y)⟩),    b ← argmin_b Σ (⟨b(x), b(y)⟩ - c(x, y))².

In mutual distillation the labels are the mean of several models'.

Differs from the paper: both encoders are heads on frozen vectors, so that a round takes seconds on a CPU: b a
linear map, c a network of one hidden layer over [|x - y|, x ⊙ y] that corrects the cosine it begins with.
Cosines become labels by a linear map of their range to [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Ids
from octavo.teach.head import Head
from octavo.tensors import paired
from octavo.training import batches, train


class CrossHead(nn.Module):
    """Judges pairs of vectors read together: (N, D) and (N, D) → (N,), logits.

    Untaught it says `scale` times the cosine. The same for (x, y) as for (y, x).
    """

    def __init__(self, dim: int, hidden: int = 128, *, scale: float = 4.0) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(2 * dim, hidden), nn.Linear(hidden, 1)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return (N,)."""
        seen = torch.cat([(x - y).abs(), x * y], dim=1)
        correction: Tensor = self.outer(functional.gelu(self.inner(seen)))[:, 0]
        return self.scale * functional.cosine_similarity(x, y) + correction


def scaled(scores: Tensor) -> Tensor:
    """Return scores (N,) moved to [0, 1], from the lowest at 0 to the highest at 1; ½ where all are equal."""
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else torch.full_like(scores, 0.5)


@torch.no_grad()
def _coded(head: Head, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return head(x), head(y)


def _cross_loss(cross: CrossHead, a: Tensor, b: Tensor, labels: Tensor, rows: Ids) -> Tensor:
    return functional.binary_cross_entropy_with_logits(cross(a[rows], b[rows]), labels[rows])


def _head_loss(head: Head, x: Tensor, y: Tensor, wanted: Tensor, rows: Ids) -> Tensor:
    return functional.mse_loss((head(x[rows]) * head(y[rows])).sum(dim=1), wanted[rows])


class TransEncoder:
    """Improves vectors from pairs nobody judged. One model of each kind for every view of the texts.

    rounds: of teaching each other. steps, size (of a batch): of each half round. seed: of all chance.
    """

    def __init__(self, *, rounds: int = 3, steps: int = 200, size: int = 128, seed: int = 0) -> None:
        if rounds < 1 or steps < 1 or size < 2:
            raise ValueError(f"want rounds, steps ≥ 1 and size ≥ 2, got {rounds}, {steps} and {size}")
        self.rounds, self.steps, self.size, self.seed = rounds, steps, size, seed
        self.heads_: list[Head] = []
        self.cross_: list[CrossHead] = []

    def fit(self, views: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Self:
        """Learn from the same N pairs in one or more views, each ((N, D), (N, D)): with one view models
        distil themselves, with several each other. Raises ShapeError."""
        if not views:
            raise ValueError("fit needs at least one view")
        pairs = [paired(x, y) for x, y in views]
        if len({len(x) for x, _ in pairs}) > 1:
            raise ValueError(f"every view must hold the same pairs, got {[len(x) for x, _ in pairs]}")
        torch.manual_seed(self.seed)
        self.heads_ = [Head(x.shape[1]) for x, _ in pairs]
        self.cross_ = [CrossHead(x.shape[1]) for x, _ in pairs]
        for number in range(self.rounds):
            self._teach_cross(pairs, number)
            self._teach_heads(pairs, number)
        return self

    def _teach_cross(self, pairs: list[tuple[Tensor, Tensor]], number: int) -> None:
        coded = [_coded(head, x, y) for head, (x, y) in zip(self.heads_, pairs, strict=True)]
        labels = torch.stack([scaled((a * b).sum(dim=1)) for a, b in coded]).mean(dim=0)
        for cross, (a, b) in zip(self.cross_, coded, strict=True):
            self._run(cross, partial(_cross_loss, cross, a, b, labels), len(a), 2 * number)

    def _teach_heads(self, pairs: list[tuple[Tensor, Tensor]], number: int) -> None:
        coded = [_coded(head, x, y) for head, (x, y) in zip(self.heads_, pairs, strict=True)]
        with torch.no_grad():
            judged = [cross(a, b) for cross, (a, b) in zip(self.cross_, coded, strict=True)]
        labels = torch.stack([scaled(torch.sigmoid(each)) for each in judged]).mean(dim=0)
        for head, (x, y), (a, b) in zip(self.heads_, pairs, coded, strict=True):
            cosine = (a * b).sum(dim=1)
            wanted = cosine.min() + (cosine.max() - cosine.min()) * labels
            self._run(head, partial(_head_loss, head, x, y, wanted), len(x), 2 * number + 1)

    def _run(self, module: nn.Module, loss: Callable[[Ids], Tensor], n: int, part: int) -> None:
        chosen = batches(n, self.size, steps=self.steps, seed=self.seed * 1000 + part)
        for _ in train(module, loss, chosen, rate=5e-4):
            pass

    def transform(self, x: npt.ArrayLike, *, view: int = 0) -> Array:
        """Return the bi-encoder's (N, D) of a view. Raises NotFittedError, ShapeError."""
        return self._fitted(self.heads_)[view].apply_to(x)

    @torch.no_grad()
    def judge(self, x: npt.ArrayLike, y: npt.ArrayLike, *, view: int = 0) -> Array:
        """Return the cross-encoder's scores (N,) of pairs. Raises NotFittedError, ShapeError."""
        head = self._fitted(self.heads_)[view]
        a, b = paired(x, y)
        judged: Array = self.cross_[view](head(a), head(b)).numpy()
        return judged

    @staticmethod
    def _fitted(heads: list[Head]) -> list[Head]:
        if not heads:
            raise NotFittedError("TransEncoder must be fitted before it is used; call fit(views)")
        return heads
