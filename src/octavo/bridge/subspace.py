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

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from octavo.bridge.linear import MatrixBridge, whitening

_Floats = npt.NDArray[np.float64]


class SubspaceBridge(MatrixBridge):
    """A Bridge by way of q shared directions.

    dims: q, at most the smaller D. alignment: "affine" or "orthogonal". floor: see `Canonical`.
    Raises ValueError for other values.
    """

    _kind = "octavo.bridge.subspace"
    _asked = ("dims", "alignment", "floor")
    _kept: ClassVar[Mapping[str, str]] = {
        **MatrixBridge._kept,
        "inside": "new_directions_",
        "wanted": "old_directions_",
        "agreement": "agreement_",
    }

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

    def _matrix(self, x: _Floats, y: _Floats) -> _Floats:
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
        w: _Floats = self.new_directions_ @ (turn @ (right[:kept] @ y_back))
        return w
