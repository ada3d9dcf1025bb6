"""ARM-Net: crosses of whichever fields a sparse gate picks for the line in hand.

ARM-Net: Adaptive Relation Modeling Network for Structured Data
(Cai, Zheng, Chen, Jagadish, Ooi and Zhang, 2021), arXiv:2107.01830. In the exponential space a product of any
powers of fields is a weighted sum, so each neuron o is one cross feature whose powers depend on the line:

    z_o = entmax_α( q_o W e_f / √D ),    w_o = z_o ⊙ v_o,    y_o = exp( Σ_f w_of e_f ),

q_o being what the neuron looks for, v_o the powers it knows, and z_o a gate over the F fields that is exactly
0 for many. The neurons are normalised and a small network makes the log-odds of them. z says which fields
were crossed, and z ∂y/∂z what that was worth.

Differs from the paper: α is 1.5, for which the gate has a closed form; there is one head, as the authors
advise, and no ensemble with a deep network. A weight for every value alone is added to the log-odds, and
exponents are kept within ±5.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.protocols import Array
from octavo.rank.clicks import Table, lines_of

_FAR: Final = 5.0


class Cross(NamedTuple):
    """A neuron, the fields that its gate lets through, the loudest first, and what it adds."""

    neuron: int
    fields: tuple[int, ...]
    weight: float


def entmax15(x: Tensor) -> Tensor:
    """Return (..., F) that is at least 0 and adds up to 1, with zeros: α-entmax for α = 1.5.

    p = [x/2 - τ]₊², τ such that they add up to 1.

    >>> entmax15(torch.tensor([1.0, 0.0, -4.0])).round(decimals=3)
    tensor([0.8310, 0.1690, 0.0000])
    """
    half = (x - x.max(dim=-1, keepdim=True).values) / 2
    ordered = half.sort(dim=-1, descending=True).values
    count = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    mean = ordered.cumsum(dim=-1) / count
    spread = count * (ordered.square().cumsum(dim=-1) / count - mean.square())
    # τ for each number of places that are let through, of which the largest that is consistent is right.
    bound = mean - ((1 - spread).clamp(min=0) / count).clamp(min=1e-12).sqrt()
    support = (bound <= ordered).sum(dim=-1, keepdim=True)
    return (half - bound.gather(-1, support - 1)).clamp(min=0).square()


class ARMNet(nn.Module):
    """Lines (N, F) → log-odds (N,).

    table: of the F fields' embeddings, D wide. neurons: how many crosses. hidden: of the network on them.
    """

    def __init__(self, table: Table, *, neurons: int = 16, hidden: int = 32, seed: int = 0) -> None:
        super().__init__()
        if neurons < 1 or hidden < 1:
            raise ValueError(f"want neurons and hidden ≥ 1, got {neurons} and {hidden}")
        self.width, self.table, dim = table.width, table, table.dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.look = nn.Linear(dim, dim, bias=False)
            self.queries = nn.Parameter(torch.randn(neurons, dim))
            self.powers = nn.Parameter(torch.randn(neurons, table.width))
            self.norm = nn.BatchNorm1d(neurons)
            self.deep = nn.Sequential(nn.Linear(neurons * dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))
            self.alone = nn.Linear(table.width * dim, 1)

    def gates(self, e: Tensor) -> Tensor:
        """Return z (N, O, F) for embedded lines (N, F, D)."""
        fit = torch.einsum("od,nfd->nof", self.queries, self.look(e))
        return entmax15(fit / e.shape[-1] ** 0.5)

    def crossed(self, e: Tensor) -> Tensor:
        """Return y (N, O, D) for embedded lines (N, F, D)."""
        return self._exponential(self.gates(e), e)

    def _exponential(self, gates: Tensor, e: Tensor) -> Tensor:
        return torch.exp(((gates * self.powers) @ e).clamp(-_FAR, _FAR))

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N,)."""
        e = self.table(lines)
        alone: Tensor = self.alone(e.flatten(1))[:, 0]
        return alone + self._deep(self.crossed(e))

    def _deep(self, crossed: Tensor) -> Tensor:
        # A batch of one has no variance; it goes by those before.
        normal = self.norm(crossed) if len(crossed) > 1 or not self.training else crossed
        said: Tensor = self.deep(normal.flatten(1))[:, 0]
        return said

    def weights(self, lines: npt.ArrayLike) -> Array:
        """Return (N, F): how much the log-odds hang on each field of lines (N, F), by all gates and alone.

        Raises ShapeError.
        """
        e, hanging, _ = self._told(lines)
        alone = (self.alone.weight.view(self.width, -1) * e).sum(dim=-1).abs()
        found: Array = (hanging.sum(dim=1) + alone).detach().numpy().astype(np.float32)
        return found

    def reasons(self, lines: npt.ArrayLike, most: int = 3) -> list[list[Cross]]:
        """Return for each line (N, F) the crosses that add most for or against it. Raises ShapeError."""
        if most < 1:
            raise ValueError(f"most must be at least 1, got {most}")
        _, hanging, added = self._told(lines)
        found = []
        for row, fields in zip(added, hanging, strict=True):
            order = torch.argsort(-row.abs(), stable=True)[:most].tolist()
            found.append([Cross(o, _loudest(fields[o]), float(row[o])) for o in order])
        return found

    def _told(self, lines: npt.ArrayLike) -> tuple[Tensor, Tensor, Tensor]:
        """Return e, how much the log-odds hang on each gate (N, O, F), |z ∂y/∂z|, and what each neuron adds
        (N, O): by how much they change when it says 1, as where it crosses nothing."""
        self.eval()
        e = self.table(torch.from_numpy(lines_of(lines, width=self.width))).detach()
        gates = self.gates(e).detach().requires_grad_()
        crossed = self._exponential(gates, e)
        whole = self._deep(crossed)
        (slopes,) = torch.autograd.grad(whole.sum(), gates)
        added = []
        with torch.no_grad():
            for neuron in range(crossed.shape[1]):
                silent = crossed.clone()
                silent[:, neuron] = 1
                added.append(whole - self._deep(silent))
        return e, (gates * slopes).abs().detach(), torch.stack(added, dim=1)


def _loudest(hanging: Tensor) -> tuple[int, ...]:
    """The places of fields (F,) that are let through and on which something hangs, the most first."""
    order = torch.argsort(-hanging, stable=True)
    return tuple(order[: int((hanging > 0).sum())].tolist())
