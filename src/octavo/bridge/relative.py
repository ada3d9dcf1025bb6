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

from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.bridge.anchors import anchors, fitted
from octavo.protocols import Array, BridgeReport

_CUT: Final = 0.05


def relative(x: npt.ArrayLike, to: npt.ArrayLike) -> Array:
    """Return (N, k), the cosines of (N, D) with k anchors (k, D), both already centred. Raises ShapeError.

    >>> relative([[2.0, 0.0]], [[1.0, 0.0], [0.0, 3.0]]).tolist()
    [[1.0, 0.0]]
    """
    places = matrix(to, "to", least=1)
    cosines: Array = unit(matrix(x, "x", dim=places.shape[1])) @ unit(places).T
    return cosines


class RelativeBridge:
    """A Bridge, and both encoders' relative representations.

    cut: directions in which the anchors spread less than this share of the most are left out on the way back.
    Raises ValueError for a cut that is not from 0 to 1.
    """

    def __init__(self, *, cut: float = _CUT) -> None:
        if not 0 <= cut < 1:
            raise ValueError(f"cut must be from 0 to below 1, got {cut}")
        self.cut = cut
        self._report: BridgeReport | None = None

    def fit(self, old: npt.ArrayLike, new: npt.ArrayLike) -> Self:
        """Keep anchors (N, D_old) and (N, D_new), N at least 4. Raises ShapeError."""
        pairs = anchors(old, new)
        self.old_mean_, self.new_mean_ = pairs.old.mean(axis=0), pairs.new.mean(axis=0)
        self.old_anchors_ = unit(pairs.old - self.old_mean_)
        self.new_anchors_ = unit(pairs.new - self.new_mean_)
        self.back_: Array = np.linalg.pinv(self.old_anchors_, rcond=self.cut).T.astype(np.float32)
        # Centred vectors lost their length: they are given the anchors' mean one before the mean is added.
        self.length_ = float(np.linalg.norm(pairs.old - self.old_mean_, axis=1).mean())
        self._report = BridgeReport(0, 0, 0.0, 0.0)
        self._report = pairs.judged(self.to_old)
        return self

    def relative_old(self, old: npt.ArrayLike) -> Array:
        """Return (M, k) for vectors of the old encoder, to compare with `relative_new`. Raises ShapeError."""
        fitted(self._report)
        return relative(matrix(old, "old", dim=len(self.old_mean_)) - self.old_mean_, self.old_anchors_)

    def relative_new(self, new: npt.ArrayLike) -> Array:
        """Return (M, k) for vectors of the new encoder. Raises ShapeError, NotFittedError."""
        fitted(self._report)
        return relative(matrix(new, "new", dim=len(self.new_mean_)) - self.new_mean_, self.new_anchors_)

    def to_old(self, new: npt.ArrayLike) -> Array:
        """Return (M, D_old) of unit length for (M, D_new). Raises ShapeError, NotFittedError."""
        back = unit(self.relative_new(new) @ self.back_)
        return unit(back * np.float32(self.length_) + self.old_mean_)

    def report(self) -> BridgeReport:
        """Return what became of the anchors kept aside. Raises NotFittedError."""
        return fitted(self._report)
