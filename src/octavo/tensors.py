"""Arrays at the border of what learns: checked and made tensors, and what was learned made an array again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.arrays import matrix
from octavo.exceptions import ShapeError
from octavo.protocols import Array


def tensor(x: npt.ArrayLike, name: str, dim: int | None = None) -> Tensor:
    """Return an array (N, D), N ≥ 1, as a tensor of float32 with memory of its own. Raises ShapeError."""
    return torch.from_numpy(np.array(matrix(x, name, dim=dim, least=1)))


def paired(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Tensor, Tensor]:
    """Return both (N, D) arrays as tensors. Raises ShapeError where they are not as many and as wide."""
    first, second = tensor(x, "x"), tensor(y, "y")
    if first.shape != second.shape:
        raise ShapeError(
            f"x and y must have the same shape, got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    return first, second


def learned(module: nn.Module) -> Array:
    """Return all that a module of float32 has learned and keeps, one after the other, (P,)."""
    return np.concatenate([held.numpy().reshape(-1) for held in module.state_dict().values()])


def put(module: nn.Module, values: Array) -> None:
    """Put what `learned` returned (P,) into a module that is made alike. Raises ShapeError."""
    held = list(module.state_dict().values())
    ends = np.cumsum([each.numel() for each in held])
    if values.shape != (ends[-1],):
        raise ShapeError(f"values must have the shape ({ends[-1]},), got {values.shape}")
    for each, part in zip(held, np.split(values, ends[:-1]), strict=True):
        each.copy_(torch.from_numpy(part.reshape(each.shape)))
