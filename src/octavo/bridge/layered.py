"""What bridges do alike whose vectors begin with the old encoder's: a layer, taught by a loss on anchors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from octavo.arrays import unit
from octavo.bridge.anchors import Anchors
from octavo.bridge.learned import LearnedBridge
from octavo.protocols import Array, Ids
from octavo.tensors import learned, put
from octavo.training import batches, train

_BATCH: Final = 256
_RATE: Final = 1e-2

L = TypeVar("L", bound=nn.Module)


class LayeredBridge(LearnedBridge, Generic[L]):
    """A Bridge, and vectors for a new index, but for a layer, what it is taught by, and what it makes.

    extra: dimensions beside those of the new encoder. steps: of Adam, over batches of 256 anchors. seed: of
    the batches and the first weights. Raises ValueError for extra below 0 or steps below 1.
    """

    _asked = ("extra", "steps", "seed")

    def __init__(self, *, extra: int = 32, steps: int = 600, seed: int = 0) -> None:
        if extra < 0:
            raise ValueError(f"extra must be at least 0, got {extra}")
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.extra, self.steps, self.seed = extra, steps, seed

    def transform(self, new: npt.ArrayLike) -> Array:
        """Return (M, D) of unit length for (M, D_new), for an index of the new encoder. Raises ShapeError."""
        return self._made(self._given(new))

    def _learn(self, pairs: Anchors) -> None:
        y, x = torch.from_numpy(unit(pairs.old)), torch.from_numpy(unit(pairs.new))
        self._widths = y.shape[1], x.shape[1]
        layer = self.layer_ = self._fresh()

        def loss(rows: Ids) -> Tensor:
            return self._loss(layer, x[rows], y[rows])

        chosen = batches(len(x), _BATCH, steps=self.steps, seed=self.seed)
        for _ in train(layer, loss, chosen, rate=_RATE):
            pass

    def _fresh(self) -> L:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return self._layer(*self._widths, self.extra)

    def _made(self, x: Array) -> Array:
        with torch.no_grad():
            made: Array = self._vectors(self.layer_, torch.from_numpy(unit(x))).numpy()
        return made

    def _moved(self, x: Array) -> Array:
        return unit(self._made(x)[:, : self._widths[0]])

    @property
    def _width(self) -> int:
        return self._widths[1]

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        return {"widths": np.array(self._widths), "layer": learned(self.layer_)}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        old, new = arrays["widths"].tolist()
        self._widths = old, new
        self.layer_ = self._fresh()
        put(self.layer_, arrays["layer"])

    def _layer(self, old: int, new: int, extra: int) -> L:
        """Return the layer before it has learned."""
        raise NotImplementedError

    def _loss(self, layer: L, new: Tensor, old: Tensor) -> Tensor:
        """Return the loss of anchors (B, D_new) and (B, D_old), both of unit length."""
        raise NotImplementedError

    def _vectors(self, layer: L, new: Tensor) -> Tensor:
        """Return (M, D) of unit length for (M, D_new) of unit length, the first D_old the old encoder's."""
        raise NotImplementedError
