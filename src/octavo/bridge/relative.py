"""Relative representations: two encoders meet where each says how near a text is to the same anchors.

Relative representations enable zero-shot latent space communication
(Moschella, Maiorca, Fumero, Norelli, Locatello and Rodolà, 2022), arXiv:2209.15430. With anchors a_1 .. a_k
that both encoders have read,

    r(x) = ( cos(x, a_1), .., cos(x, a_k) ),

and since encoders agree about who is near whom more than about directions, r of the new encoder can be
compared with r of the old.

Latent Space Translation via Inverse Relative Projection
(Maiorca, Moschella, Fumero, Locatello and Rodolà, 2024), arXiv:2406.15057, goes back into a space of
vectors, which an index that is already there needs: to the old vector with the given r in its own space,

    to_old(x) = argmin_v |A_old v - r_new(x)|²,    A_old the anchors of unit length, one a row.

Differs from the paper: both spaces are centred on their anchors' mean first. Directions of A_old with less
than a share of the largest singular value are left out, instead of pruning anchors until it is well
conditioned. Anchors are all that are given (but those kept aside for the report), not a random few. Their
experiments stitch networks together, ours asks an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.bridge.anchors import Anchors
from octavo.bridge.learned import LearnedBridge
from octavo.protocols import Array

_CUT: Final = 0.05


def relative(x: npt.ArrayLike, to: npt.ArrayLike) -> Array:
    """Return (N, k), the cosines of (N, D) with k anchors (k, D), both already centred. Raises ShapeError.

    >>> relative([[2.0, 0.0]], [[1.0, 0.0], [0.0, 3.0]]).tolist()
    [[1.0, 0.0]]
    """
    places = matrix(to, "to", least=1)
    cosines: Array = unit(matrix(x, "x", dim=places.shape[1])) @ unit(places).T
    return cosines


class RelativeBridge(LearnedBridge):
    """A Bridge, and both encoders' relative representations.

    cut: directions in which the anchors spread less than this share of the most are left out on the way back.
    Raises ValueError for a cut that is not from 0 to 1.
    """

    _kind = "octavo.bridge.relative"
    _asked = ("cut",)
    _kept: ClassVar[Mapping[str, str]] = {
        "old": "old_mean_",
        "new": "new_mean_",
        "oldanchors": "old_anchors_",
        "newanchors": "new_anchors_",
        "back": "back_",
        "length": "length_",
    }

    def __init__(self, *, cut: float = _CUT) -> None:
        if not 0 <= cut < 1:
            raise ValueError(f"cut must be from 0 to below 1, got {cut}")
        self.cut = cut

    def _learn(self, pairs: Anchors) -> None:
        self.old_mean_, self.new_mean_ = pairs.old.mean(axis=0), pairs.new.mean(axis=0)
        self.old_anchors_ = unit(pairs.old - self.old_mean_)
        self.new_anchors_ = unit(pairs.new - self.new_mean_)
        self.back_: Array = np.linalg.pinv(self.old_anchors_, rcond=self.cut).T.astype(np.float32)
        # Centred vectors lost their length: they are given the anchors' mean one before the mean is added.
        self.length_ = np.linalg.norm(pairs.old - self.old_mean_, axis=1).mean(keepdims=True)

    @property
    def _width(self) -> int:
        return len(self.new_mean_)

    def relative_old(self, old: npt.ArrayLike) -> Array:
        """Return (M, k) for vectors of the old encoder, to compare with `relative_new`. Raises ShapeError."""
        self.report()
        return relative(matrix(old, "old", dim=len(self.old_mean_)) - self.old_mean_, self.old_anchors_)

    def relative_new(self, new: npt.ArrayLike) -> Array:
        """Return (M, k) for vectors of the new encoder. Raises ShapeError, NotFittedError."""
        return self._near(self._given(new))

    def _near(self, x: Array) -> Array:
        return relative(x - self.new_mean_, self.new_anchors_)

    def _moved(self, x: Array) -> Array:
        return unit(unit(self._near(x) @ self.back_) * self.length_ + self.old_mean_)
