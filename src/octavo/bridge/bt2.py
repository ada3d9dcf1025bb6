"""BT²: two learned rotations and a few dimensions more make new vectors that contain old ones.

BT²: Backward-compatible Training with Basis Transformation
(Zhou, Li, Shrivastava, Zhao, Torralba, Tian and Lim, 2022), arXiv:2211.03989. What the new encoder says, f,
is kept whole: a rotation B1 loses nothing. What of the old it does not say is put beside it in e dimensions
more, o, and a second rotation B2 brings what is like the old to the front:

    v = B2 [ o ; B1 (C f) ],   B1 B1ᵀ = 1,  B2 B2ᵀ = 1,   C = 3
    L = λ2 CE(b) + λ3 (1 - cos(b, the old vector)),   b = v_1..d

Differs from the paper: the new encoder is frozen, so f is its own vector and the terms that teach it fall
away; o = W f + c. There are no classes but anchors: CE is over the texts of a batch, each its own class with
its old vector as the prototype. λ = (10, 5), those of OCA's code for the same terms.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from torch.nn.utils.parametrizations import orthogonal

from octavo.bridge.layered import LayeredBridge

_C: Final = 3.0


class BasisTransformation(nn.Module):
    """v above: (B, new) → (B, new + extra), or (B, old) where that is more. Not of unit length."""

    def __init__(self, old: int, new: int, extra: int) -> None:
        super().__init__()
        self.old, self.new, self.extra = old, new, max(extra, old - new)
        self.beside = nn.Linear(new, self.extra) if self.extra else None
        first = nn.Linear(new, new, bias=False)
        second = nn.Linear(new + self.extra, new + self.extra, bias=False)
        for layer in (first, second):
            nn.init.eye_(layer.weight)
        self.first = orthogonal(first, orthogonal_map="cayley")
        self.second = orthogonal(second, orthogonal_map="cayley")

    def forward(self, f: Tensor) -> Tensor:
        """Return v."""
        turned = self.first(_C * f)
        if self.beside is not None:
            turned = torch.cat([self.beside(f), turned], dim=1)
        v: Tensor = self.second(turned)
        return v


class CompatibilityLoss(nn.Module):
    """L above; scale: what cosines are multiplied by before the cross entropy. weights: λ2, λ3."""

    def __init__(self, *, scale: float = 20.0, weights: tuple[float, float] = (10.0, 5.0)) -> None:
        super().__init__()
        self.scale, self.weights = scale, weights

    def forward(self, b: Tensor, old: Tensor) -> Tensor:
        """Return the loss of (B, D_old) against the old vectors (B, D_old) of the same texts."""
        b, old = normalize(b, dim=1), normalize(old, dim=1)
        among_old = cross_entropy(self.scale * b @ old.T, torch.arange(len(b)))
        apart = (1 - (b * old).sum(dim=1)).mean()
        loss: Tensor = self.weights[0] * among_old + self.weights[1] * apart
        return loss


class Bt2Bridge(LayeredBridge[BasisTransformation]):
    """A Bridge, and vectors for a new index whose first dimensions are the old encoder's.

    extra: e; more are taken where the old space is wider than both together. `transform` returns v, of
    D_new + e dimensions.
    """

    _kind = "octavo.bridge.bt2"

    def _layer(self, old: int, new: int, extra: int) -> BasisTransformation:
        return BasisTransformation(old, new, extra)

    def _loss(self, layer: BasisTransformation, new: Tensor, old: Tensor) -> Tensor:
        loss: Tensor = CompatibilityLoss()(layer(new)[:, : layer.old], old)
        return loss

    def _vectors(self, layer: BasisTransformation, new: Tensor) -> Tensor:
        return normalize(layer(new), dim=1)
