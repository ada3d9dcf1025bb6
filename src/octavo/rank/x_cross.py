"""X-Cross: models of several fields read side by side, and a new field learns only how to mix them.

X-Cross: Dynamic Integration of Language Models for Cross-Domain Sequential Recommendation
(Hadad, Roitman, Eshel, Shapira and Rokach, 2025), arXiv:2504.20859. Each of F fields has taught a model of
its own to read the same input. For a new field all run at once, layer by layer, and after every layer each
takes from the others what small integrators say, which are all that is learned:

    h_i ← h_i + Σ_{j ≠ i} w_ij(h_i, h_j) h_j,    the answer the mean of the h_i.

Differs from the paper: the models are adapters over the vectors of a frozen encoder, x + small networks, in
the place of language models with low-rank updates; an integrator is one linear map of both states to a number
between -1 and 1.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import ShapeError
from octavo.protocols import Array
from octavo.tensors import tensor


class Adapter(nn.Module):
    """(..., D) → (..., D): layers that each add to what they get, in the beginning nothing.

    dim: D. layers: how many. width: inside a layer.
    """

    def __init__(self, dim: int, *, layers: int = 2, width: int = 32, seed: int = 0) -> None:
        super().__init__()
        if min(dim, layers, width) < 1:
            raise ValueError(f"want a dim, layers and a width of at least 1, got {dim}, {layers} and {width}")
        self.dim = dim
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.layers = nn.ModuleList(_layer(dim, width) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D)."""
        for layer in self.layers:
            x = x + layer(x)
        return x

    @torch.no_grad()
    def apply_to(self, x: npt.ArrayLike) -> Array:
        """Return (N, D) of unit length. Raises ShapeError."""
        made: Array = functional.normalize(self(tensor(x, "x", self.dim)), dim=1).numpy()
        return made


class XCross(nn.Module):
    """Adapters of several fields that stay as they are, and integrators that learn.

    adapters: at least two, of the same dim and as many layers. They are copied.
    """

    def __init__(self, adapters: Sequence[Adapter]) -> None:
        super().__init__()
        shapes = {(each.dim, len(each.layers)) for each in adapters}
        if len(adapters) < 2 or len(shapes) > 1:
            raise ShapeError(f"adapters must be two or more of one dim and depth, got {sorted(shapes)}")
        ((self.dim, depth),) = shapes
        self.adapters = nn.ModuleList(copy.deepcopy(each).requires_grad_(False) for each in adapters)
        count = len(adapters)
        self.integrators = nn.ModuleList(
            nn.ModuleList(nn.Linear(2 * self.dim, 1) for _ in range(count * (count - 1)))
            for _ in range(depth)
        )
        with torch.no_grad():
            for each in self.integrators.parameters():
                each.zero_()  # so that it begins as the mean of the adapters

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D)."""
        adapters = [cast("Adapter", each) for each in self.adapters]
        states = [x for _ in adapters]
        for depth, integrators in enumerate(self.integrators):
            states = [h + each.layers[depth](h) for h, each in zip(states, adapters, strict=True)]
            pairs = [(i, j) for i in range(len(states)) for j in range(len(states)) if i != j]
            mixed = list(states)
            for (i, j), integrator in zip(pairs, cast("nn.ModuleList", integrators), strict=True):
                weight = torch.tanh(integrator(torch.cat([states[i], states[j]], dim=-1)))
                mixed[i] = mixed[i] + weight * states[j]
            states = mixed
        return torch.stack(states).mean(dim=0)

    @torch.no_grad()
    def apply_to(self, x: npt.ArrayLike) -> Array:
        """Return (N, D) of unit length. Raises ShapeError."""
        made: Array = functional.normalize(self(tensor(x, "x", self.dim)), dim=1).numpy()
        return made


def _layer(dim: int, width: int) -> nn.Sequential:
    last = nn.Linear(width, dim)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(dim, width), nn.GELU(), last)
