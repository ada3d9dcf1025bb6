"""Matryoshka: vectors whose beginnings are vectors of their own.

Matryoshka Representation Learning (Kusupati, Bhatt, Rege, Wallingford, Sinha, Ramanujan, Howard-Snyder,
Chen, Kakade, Jain and Farhadi, 2022), arXiv:2205.13147. One loss is asked of every prefix of the vector,
shortened to m numbers and brought back to unit length,

    L = Σ_{m ∈ M} c_m ℓ(f(x)_{1:m}, f(y)_{1:m}),    M = {8, 16, .., D}, c_m = 1.

Differs from the paper: the mean over prefixes is taken instead of the sum, so that the scale of the loss
does not depend on how many are asked for. The encoder stays as it is and a linear map behind it is taught,
from pairs instead of classes; the map begins as the rotation to principal components, which is the strongest
that can be had without teaching.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array
from octavo.teach.head import Head
from octavo.teach.info_nce import InfoNCE
from octavo.tensors import paired
from octavo.training import batches, train


class Matryoshka(nn.Module):
    """A loss of pairs, asked of every prefix: the mean of ℓ over the prefixes.

    loss: ℓ, of two (N, m) of unit length. dims: M, the lengths of the prefixes.
    """

    def __init__(self, loss: nn.Module, dims: Sequence[int]) -> None:
        super().__init__()
        if not dims or min(dims) < 1:
            raise ValueError(f"dims must be lengths of at least 1, got {list(dims)}")
        self.loss, self.dims = loss, tuple(dims)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the loss of (N, D) and (N, D)."""
        losses = [self.loss(prefix(x, m), prefix(y, m)) for m in self.dims]
        return torch.stack(losses).mean()


def prefix(x: Tensor, m: int) -> Tensor:
    """Return (N, m): the first m numbers of (N, D), of unit length."""
    if m > x.shape[-1]:
        raise ShapeError(f"there is no prefix of {m} in vectors of {x.shape[-1]}")
    return functional.normalize(x[..., :m], dim=-1)


class MatryoshkaAdapter:
    """A transform taught from pairs (x_i, y_i), after which every prefix of `dims` can be searched with.

    dims: the prefixes asked for; vectors come out as long as they went in. steps, size (of a batch), rate: of
    the training, in which chance is `seed`'s.
    """

    def __init__(
        self,
        dims: Sequence[int] = (16, 32, 64, 128, 256),
        *,
        steps: int = 600,
        size: int = 256,
        rate: float = 3e-4,
        seed: int = 0,
    ) -> None:
        if steps < 1 or size < 2:
            raise ValueError(f"want at least one step and two pairs in a batch, got {steps} and {size}")
        self.dims, self.steps, self.size, self.rate, self.seed = tuple(dims), steps, size, rate, seed
        self.map_: Array | None = None

    def fit(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn from N pairs (N, D) and (N, D). Raises ShapeError."""
        first, second = paired(x, y)
        torch.manual_seed(self.seed)
        head = Head(first.shape[1])
        with torch.no_grad():
            head.linear.weight.copy_(torch.from_numpy(principal(torch.cat([first, second]).numpy())))
        criterion = Matryoshka(InfoNCE(), [m for m in self.dims if m < head.linear.out_features] or self.dims)
        chosen = batches(len(first), self.size, steps=self.steps, seed=self.seed)
        for _ in train(head, lambda i: criterion(head(first[i]), head(second[i])), chosen, rate=self.rate):
            pass
        self.map_ = head.linear.weight.detach().numpy().T.copy()
        return self

    def transform(self, x: npt.ArrayLike) -> Array:
        """Return (N, D), of unit length. Raises NotFittedError, ShapeError."""
        if self.map_ is None:
            raise NotFittedError("MatryoshkaAdapter must be fitted before it transforms; call fit(x, y)")
        array = np.asarray(x, dtype=np.float32)
        if array.ndim != 2 or array.shape[1] != len(self.map_):
            raise ShapeError(f"x must be of shape (N, {len(self.map_)}), got {array.shape}")
        made = array @ self.map_
        whole: Array = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return whole


def principal(x: Array) -> Array:
    """Return (D, D): the rotation whose rows are the principal directions of (N, D), the widest first.

    The mean is not taken away, so that inner products, and with them every ranking, stay as they are.
    """
    _, directions = np.linalg.eigh(x.T.astype(np.float64) @ x)
    return np.ascontiguousarray(directions[:, ::-1].T, dtype=np.float32)
