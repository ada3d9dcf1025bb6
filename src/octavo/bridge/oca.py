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

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, pad
from torch.nn.utils.parametrizations import orthogonal

from octavo.bridge.layered import LayeredBridge


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


class OcaBridge(LayeredBridge[OcaLayer]):
    """A Bridge, and vectors for a new index that old ones can be asked with and compared to.

    extra: e. `transform` returns z.
    """

    _kind = "octavo.bridge.oca"

    def _layer(self, old: int, new: int, extra: int) -> OcaLayer:
        return OcaLayer(old, new, extra)

    def _loss(self, layer: OcaLayer, new: Tensor, old: Tensor) -> Tensor:
        loss: Tensor = OcaLoss()(*layer(new), old, new)
        return loss

    def _vectors(self, layer: OcaLayer, new: Tensor) -> Tensor:
        z: Tensor = layer(new)[0]
        return z
