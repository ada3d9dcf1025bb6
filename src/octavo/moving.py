"""Networks whose parameters are moved from outside, all of them taken as one long row of numbers.

>>> first = values_of(nn.Linear(2, 1))
>>> parts(torch.arange(3.0), first)["weight"], flat(first).shape
(tensor([[0., 1.]]), torch.Size([3]))
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from octavo.exceptions import ShapeError


def values_of(network: nn.Module) -> dict[str, Tensor]:
    """Return a copy of what a network's parameters are, by name."""
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def flat(values: Mapping[str, Tensor]) -> Tensor:
    """Return all parameters as one row (P,)."""
    return torch.cat([value.flatten() for value in values.values()])


def parts(row: Tensor, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a row (P,) as parameters of these names and shapes. Raises ShapeError."""
    size = sum(value.numel() for value in like.values())
    if row.shape != (size,):
        raise ShapeError(f"row must have the shape ({size},), got {tuple(row.shape)}")
    made, low = {}, 0
    for name, value in like.items():
        made[name] = row[low : low + value.numel()].view_as(value)
        low += value.numel()
    return made
