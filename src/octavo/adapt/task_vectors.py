"""aTLAS: a newcomer's model is mixed from those of communities, each part of each in its own measure.

Knowledge Composition using Task Vectors with Learned Anisotropic Scaling
(Zhang, Albert, Rodriguez-Opazo, van den Hengel and Abbasnejad, 2024), arXiv:2407.02880. What a community i
changed in everybody's network is its task vector τ_i = θ_i - θ⁰, and a newcomer's network is

    θ = θ⁰ + Σ_i Σ_b λ_ib τ_i⁽ᵇ⁾,

b running over the network's parameters (its weights and biases). Only λ is learned, from 0 on: some dozens of
numbers, which a few signals are enough for. With one λ_i for each vector it is plain task arithmetic.

Differs from the paper: networks are small ones over frozen vectors. A penalty keeps λ near 0. No random
partitions of the parameters, and nothing is learned from papers without a signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call

from octavo.adapt.taste import adapt, judged
from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.moving import values_of
from octavo.protocols import Array


def task_vector(network: nn.Module, taught: nn.Module) -> dict[str, Tensor]:
    """Return what teaching changed, by parameter. Raises ShapeError where they are not of one kind."""
    before, after = values_of(network), values_of(taught)
    shapes = [{name: tuple(value.shape) for name, value in each.items()} for each in (before, after)]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"taught must have the parameters {shapes[0]}, got {shapes[1]}")
    return {name: after[name] - value for name, value in before.items()}


class TaskVectors(nn.Module):
    """One newcomer's model. network: (N, D) → (N,), everybody's. vectors: K of them, of `task_vector`.

    blockwise: a λ for every parameter of every vector; else one for every vector. loyalty: what leaving
    everybody's network costs. steps, rate: of learning.
    """

    def __init__(
        self,
        network: nn.Module,
        vectors: Sequence[Mapping[str, Tensor]],
        *,
        blockwise: bool = True,
        loyalty: float = 0.01,
        steps: int = 60,
        rate: float = 0.1,
    ) -> None:
        super().__init__()
        if steps < 1 or loyalty < 0 or rate <= 0:
            raise ValueError(
                f"want steps ≥ 1, loyalty ≥ 0 and rate above 0, got {steps}, {loyalty} and {rate}"
            )
        self._network = [network]  # in a list, so that its parameters are not ours
        self._first = values_of(network)
        for vector in vectors:
            if {name: v.shape for name, v in vector.items()} != {n: v.shape for n, v in self._first.items()}:
                raise ShapeError("every vector must have the network's parameters; make it by task_vector")
        if not vectors:
            raise ShapeError("vectors must hold at least one, got none")
        self._stacked = {name: torch.stack([vector[name] for vector in vectors]) for name in self._first}
        self.loyalty, self.steps, self.rate = loyalty, steps, rate
        self.scales = nn.Parameter(torch.zeros(len(vectors), len(self._first) if blockwise else 1))

    def moved(self) -> dict[str, Tensor]:
        """Return θ by name."""
        scales = self.scales.expand(-1, len(self._first))
        return {
            name: value + torch.tensordot(scales[:, place], self._stacked[name], dims=1)
            for place, (name, value) in enumerate(self._first.items())
        }

    def forward(self, *given: Tensor) -> Any:
        """Return what the network says with θ."""
        return functional_call(self._network[0], self.moved(), given)

    def fit(self, x: npt.ArrayLike, liked: npt.ArrayLike) -> Self:
        """Learn from papers (N, D) that were liked (N,), +1, or not, -1; the last fit is forgotten.

        Raises ShapeError.
        """
        papers, wanted = judged(x, liked)
        with torch.no_grad():
            self.scales.zero_()
        adapt(self, papers, wanted, steps=self.steps, rate=self.rate, penalty=self._away)
        return self

    def _away(self) -> Tensor:
        return self.loyalty * self.scales.square().sum()

    @property
    def numbers(self) -> Array:
        """λ (K, L), or (K, 1): all that is kept of a newcomer."""
        kept: Array = self.scales.detach().numpy().astype(np.float32)
        return kept

    @torch.no_grad()
    def scores(self, x: npt.ArrayLike) -> Array:
        """Return (M,) of papers (M, D); everybody's where nothing was fitted. Raises ShapeError."""
        said: Array = self(torch.from_numpy(matrix(x, "x"))).numpy().astype(np.float32)
        return said
