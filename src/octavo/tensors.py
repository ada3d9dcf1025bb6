"""Arrays at the border of what learns: checked, and made tensors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from octavo.arrays import matrix
from octavo.exceptions import ShapeError


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
