"""Magnitude invariant parametrisation: a network that makes another's weights, and learns as steadily as any.

Magnitude Invariant Parametrizations Improve Hypernetwork Learning (Ortiz, Guttag and Dalca, 2023),
arXiv:2304.07645. A hypernetwork h turns a condition γ (an age, a rotation, how much news one wants) into the
weights θ of a network. What it says, and so its gradients, grow with γ; two changes make them as large for
every γ:

    γ ↦ [cos(π γ / 2), sin(π γ / 2)],  γ ∈ [0, 1],    θ = θ⁰ + h(γ),

the first of the same length whatever γ, the second beginning at weights θ⁰ drawn as for a network without a
condition.

Differs from the paper: one hidden layer, and h begins near 0. Conditions are scaled to [0, 1] by the caller.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call

from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.moving import flat, parts, values_of


def encoded(conditions: Tensor) -> Tensor:
    """Return (..., 2 C) of length √C from conditions (..., C) in [0, 1].

    >>> encoded(torch.tensor([0.0, 1.0])).round(decimals=3) + 0
    tensor([1., 0., 0., 1.])
    """
    return torch.cat([torch.cos(pi / 2 * conditions), torch.sin(pi / 2 * conditions)], dim=-1)


class Hypernetwork(nn.Module):
    """A network whose weights depend on a condition.

    network: whose weights are made; as it is, θ⁰. conditions: C, how many numbers say what is wanted. hidden:
    of h. encode, residual: the two changes; without both it is a hypernetwork as they were.
    """

    def __init__(
        self,
        network: nn.Module,
        conditions: int = 1,
        *,
        hidden: int = 32,
        encode: bool = True,
        residual: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if conditions < 1 or hidden < 1:
            raise ValueError(f"want conditions and hidden ≥ 1, got {conditions} and {hidden}")
        self._network = [network]  # in a list, so that its parameters are not ours
        self._like = values_of(network)
        self.conditions, self.encode, self.residual = conditions, encode, residual
        first = flat(self._like)
        self.first = nn.Parameter(first.clone(), requires_grad=residual)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.inner = nn.Linear(conditions * (2 if encode else 1), hidden)
            self.outer = nn.Linear(hidden, len(first), bias=not residual)
        if residual:
            nn.init.normal_(
                self.outer.weight,
                std=0.01 / sqrt(hidden),
                generator=torch.Generator().manual_seed(seed),
            )
        else:
            # As is usual: what comes out is as spread as the network's own weights, for a γ of about 1.
            nn.init.normal_(
                self.outer.weight,
                std=float(first.std()) / sqrt(hidden),
                generator=torch.Generator().manual_seed(seed),
            )

    def weights(self, condition: Tensor) -> dict[str, Tensor]:
        """Return θ by name for one condition (C,)."""
        told = encoded(condition) if self.encode else condition
        made = self.outer(nn.functional.leaky_relu(self.inner(told)))
        return parts(self.first + made if self.residual else made, self._like)

    def forward(self, condition: Tensor, *given: Tensor) -> Any:
        """Return what the network says of its input under a condition (C,)."""
        return functional_call(self._network[0], self.weights(condition), given)

    @torch.no_grad()
    def under(self, condition: npt.ArrayLike, x: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return what the network says of (N, D) under a condition (C,), each from 0 to 1.

        Raises ShapeError.
        """
        told = matrix(np.atleast_1d(np.asarray(condition))[None], "condition", dim=self.conditions)[0]
        if told.min() < 0 or told.max() > 1:
            raise ShapeError(f"condition must be from 0 to 1, got {told.tolist()}")
        said: npt.NDArray[np.float32] = self(torch.from_numpy(told), torch.from_numpy(matrix(x, "x"))).numpy()
        return said
