"""SAID: a personal model is a point of some two hundred numbers, from which a whole network is moved.

Intrinsic Dimensionality Explains the Effectiveness of Language Model Fine-Tuning
(Aghajanyan, Zettlemoyer and Gupta, 2020), arXiv:2012.13255. Everybody has the same network θ⁰; a reader has a
point θ_d of d numbers and one number λ for each of the network's parameters, and theirs is

    θ = θ⁰ + λ P θ_d,    P = blocks of  S H G Π H B   (Fastfood),

H a Hadamard matrix, B signs, Π an order, and G normal numbers, all drawn from a seed: P is never kept, and
multiplying by it takes n log n steps. So what is kept of a reader is d + L numbers, which say nothing to who
does not have θ⁰, and can be taken away, or added up.

Differs from the paper: the network is a small one over frozen vectors. A penalty draws the point back to 0,
where nobody has said anything, so that few signals move it little. `check.tuning_dimension` asks how large d
must be; this is what is then used.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call

from octavo.adapt.taste import adapt, judged
from octavo.arrays import matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.moving import flat, parts, values_of
from octavo.protocols import Array


class Fastfood(nn.Module):
    """(d,) → (P,): what a dense matrix of normal numbers / √d would do, without the matrix. seed: of all."""

    signs: Tensor
    order: Tensor
    normal: Tensor

    def __init__(self, dim: int, size: int, *, seed: int = 0) -> None:
        super().__init__()
        if dim < 1 or size < 1:
            raise ValueError(f"want dim and size ≥ 1, got {dim} and {size}")
        self.dim, self.size = dim, size
        self.side = 1 << (dim - 1).bit_length()
        count = -(-size // self.side)
        chance = torch.Generator().manual_seed(seed)
        draw = torch.randint(0, 2, (count, self.side), generator=chance)
        self.register_buffer("signs", 2.0 * draw - 1)
        orders = [torch.randperm(self.side, generator=chance) for _ in range(count)]
        self.register_buffer("order", torch.stack(orders))
        self.register_buffer("normal", torch.randn(count, self.side, generator=chance))

    def forward(self, point: Tensor) -> Tensor:
        """Return (P,)."""
        padded = nn.functional.pad(point, (0, self.side - self.dim))
        mixed = hadamard(self.signs * padded).gather(1, self.order)
        made = hadamard(self.normal * mixed) / (self.side * self.dim) ** 0.5
        row: Tensor = made.flatten()[: self.size]
        return row


def hadamard(x: Tensor) -> Tensor:
    """Return (..., n) times the Hadamard matrix of side n, a power of two, in n log n steps.

    >>> hadamard(torch.tensor([1.0, 2.0, 0.0, 0.0]))
    tensor([ 3., -1.,  3., -1.])
    """
    n, half = x.shape[-1], 1
    if n & (n - 1):
        raise ShapeError(f"x must be a power of two wide, got {n}")
    while half < n:
        pairs = x.reshape(*x.shape[:-1], n // (2 * half), 2, half)
        one, other = pairs[..., 0, :], pairs[..., 1, :]
        x = torch.stack([one + other, one - other], dim=-2).flatten(-3)
        half *= 2
    return x


class Said(nn.Module):
    """One reader's model. network: (N, D) → (N,), everybody's, which stays as it is.

    dim: d. loyalty: what leaving everybody's model costs. steps, rate: of learning. seed: of P, the same for
    all readers.
    """

    def __init__(
        self,
        network: nn.Module,
        dim: int = 200,
        *,
        loyalty: float = 0.01,
        steps: int = 60,
        rate: float = 0.05,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if dim < 1 or steps < 1 or loyalty < 0 or rate <= 0:
            raise ValueError(
                "want dim and steps ≥ 1, loyalty ≥ 0 and rate above 0, got "
                f"{dim}, {steps}, {loyalty} and {rate}"
            )
        self._network = [network]  # in a list, so that its parameters are not ours
        self._first = values_of(network)
        self.loyalty, self.steps, self.rate = loyalty, steps, rate
        self.project = Fastfood(dim, len(flat(self._first)), seed=seed)
        self.point = nn.Parameter(torch.zeros(dim))
        self.strength = nn.Parameter(torch.ones(len(self._first)))
        self._known = False

    def forward(self, *given: Tensor) -> Any:
        """Return what the network says with the reader's θ."""
        step = parts(self.project(self.point), self._first)
        theirs = {
            name: value + self.strength[place] * step[name]
            for place, (name, value) in enumerate(self._first.items())
        }
        return functional_call(self._network[0], theirs, given)

    def fit(self, x: npt.ArrayLike, liked: npt.ArrayLike) -> Self:
        """Learn from papers (N, D) that were liked (N,), +1, or not, -1; the last fit is forgotten.

        Raises ShapeError.
        """
        papers, wanted = judged(x, liked)
        with torch.no_grad():
            self.point.zero_()
            self.strength.fill_(1)
        adapt(self, papers, wanted, steps=self.steps, rate=self.rate, penalty=self._away)
        self._known = True
        return self

    def _away(self) -> Tensor:
        return self.loyalty * (self.point.square().sum() + (self.strength - 1).square().sum())

    @property
    def numbers(self) -> Array:
        """All that is kept of a reader: (d + L,). Raises NotFittedError."""
        if not self._known:
            raise NotFittedError("a reader's numbers are not known yet; call fit or restore")
        kept: Array = torch.cat([self.point, self.strength]).detach().numpy().astype(np.float32)
        return kept

    def restore(self, numbers: npt.ArrayLike) -> Self:
        """Become the reader whose `numbers` these are. Raises ShapeError."""
        wanted = len(self.point) + len(self.strength)
        kept = matrix(np.asarray(numbers)[None], "numbers", dim=wanted)[0]
        with torch.no_grad():
            self.point.copy_(torch.from_numpy(kept[: len(self.point)]))
            self.strength.copy_(torch.from_numpy(kept[len(self.point) :]))
        self._known = True
        return self

    @torch.no_grad()
    def scores(self, x: npt.ArrayLike) -> Array:
        """Return (M,) of papers (M, D); everybody's where nothing was fitted. Raises ShapeError."""
        said: Array = self(torch.from_numpy(matrix(x, "x"))).numpy().astype(np.float32)
        return said
