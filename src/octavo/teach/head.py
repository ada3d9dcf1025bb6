"""A linear map on top of frozen embeddings: the smallest thing that can be taught."""

from __future__ import annotations

import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.protocols import Array
from octavo.tensors import tensor


class Head(nn.Module):
    """(..., D) → (..., D'), of unit length; as long as nothing is learned, the first D' numbers as they are.

    dim: D. out: D', by default D.
    """

    def __init__(self, dim: int, out: int | None = None) -> None:
        super().__init__()
        out = dim if out is None else out
        if not 1 <= out <= dim:
            raise ValueError(f"out must be between 1 and dim = {dim}, got {out}")
        self.linear = nn.Linear(dim, out, bias=False)
        with torch.no_grad():
            self.linear.weight.copy_(torch.eye(out, dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D')."""
        return functional.normalize(self.linear(x), dim=-1)

    @torch.no_grad()
    def apply_to(self, x: npt.ArrayLike) -> Array:
        """Return (N, D') float32 from (N, D). Raises ShapeError."""
        made: Array = self(tensor(x, "x", self.linear.in_features)).numpy()
        return made
