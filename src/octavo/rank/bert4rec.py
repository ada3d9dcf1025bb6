"""BERT4Rec: the next item of a reader, from items hidden at random in what they took before.

BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations from Transformer
(Sun, Liu, Wu, Pei, Lin, Ou and Jiang, 2019), arXiv:1904.06690. Every item of a history has a vector, its
place another; layers of attention in both directions read their sums. A share ρ of the items is hidden behind
[MASK], and what stands at their places, h, has to name them:

    L = - Σ_{t hidden} log softmax(E g(h_t) + b)[v_t],    E the vectors of the items themselves.

To be asked, a history gets [MASK] behind its end.

Self-Attentive Sequential Recommendation (Kang and McAuley, 2018), arXiv:1808.09781: with `causal`, attention
looks back only, nothing is hidden, and every place names the item after it.

Differs from the paper: layers are normalised before attention, not after it. Places are counted from the end,
and where it is causal from the beginning. The softmax may go over a drawn share of the items, each standing
for the others. Items may start from vectors that counting gave, which saves most of the learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import integers, matrix, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


class Bert4Rec(nn.Module):
    """Histories, the items 0 .. items-1 in the order in which they were taken, to scores of what comes next.

    dim: of the vectors. layers, heads: of attention. length: of a history, the last items are read. dropout:
    share of numbers dropped in learning. hidden: ρ; a fifth of the histories hide their last item alone, as
    they are asked. drawn: how many items the softmax of a step goes over besides the right ones, 0 for all.
    causal: look back only, as SASRec does.
    """

    def __init__(
        self,
        items: int,
        *,
        dim: int = 64,
        layers: int = 2,
        heads: int = 2,
        length: int = 50,
        dropout: float = 0.2,
        hidden: float = 0.3,
        drawn: int = 0,
        causal: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(items, dim, layers, heads) < 1 or length < 2 or drawn < 0 or dim % heads:
            raise ValueError(
                "want at least one item, layer and head, a length of two and a dim that the heads divide, "
                f"got {items}, {layers}, {heads}, {length} and {dim}"
            )
        if not (0 <= dropout < 1 and 0 < hidden < 1):
            raise ValueError(f"want 0 ≤ dropout < 1 and 0 < hidden < 1, got {dropout} and {hidden}")
        self.items, self.length, self.hidden, self.drawn, self.causal = items, length, hidden, drawn, causal
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            # Behind the items stand the mask and what fills the end of short histories.
            self.vectors = nn.Embedding(items + 2, dim, padding_idx=items + 1)
            self.places = nn.Embedding(length, dim)
            for table in (self.vectors, self.places):
                nn.init.normal_(table.weight, std=0.02)
            layer = nn.TransformerEncoderLayer(
                dim, heads, 4 * dim, dropout, "gelu", batch_first=True, norm_first=True
            )
            self.reader = nn.TransformerEncoder(layer, layers, nn.LayerNorm(dim), enable_nested_tensor=False)
            self.told = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.LayerNorm(dim))
        self.bias = nn.Parameter(torch.zeros(items))
        self.dropping = nn.Dropout(dropout)
        self._chance = torch.Generator().manual_seed(seed)

    def forward(self, rows: Tensor) -> Tensor:
        """Return (N, T, D), what stands at every place of histories (N, T) as `padded` makes them."""
        width, empty = rows.shape[1], rows == self.items + 1
        places, ahead = torch.arange(width), None
        if self.causal:
            ahead = torch.ones(width, width, dtype=torch.bool).triu(1)
        else:  # the mask behind a history has always the same place
            places = ((~empty).sum(dim=1, keepdim=True) - 1 - places).clamp(min=0)
        x = self.dropping(self.vectors(rows) + self.places(places))
        read: Tensor = self.reader(x, mask=ahead, src_key_padding_mask=empty)
        if self.causal:
            return read
        told: Tensor = self.told(read)
        return told

    def start_from(self, vectors: npt.ArrayLike) -> Self:
        """Begin with these vectors (items, dim) of the items, at unit length, and learn from there.

        A row of zeros keeps what was drawn for it. Raises ShapeError.
        """
        given = unit(matrix(vectors, "vectors", rows=self.items, dim=self.vectors.embedding_dim))
        known = torch.from_numpy(np.flatnonzero(given.any(axis=1)))
        with torch.no_grad():
            self.vectors.weight[known] = torch.from_numpy(given)[known]
        return self

    def padded(self, histories: Sequence[npt.ArrayLike], spare: int = 0) -> Tensor:
        """Return (N, T): the last items of each, and behind them what fills; `spare` places are kept free.

        Raises ShapeError for an empty history, or one with items that there are not.
        """
        most = self.length - spare
        given = [history_of(each, self.items)[-most:] for each in histories]
        width = max((len(each) for each in given), default=0) + spare
        rows = np.full((len(given), width), self.items + 1, np.int64)
        for row, each in zip(rows, given, strict=True):
            row[: len(each)] = each
        return torch.from_numpy(rows)

    def loss(self, histories: Sequence[npt.ArrayLike]) -> Tensor:
        """Return the loss of a batch of histories, of at least two items each where it is causal."""
        rows = self.padded(histories)
        there = rows <= self.items - 1
        if self.causal:
            asked = there[:, 1:]
            if not asked.any():
                raise ShapeError(
                    "histories must hold one of at least two items, to learn what follows, got none"
                )
            return self._named(self(rows[:, :-1])[asked], rows[:, 1:][asked])
        last = there.sum(dim=1) - 1
        chosen = (torch.rand(rows.shape, generator=self._chance) < self.hidden) & there
        alone = torch.rand(len(rows), generator=self._chance) < 0.2
        alone |= ~chosen.any(dim=1)
        only_last = torch.arange(rows.shape[1]) == last[:, None]
        chosen = torch.where(alone[:, None], only_last, chosen)
        return self._named(self(rows.masked_fill(chosen, self.items))[chosen], rows[chosen])

    def _named(self, read: Tensor, wanted: Tensor) -> Tensor:
        """The cross-entropy of items (M,) at places (M, D)."""
        if not self.drawn:
            logits = read @ self.vectors.weight[: self.items].T + self.bias
            return functional.cross_entropy(logits, wanted)
        others = torch.randint(self.items, (self.drawn,), generator=self._chance)
        right = (read * self.vectors(wanted)).sum(dim=1) + self.bias[wanted]
        wrong = read @ self.vectors(others).T + self.bias[others] + log(self.items / self.drawn)
        wrong = wrong.masked_fill(others == wanted[:, None], -torch.inf)
        both = torch.cat([right[:, None], wrong], dim=1)
        loss: Tensor = (torch.logsumexp(both, dim=1) - right).mean()
        return loss

    @torch.no_grad()
    def scores(self, histories: Sequence[npt.ArrayLike]) -> Array:
        """Return (N, items): how likely each item is to come next. Raises ShapeError."""
        was = self.training
        self.eval()
        rows = self.padded(histories, spare=0 if self.causal else 1)
        last = (rows <= self.items - 1).sum(dim=1) - (1 if self.causal else 0)
        each = torch.arange(len(rows))
        if not self.causal:
            rows[each, last] = self.items
        made: Array = (self(rows)[each, last] @ self.vectors.weight[: self.items].T + self.bias).numpy()
        self.train(was)
        return made


def history_of(history: npt.ArrayLike, items: int) -> Ids:
    """Return a history (T,), T ≥ 1, of items below `items` as int64; ShapeError otherwise."""
    given = np.asarray(history)
    if given.ndim != 1 or not given.size:
        raise ShapeError(f"a history must have the shape (T,) with T ≥ 1, got {given.shape}")
    given = integers(given, "a history", len(given))
    if given.min() < 0 or given.max() >= items:
        raise ShapeError(
            f"a history must hold items from 0 to {items - 1}, got {given.min()} to {given.max()}"
        )
    return given
