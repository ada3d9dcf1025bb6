"""The simplest bridges, each a matrix in closed form: Procrustes, ridge regression, canonical correlation.

A vector x of the new encoder is put at

    to_old(x) = s (x - mean of new) W + mean of old,    scaled to unit length,

where W is learned from the anchors' centred vectors, X (N, D_new) and Y (N, D_old):

    Procrustes    the rotation that minimises |X W - Y|, from the singular vectors of Xᵀ Y
    ridge         the minimum of |X W - Y|² + λ |W|²
    canonical     the pairs of directions that agree best, each weighed by how well it does

and s gives what is predicted the spread of what was to be predicted: a regression's predictions lie nearer to
the mean than the truth, and would be pulled to the same papers whatever was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from octavo.arrays import unit
from octavo.bridge.anchors import Anchors
from octavo.bridge.learned import LearnedBridge
from octavo.exceptions import SavedFileError
from octavo.protocols import Array
from octavo.saving import load

_TINY: Final = 1e-9

_Floats = npt.NDArray[np.float64]


class MatrixBridge(LearnedBridge):
    """What the three share: they differ in the matrix."""

    _kind = "octavo.bridge.linear"
    _kept: ClassVar[Mapping[str, str]] = {"matrix": "matrix_", "new": "new_mean_", "old": "old_mean_"}

    new_mean_: _Floats
    old_mean_: _Floats
    matrix_: _Floats

    def _learn(self, pairs: Anchors) -> None:
        x, y = pairs.new.astype(np.float64), pairs.old.astype(np.float64)
        self.new_mean_, self.old_mean_ = x.mean(axis=0), y.mean(axis=0)
        x, y = x - self.new_mean_, y - self.old_mean_
        w = self._matrix(x, y)
        self.matrix_ = w * (np.linalg.norm(y) / max(float(np.linalg.norm(x @ w)), _TINY))

    def _matrix(self, x: _Floats, y: _Floats) -> _Floats:
        """Return W, (D_new, D_old), of centred anchors."""
        raise NotImplementedError

    @property
    def _width(self) -> int:
        return len(self.new_mean_)

    def _moved(self, x: Array) -> Array:
        return unit(((x - self.new_mean_) @ self.matrix_ + self.old_mean_).astype(np.float32))


class Procrustes(MatrixBridge):
    """A rotation: nothing is stretched, so few anchors do. The narrower side is filled up with zeros."""

    def _matrix(self, x: _Floats, y: _Floats) -> _Floats:
        left, _, right = np.linalg.svd(x.T @ y, full_matrices=False)
        turned: _Floats = (left @ right).astype(np.float64)
        return turned


class Ridge(MatrixBridge):
    """A regression; penalty: λ, as a share of the mean eigenvalue of Xᵀ X. For many anchors.

    Raises ValueError for a penalty that is not above 0.
    """

    _asked = ("penalty",)

    def __init__(self, penalty: float = 0.1) -> None:
        if not penalty > 0:
            raise ValueError(f"penalty must be above 0, got {penalty}")
        self.penalty = penalty

    def _matrix(self, x: _Floats, y: _Floats) -> _Floats:
        square = x.T @ x
        square[np.diag_indices_from(square)] += max(self.penalty * np.trace(square) / len(square), _TINY)
        w: _Floats = np.linalg.solve(square, x.T @ y).astype(np.float64)
        return w


class Canonical(MatrixBridge):
    """Canonical correlation; dims: how many pairs of directions are kept, at most those there are.

    floor: what is added to the eigenvalues of either side, as a share of the largest; small directions are
    mostly chance. Raises ValueError for dims below 1 or a floor that is not above 0.
    """

    _asked = ("dims", "floor")

    def __init__(self, dims: int = 200, *, floor: float = 1e-3) -> None:
        if dims < 1:
            raise ValueError(f"dims must be at least 1, got {dims}")
        if not floor > 0:
            raise ValueError(f"floor must be above 0, got {floor}")
        self.dims, self.floor = dims, floor

    def _matrix(self, x: _Floats, y: _Floats) -> _Floats:
        x_white, _ = whitening(x, self.floor)
        y_white, y_back = whitening(y, self.floor)
        left, agreement, right = np.linalg.svd(x_white.T @ (x.T @ y / len(x)) @ y_white)
        kept = min(self.dims, len(agreement))
        w: _Floats = (x_white @ left[:, :kept] * agreement[:kept]) @ (right[:kept] @ y_back)
        return w


def whitening(x: _Floats, floor: float) -> tuple[_Floats, _Floats]:
    """Return (D, D) and its inverse: the first gives the centred (N, D) unit variance in every direction."""
    values, directions = np.linalg.eigh(x.T @ x / len(x))
    values = np.maximum(values, 0.0) + floor * max(float(values[-1]), _TINY)
    roots = np.sqrt(values)
    return (directions / roots) @ directions.T, (directions * roots) @ directions.T


_METHODS: Final[dict[str, type[Procrustes | Ridge | Canonical]]] = {
    each.__name__: each for each in (Procrustes, Ridge, Canonical)
}


def load_linear(folder: Path) -> Procrustes | Ridge | Canonical:
    """Read what `save` wrote, whichever of the three it was. Raises SavedFileError."""
    method = load(folder, MatrixBridge._kind, MatrixBridge._version).facts.get("method")
    if method not in _METHODS:
        raise SavedFileError(f"{str(folder)!r} holds no bridge, but {method!r}; make it again")
    return _METHODS[method].load(folder)
