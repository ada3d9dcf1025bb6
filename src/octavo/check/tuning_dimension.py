"""Intrinsic dimension of fine-tuning: in how few numbers a network can be taught a new task.

Intrinsic Dimensionality Explains the Effectiveness of Language Model Fine-Tuning (Aghajanyan, Zettlemoyer
and Gupta, 2020), arXiv:2012.13255. All D parameters move only as a random projection P of d numbers lets
them,

    θ_D = θ_D⁰ + λ P θ_d,   P fixed,  λ one number for each layer (SAID; without it, λ = 1: DID)

and d90 is the smallest d that reaches nine tenths of what training all of θ_D reaches. A network that knows
the field needs the fewer, which says how ready it is; and θ_d is all that has to be kept of a reader's own.

Differs from the paper: P is a dense matrix of normal numbers / √d in the place of Fastfood's, which for the
few ten thousand parameters here is small enough. d is looked for on a grid, not by bisection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.func import functional_call

from octavo.moving import flat, parts, values_of

_MOST: Final = 400_000_000  # numbers in P
_ENOUGH: Final = 0.9


class InSubspace(nn.Module):
    """A network of which only d numbers, and one for each layer, learn.

    network: is left as it is. dim: d. layered: whether each of its parameters has a λ of its own, from 1 on.
    seed: of P. Raises ValueError for a d below 1, or so large that P does not fit into memory.

    >>> network = InSubspace(nn.Linear(4, 2), 3)
    >>> [p.shape[0] for p in network.parameters()], network(torch.ones(5, 4)).shape
    ([3, 2], torch.Size([5, 2]))
    """

    projections: Tensor

    def __init__(self, network: nn.Module, dim: int, *, layered: bool = True, seed: int = 0) -> None:
        super().__init__()
        self._network = [network]  # in a list, so that its parameters are not ours
        first = values_of(network)
        size = len(flat(first))
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        if dim * size > _MOST:
            raise ValueError(f"dim must be at most {_MOST // size} for {size} parameters, got {dim}")
        self._first = first
        chance = torch.Generator().manual_seed(seed)
        self.register_buffer("projections", torch.randn(size, dim, generator=chance) / dim**0.5)
        self.point = nn.Parameter(torch.zeros(dim))
        self.strength = nn.Parameter(torch.ones(len(first)), requires_grad=layered)

    def moved(self) -> dict[str, Tensor]:
        """Return θ_D by name."""
        step = parts(self.projections @ self.point, self._first)
        return {
            name: value + self.strength[place] * step[name]
            for place, (name, value) in enumerate(self._first.items())
        }

    def forward(self, *given: Tensor) -> Any:
        """Return what the network makes of its input with θ_D."""
        return functional_call(self._network[0], self.moved(), given)


def d90(scores: Mapping[int, float], full: float, *, least: float = 0.0, share: float = _ENOUGH) -> float:
    """Return the smallest d whose score is so much of the full one's; infinity where none is.

    scores: by d. full: of training everything. least: of knowing nothing, such as chance; shares are counted
    from there. Raises ValueError where there are no scores or full is not above least.

    >>> d90({2: 0.3, 8: 0.71, 32: 0.78}, 0.8)
    32
    """
    if not scores:
        raise ValueError("scores must hold at least one, got none")
    if not full > least:
        raise ValueError(f"full must be above {least}, got {full}")
    reached = [d for d, score in scores.items() if score - least >= share * (full - least)]
    return min(reached, default=float("inf"))
