"""What may be given where vectors or labels are wanted: the same for every room, with the same words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


def matrix(
    x: npt.ArrayLike, name: str, *, rows: int | None = None, dim: int | None = None, least: int = 0
) -> Array:
    """Return x as float32 if it is (N, D) finite floating-point numbers; ShapeError otherwise.

    rows, dim: the N and D wanted, None for any. least: the fewest rows that will do.
    """
    wanted = f"({'N' if rows is None else rows}, {'D' if dim is None else dim})"
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ShapeError(f"{name} must have the shape {wanted}, got rows of different lengths") from error
    if array.ndim != 2 or not array.shape[1] or array.shape != (rows or len(array), dim or array.shape[1]):
        raise ShapeError(f"{name} must have the shape {wanted}, got {array.shape}")
    if not np.issubdtype(array.dtype, np.floating):
        raise ShapeError(f"{name} must hold floating-point numbers, got {array.dtype}")
    if len(array) < least:
        raise ShapeError(f"{name} must have at least {least} rows, got {array.shape}")
    with np.errstate(over="ignore"):
        given: Array = array.astype(np.float32, copy=False)
    if not np.isfinite(given).all():
        wrong = "NaN" if np.isnan(given).any() else "a number that is infinite or does not fit"
        raise ShapeError(f"{name} must be finite in float32, got {wrong}")
    return given


def integers(y: npt.ArrayLike, name: str, rows: int) -> Ids:
    """Return y as int64 if it is (rows,) integers; ShapeError otherwise."""
    array = np.asarray(y)
    if array.shape != (rows,):
        raise ShapeError(f"{name} must have the shape ({rows},), got {array.shape}")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ShapeError(f"{name} must hold integers, got {array.dtype}")
    return array.astype(np.int64)


def labels_of(y: npt.ArrayLike, name: str, rows: int) -> tuple[Ids, int]:
    """Return labels (rows,) and C if they are 0 .. C-1, each there at least once, or -1 for none.

    Raises ShapeError.
    """
    given = integers(y, name, rows)
    used = np.unique(given)
    if used.size and used[0] < -1:
        raise ShapeError(f"{name} must be -1 or a label from 0, got {used[0]}")
    used = used[used >= 0]
    if not used.size:
        raise ShapeError(f"{name} must name at least one row's label, got none")
    if used[-1] >= used.size:
        missing = np.setdiff1d(np.arange(used[-1]), used)[0]
        raise ShapeError(
            f"{name} must have an example of every label below {used[-1]}, got none of {missing}"
        )
    return given, int(used.size)


def unit(x: Array) -> Array:
    """Return the rows of (N, D) at unit length; a row of zeros stays."""
    length = np.linalg.norm(x, axis=1, keepdims=True)
    scaled: Array = (x / np.where(length > 0, length, 1)).astype(np.float32)
    return scaled
