"""Subspace alignment: two encoders that never met are aligned in the few directions they share.

Escaping Plato's Cave: Towards the Alignment of 3D and Text Latent Spaces
(Hadgi, Moschella, Santilli, Gomez, Huang, Rodolà, Melzi and Ovsjanikov, 2025), arXiv:2503.05283. Whole spaces
of independent encoders align badly. Canonical correlation over the anchors finds the q pairs of directions
that agree best, A (D_new, q) and B (D_old, q), and the map is learned there,

    T = argmin |(X A) T - Y B|,

over all matrices ("affine") or rotations alone ("orthogonal"), X and Y being the anchors' centred vectors.

Differs from the paper: what is mapped is lifted back into the old space, B⁺ = Bᵀ cov(Y), because the old
index is searched as it stands; theirs compares inside the subspace. The spaces here are two of text, and
their second way to align, matching by local kernels without anchors' order, is left out.
"""

from __future__ import annotations

from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.bridge.anchors import anchors, fitted
from octavo.bridge.linear import whitening
from octavo.protocols import Array, BridgeReport

_TINY: Final = 1e-9


class SubspaceBridge:
    """A Bridge by way of q shared directions.

    dims: q, at most the smaller D. alignment: "affine" or "orthogonal". floor: see `Canonical`.
    Raises ValueError for other values.
    """

    def __init__(
        self,
        dims: int = 100,
        *,
        alignment: Literal["affine", "orthogonal"] = "orthogonal",
        floor: float = 1e-3,
    ) -> None:
        if dims < 1:
            raise ValueError(f"dims must be at least 1, got {dims}")
        if alignment not in ("affine", "orthogonal"):
            raise ValueError(f"alignment must be 'affine' or 'orthogonal', got {alignment!r}")
        if not floor > 0:
            raise ValueError(f"floor must be above 0, got {floor}")
        self.dims, self.alignment, self.floor = dims, alignment, floor
        self._report: BridgeReport | None = None

    def fit(self, old: npt.ArrayLike, new: npt.ArrayLike) -> Self:
        """Learn from anchors (N, D_old) and (N, D_new), N at least 4. Raises ShapeError."""
        pairs = anchors(old, new)
        x, y = pairs.new.astype(np.float64), pairs.old.astype(np.float64)
        self.new_mean_, self.old_mean_ = x.mean(axis=0), y.mean(axis=0)
        x, y = x - self.new_mean_, y - self.old_mean_
        x_white, _ = whitening(x, self.floor)
        y_white, y_back = whitening(y, self.floor)
        left, agreement, right = np.linalg.svd(x_white.T @ (x.T @ y / len(x)) @ y_white)
        kept = min(self.dims, len(agreement))
        self.new_directions_ = x_white @ left[:, :kept]
        self.old_directions_ = y_white @ right[:kept].T
        self.agreement_ = agreement[:kept]
        inside, wanted = x @ self.new_directions_, y @ self.old_directions_
        if self.alignment == "affine":
            turn = np.linalg.lstsq(inside, wanted, rcond=None)[0]
        else:
            one, _, other = np.linalg.svd(inside.T @ wanted)
            turn = one @ other
        lifted = turn @ (right[:kept] @ y_back)
        spread = np.linalg.norm(y) / max(float(np.linalg.norm(inside @ lifted)), _TINY)
        self.matrix_ = self.new_directions_ @ lifted * spread
        self._report = BridgeReport(0, 0, 0.0, 0.0)
        self._report = pairs.judged(self.to_old)
        return self

    def to_old(self, new: npt.ArrayLike) -> Array:
        """Return (M, D_old) of unit length for (M, D_new). Raises ShapeError, NotFittedError."""
        fitted(self._report)
        x = matrix(new, "new", dim=len(self.new_mean_))
        return unit(((x - self.new_mean_) @ self.matrix_ + self.old_mean_).astype(np.float32))

    def report(self) -> BridgeReport:
        """Return what became of the anchors kept aside. Raises NotFittedError."""
        return fitted(self._report)
