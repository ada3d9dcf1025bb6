"""OCA: new vectors whose first dimensions are the old encoder's, and which lose nothing among themselves.

Backward-Compatible Aligned Representations via an Orthogonal Transformation Layer
(Ricci, Biondi, Pernici and Del Bimbo, 2024), arXiv:2408.08793. A new vector z has more dimensions than the
old had, d + e. Its first d, b, are compared with old vectors; an orthogonal matrix P, which changes no angle,
turns z into what the new task is learned from, so that being like the old costs the new nothing:

    o = z P,  P Pᵀ = 1
    L = λ1 CE(o) + λ2 CE(b) + λ3 (1 - cos(b, the old vector))

with cross entropies CE over classes: of o by a new classifier, of b by the old classifier's prototypes.

Differs from the paper: there are no classes but anchors. Each text is a class of its own whose old prototype
is its old vector and whose new one is its new vector, and CE is over the texts of a batch. The new encoder is
frozen: z = W h + c is learned on its vectors h, and o is compared with h itself, filled up with zeros.
λ = (5, 10, 5) as in the authors' code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, pad
from torch.nn.utils.parametrizations import orthogonal

from octavo.arrays import unit
from octavo.bridge.anchors import Anchors
from octavo.bridge.learned import LearnedBridge
from octavo.protocols import Array, Ids
from octavo.tensors import learned, put
from octavo.training import batches, train

_BATCH: Final = 256
_RATE: Final = 1e-2


class OcaLayer(nn.Module):
    """z = W h + c of `old + extra` dimensions, or of `new` where that is more; and P.

    forward: (B, new) → z and o, both (B, dim) and of unit length. z[:, :old] is what old vectors are
    compared with.
    """

    def __init__(self, old: int, new: int, extra: int) -> None:
        super().__init__()
        self.old, self.new, self.dim = old, new, max(old + extra, new)
        self.widen = nn.Linear(new, self.dim)
        nn.init.orthogonal_(self.widen.weight)
        nn.init.zeros_(self.widen.bias)
        turn = nn.Linear(self.dim, self.dim, bias=False)
        nn.init.eye_(turn.weight)
        self.turn = orthogonal(turn, orthogonal_map="cayley")

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """Return z and o."""
        z = normalize(self.widen(h), dim=1)
        return z, self.turn(z)


class OcaLoss(nn.Module):
    """L above; scale: what cosines are multiplied by before the cross entropy. weights: λ1, λ2, λ3."""

    def __init__(
        self, *, scale: float = 20.0, weights: tuple[float, float, float] = (5.0, 10.0, 5.0)
    ) -> None:
        super().__init__()
        self.scale, self.weights = scale, weights

    def forward(self, z: Tensor, o: Tensor, old: Tensor, new: Tensor) -> Tensor:
        """Return the loss of B texts: z, o (B, dim), and their old (B, D_old) and new (B, D_new) vectors."""
        b, old = normalize(z[:, : old.shape[1]], dim=1), normalize(old, dim=1)
        new = pad(normalize(new, dim=1), (0, o.shape[1] - new.shape[1]))
        own = torch.arange(len(z))
        among_new = cross_entropy(self.scale * o @ new.T, own)
        among_old = cross_entropy(self.scale * b @ old.T, own)
        apart = (1 - (b * old).sum(dim=1)).mean()
        first, second, third = self.weights
        loss: Tensor = first * among_new + second * among_old + third * apart
        return loss


class OcaBridge(LearnedBridge):
    """A Bridge, and vectors for a new index that old ones can be asked with and compared to.

    extra: e. steps: of Adam, over batches of 256 anchors. seed: of the batches and the first weights.
    Raises ValueError for extra below 0 or steps below 1.
    """

    _kind = "octavo.bridge.oca"
    _asked = ("extra", "steps", "seed")

    def __init__(self, *, extra: int = 32, steps: int = 600, seed: int = 0) -> None:
        if extra < 0:
            raise ValueError(f"extra must be at least 0, got {extra}")
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.extra, self.steps, self.seed = extra, steps, seed

    def _learn(self, pairs: Anchors) -> None:
        y, x = torch.from_numpy(unit(pairs.old)), torch.from_numpy(unit(pairs.new))
        layer = self.layer_ = self._fresh(y.shape[1], x.shape[1])
        criterion = OcaLoss()

        def loss(rows: Ids) -> Tensor:
            made: Tensor = criterion(*layer(x[rows]), y[rows], x[rows])
            return made

        chosen = batches(len(x), _BATCH, steps=self.steps, seed=self.seed)
        for _ in train(layer, loss, chosen, rate=_RATE):
            pass

    def _fresh(self, old: int, new: int) -> OcaLayer:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return OcaLayer(old, new, self.extra)

    def transform(self, new: npt.ArrayLike) -> Array:
        """Return z, (M, dim) of unit length, for an index of the new encoder. Raises ShapeError."""
        return self._made(self._given(new))

    def _made(self, x: Array) -> Array:
        with torch.no_grad():
            z: Array = self.layer_(torch.from_numpy(unit(x)))[0].numpy()
        return z

    def _moved(self, x: Array) -> Array:
        return unit(self._made(x)[:, : self.layer_.old])

    @property
    def _width(self) -> int:
        return self.layer_.new

    def _state(self) -> dict[str, npt.NDArray[Any]]:
        return {"widths": np.array([self.layer_.old, self.layer_.new]), "layer": learned(self.layer_)}

    def _restore(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.layer_ = self._fresh(*arrays["widths"].tolist())
        put(self.layer_, arrays["layer"])
