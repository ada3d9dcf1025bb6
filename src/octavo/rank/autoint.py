"""AutoInt: which fields of a line matter together is learned by attention among them.

AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks
(Song, Shi, Xiao, Duan, Xu, Zhang and Tang, 2018), arXiv:1810.11921. Every field is a vector e_f, and in each
layer a field looks at the others and takes over what goes with it, with several heads h at once,

    α_h(f, g) = softmax_g ⟨W_Q e_f, W_K e_g⟩,
    ẽ_f = ‖_h Σ_g α_h(f, g) W_V e_g,    e_f ← ReLU(ẽ_f + W_R e_f),

so that L layers make combinations of up to 2^L fields. In the end all fields stand side by side, and a linear
map of them is the log-odds y. α says which fields looked at which, and α ∂y/∂α what that was worth.

Differs from the paper: products are divided by the root of a head's width, and the fields are normalised
behind each layer, as in the authors' code, which also has rectifiers inside the heads; those are left out. A
weight for every value alone is added to the log-odds. There is no parallel deep network. Reasons are not
attention itself, as in the paper, but what hangs on it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.protocols import Array
from octavo.rank.clicks import Table, lines_of


class Pair(NamedTuple):
    """Fields `one` and `other` spoke, by their places, and how much the log-odds hang on that."""

    one: int
    other: int
    weight: float


class Interaction(nn.Module):
    """One layer: (N, F, D) → (N, F, D'), and α (N, heads, F, F)."""

    def __init__(self, dim: int, out: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.stay = (nn.Linear(dim, out, bias=False) for _ in range(4))
        self.norm = nn.LayerNorm(out)

    def forward(self, e: Tensor) -> tuple[Tensor, Tensor]:
        """Return (N, F, D') and (N, heads, F, F)."""
        q, k, v = (self._split(part(e)) for part in (self.query, self.key, self.value))
        attention = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1)
        taken = (attention @ v).transpose(1, 2).flatten(2)
        passed: Tensor = self.norm(torch.relu(taken + self.stay(e)))
        return passed, attention

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class AutoInt(nn.Module):
    """Lines (N, F) → log-odds (N,).

    table: of the F fields' embeddings. out: D', of every layer; a multiple of heads. layers: L.
    """

    def __init__(
        self, table: Table, *, layers: int = 2, heads: int = 2, out: int = 32, seed: int = 0
    ) -> None:
        super().__init__()
        if layers < 1 or heads < 1 or out < 1 or out % heads:
            raise ValueError(f"want layers ≥ 1 and out a multiple of heads, got {layers}, {out} and {heads}")
        self.width, self.table = table.width, table
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            widths = [table.dim, *[out] * layers]
            self.layers = nn.ModuleList(Interaction(one, other, heads) for one, other in pairwise(widths))
            self.alone = nn.Linear(table.width * table.dim, 1)
            self.outer = nn.Linear(table.width * out, 1)

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N,)."""
        return self._passed(lines)[0]

    def _passed(self, lines: Tensor) -> tuple[Tensor, list[Tensor]]:
        e = self.table(lines)
        alone: Tensor = self.alone(e.flatten(1))[:, 0]
        seen = []
        for layer in self.layers:
            e, attention = layer(e)
            seen.append(attention)
        together: Tensor = self.outer(e.flatten(1))[:, 0]
        return alone + together, seen

    @torch.no_grad()
    def attention(self, lines: npt.ArrayLike) -> Array:
        """Return (N, F, F), rows adding up to 1: how each field of lines (N, F) looks at the others.

        The mean over heads of the layers one after the other, half of what a layer passes on being what was
        there. Raises ShapeError.
        """
        given = torch.from_numpy(lines_of(lines, width=self.width))
        whole = torch.eye(self.width).expand(len(given), -1, -1)
        for attention in self._passed(given)[1]:
            whole = (attention.mean(dim=1) + torch.eye(self.width)) / 2 @ whole
        found: Array = whole.numpy().astype(np.float32)
        return found

    def spoken(self, lines: npt.ArrayLike) -> Array:
        """Return (N, F, F): how much the log-odds hang on each field's look at each other, Σ |α ∂y/∂α|.

        Over heads and layers; attention that nothing is made of counts for nothing. Raises ShapeError.
        """
        given = torch.from_numpy(lines_of(lines, width=self.width))
        said, seen = self._passed(given)
        slopes = torch.autograd.grad(said.sum(), seen)
        parts = [(a * slope).abs().sum(dim=1) for a, slope in zip(seen, slopes, strict=True)]
        found: Array = torch.stack(parts).sum(dim=0).detach().numpy().astype(np.float32)
        return found

    def weights(self, lines: npt.ArrayLike) -> Array:
        """Return (N, F): how much each field of lines (N, F) spoke, was spoken to, and says alone.

        Raises ShapeError.
        """
        spoken = self.spoken(lines)
        with torch.no_grad():
            e = self.table(torch.from_numpy(lines_of(lines)))
            alone = (self.alone.weight.view(self.width, -1) * e).sum(dim=-1).abs().numpy()
        found: Array = (spoken.sum(axis=1) + spoken.sum(axis=2) + alone).astype(np.float32)
        return found

    def reasons(self, lines: npt.ArrayLike, most: int = 3) -> list[list[Pair]]:
        """Return for each line (N, F) the pairs of different fields on whose talk the log-odds hang most.

        Raises ShapeError.
        """
        if most < 1:
            raise ValueError(f"most must be at least 1, got {most}")
        found = []
        for square in self.spoken(lines):
            # In either direction they are one pair.
            both = np.triu(square + square.T, 1).ravel()
            order = np.argsort(-both, kind="stable")[: min(most, self.width * (self.width - 1) // 2)]
            found.append([Pair(*divmod(int(at), self.width), float(both[at])) for at in order])
        return found
