"""DNIS: how many numbers an embedding needs is searched for, and frequent values get more of them.

Differentiable Neural Input Search for Recommender Systems (Cheng, Shen and Huang, 2020), arXiv:2006.04466.
Values are put into L blocks by how often they are seen, and each block has a soft choice α of dimensions,

    e'_i = e_i ⊙ α_{block(i)},    α ∈ [0, 1]^{L × D}.

Embeddings learn from one part of the clicks and α from another, in turns, the gradient of α at unit length.
In the end the numbers of all e' that are nearest to 0 are dropped, all at once and over all values: what is
left has as many dimensions as each value needs. Nothing is learned anew.

Differs from the paper: α's gradient is taken at the embeddings as they are (first order). Numbers are dropped
down to a share that the caller names.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids
from octavo.rank.clicks import Embeddings, lessons, lines_of, opened_of
from octavo.training import batches

Model = TypeVar("Model", bound=nn.Module)


class SearchedEmbeddings(nn.Module):
    """Embeddings with a soft choice of dimensions for each block: (N, F) → (N, F, D).

    table: those to choose from. lines: (N, F), whose values are counted. blocks: L, each of as many values.
    """

    mask: Tensor
    block: Tensor
    choice: Tensor

    def __init__(self, table: Embeddings, lines: npt.ArrayLike, *, blocks: int = 8) -> None:
        super().__init__()
        values = len(table.weight)
        if not 1 <= blocks <= values:
            raise ValueError(f"blocks must be between 1 and the {values} values, got {blocks}")
        self.width, self.dim, self.table = table.width, table.dim, table
        rows, known = table.rows(torch.from_numpy(lines_of(lines, width=table.width, least=1)))
        self.often = np.bincount(rows[known].numpy(), minlength=values)
        order = np.argsort(-self.often, kind="stable")
        block = np.empty(values, np.int64)
        block[order] = np.arange(values) * blocks // values
        self.register_buffer("block", torch.from_numpy(block))
        self.register_buffer("choice", torch.ones(blocks, table.dim))
        self.register_buffer("mask", torch.ones(values, table.dim))

    def whole(self) -> Tensor:
        """Return e' (V, D) of every value."""
        return self.table.weight * self.choice[self.block] * self.mask

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N, F, D)."""
        rows, known = self.table.rows(lines)
        e = functional.embedding(rows, self.table.weight)
        return e * self.choice[self.block[rows]] * self.mask[rows] * known[..., None]

    @torch.no_grad()
    def prune(self, share: float) -> Ids:
        """Drop this share of all numbers, those nearest to 0, and return how many each value has left (V,).

        Those of values that were not among the lines go first. What was dropped before counts: prune(0.5)
        then prune(0.8) leaves a fifth.
        """
        if not 0 <= share < 1:
            raise ValueError(f"share must be at least 0 and below 1, got {share}")
        size = self.whole().abs()
        # What was never seen has only what it began with.
        size[torch.from_numpy(self.often == 0)] = 0
        size = size.flatten()
        self.mask.fill_(1)
        if dropped := int(share * len(size)):
            order = torch.argsort(size, stable=True)
            self.mask.view(-1)[order[:dropped]] = 0
        return self.mask.sum(dim=1).long().numpy()

    def sizes(self) -> Array:
        """Return (L,), how many numbers a value of each block has left, the most frequent block first."""
        left = self.mask.sum(dim=1)
        count = torch.bincount(self.block).clamp(min=1)
        sizes: Array = (torch.zeros(len(count)).index_add(0, self.block, left) / count).numpy()
        return sizes


def search(
    model: Model,
    table: SearchedEmbeddings,
    lines: npt.ArrayLike,
    opened: npt.ArrayLike,
    *,
    pace: float = 0.02,
    epochs: int = 5,
    size: int = 256,
    rate: float = 0.01,
    decay: float = 0.0,
    seed: int = 0,
) -> Model:
    """Teach a click model on a searched table, its embeddings and the choice in turns; return it.

    A fifth of the lines (N, F) is kept for the choice. pace: how far a step moves each block's choice. Raises
    ShapeError.
    """
    if pace <= 0 or epochs < 1:
        raise ValueError(f"want pace above 0 and epochs ≥ 1, got {pace} and {epochs}")
    given = lines_of(lines, width=table.width, least=10)
    wanted = opened_of(opened, len(given))
    order = np.random.default_rng(seed).permutation(len(given))
    held, own = order[: len(order) // 5], order[len(order) // 5 :]
    if len(set(wanted[own].tolist())) < 2:
        raise ShapeError("opened must hold both kinds often enough to be split")
    judged, truth = torch.from_numpy(given[held]), torch.from_numpy(wanted[held])
    steps = epochs * max(1, len(own) // min(size, len(own)))
    turns = iter(batches(len(held), size, steps=steps, seed=seed + 1))
    for _ in lessons(
        model,
        given[own],
        wanted[own],
        epochs=epochs,
        size=size,
        rate=rate,
        decay=decay,
        seed=seed,
    ):
        rows = next(turns)
        table.choice.requires_grad_(True)
        loss = functional.binary_cross_entropy_with_logits(model(judged[rows]), truth[rows])
        (slope,) = torch.autograd.grad(loss, table.choice)
        table.choice.requires_grad_(False)
        slope /= slope.norm(dim=1, keepdim=True).clamp(min=1e-12)
        table.choice.sub_(pace * slope).clamp_(0, 1)
    return model
