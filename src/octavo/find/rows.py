"""The documents' vectors: rows that grow at the end, in memory or in an array somebody else owns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Self, SupportsIndex, TypeAlias

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids

Stored: TypeAlias = npt.NDArray[np.number[Any]]

BLOCK: Final = 2048
"""How many rows are worked on at once. Measured at 384 dimensions: half as many is no faster, twice as many
leaves the processor's cache and takes float16 three times as long."""


class Rows:
    """(N, D) vectors, immutable: adding returns new rows that share the old ones' memory.

    dtype: float32, float16, or int8 for vectors of unit length in steps, which are of unit length when they
    are read. Whoever searches keeps the rows it began with while another thread adds.
    """

    def __init__(self, dtype: npt.DTypeLike, segments: tuple[Stored, ...] = ()) -> None:
        self.dtype = np.dtype(dtype)
        self.segments = segments
        self._starts = np.cumsum([0, *(len(segment) for segment in segments)])

    @classmethod
    def of(cls, dtype: npt.DTypeLike, joined: Stored) -> Self:
        """Return the rows of an array, uncopied, such as `joined` returns."""
        return cls(dtype, (joined,) if joined.size else ())

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def dim(self) -> int | None:
        """D, or None while there are no rows to tell it."""
        return self.segments[0].shape[1] if self.segments else None

    def added(self, x: npt.ArrayLike) -> Self:
        """Return these rows and, copied, those of x. Raises ShapeError."""
        new: Stored
        if self.dtype == np.int8:
            new = in_steps(vectors(x, "x", self.dim).astype(np.float32, copy=False))
        else:
            new = vectors(x, "x", self.dim, self.dtype)
        before = self.segments
        # Small additions are joined, so that ten thousand of them do not make ten thousand segments.
        if before and before[-1].dtype == self.dtype and len(before[-1]) + len(new) <= BLOCK:
            new = np.concatenate([before[-1], new])
            before = before[:-1]
        return type(self)(self.dtype, (*before, new))

    def joined(self) -> Stored:
        """Return (N, D), all rows in one array, uncopied where they already are; (0, 0) if there are none."""
        if len(self.segments) == 1:
            return self.segments[0]
        return np.concatenate(self.segments) if self.segments else np.empty((0, 0), self.dtype)

    def take(self, ids: Ids) -> Array:
        """Return the (K, D) rows of these ids as float32."""
        if len(self.segments) == 1:
            return _widened(self.segments[0][ids])
        taken = np.empty((len(ids), self.dim or 0), np.float32)
        holders = np.searchsorted(self._starts, ids, side="right") - 1
        for holder in np.unique(holders):
            places = holders == holder
            taken[places] = _widened(self.segments[holder][ids[places] - self._starts[holder]])
        return taken

    def blocks(self, start: int = 0) -> Iterator[tuple[Ids, Array]]:
        """Yield the ids and the vectors, as float32, of the rows from `start` on, a block at a time."""
        for first, segment in zip(self._starts, self.segments, strict=False):
            for low in range(max(start - int(first), 0), len(segment), BLOCK):
                block = _widened(segment[low : low + BLOCK])
                yield np.arange(first + low, first + low + len(block), dtype=np.int64), block

    def blocks_among(self, ids: Ids) -> Iterator[tuple[Ids, Array]]:
        """Yield those of the given ids only, which must be ascending."""
        for low in range(0, len(ids), BLOCK):
            some = ids[low : low + BLOCK]
            yield some, self.take(some)


def in_steps(x: Array) -> npt.NDArray[np.int8]:
    """Return (N, D) whole numbers of the same directions as x (N, D), the largest of each row ±127."""
    largest = np.abs(x).max(axis=1, keepdims=True)
    steps: npt.NDArray[np.int8] = np.rint(x * (127 / np.where(largest > 0, largest, 1))).astype(np.int8)
    return steps


def vectors(
    x: npt.ArrayLike, name: str, dim: int | None, dtype: npt.DTypeLike = np.float32
) -> npt.NDArray[np.floating[Any]]:
    """Return a copy of x if it is (N, D) finite floating-point numbers with D = dim; ShapeError otherwise."""
    given = shaped(x, name, dim)
    with np.errstate(over="ignore"):
        array: npt.NDArray[np.floating[Any]] = given.astype(dtype)
    if not np.isfinite(array).all():
        wrong = "NaN" if np.isnan(array).any() else "a number that is infinite or does not fit"
        raise ShapeError(f"{name} must be finite in {array.dtype}, got {wrong}")
    return array


def shaped(x: npt.ArrayLike, name: str, dim: int | None, *, steps: bool = False) -> Stored:
    """Return x if its shape and type are right, without looking at the numbers: a large file stays unread.

    steps: whether they may be those of `in_steps`.
    """
    wanted = f"(N, {'D' if dim is None else dim})"
    try:
        array = np.asanyarray(x)
    except ValueError as error:
        raise ShapeError(f"{name} must have the shape {wanted}, got rows of different lengths") from error
    if array.ndim != 2 or array.shape[1] != (dim or array.shape[1]) or not array.shape[1]:
        raise ShapeError(f"{name} must have the shape {wanted}, got {array.shape}")
    if not np.issubdtype(array.dtype, np.floating) and not (steps and array.dtype == np.int8):
        raise ShapeError(f"{name} must hold floating-point numbers, got {array.dtype}")
    return array


def _widened(x: Stored) -> Array:
    """Return x as float32, steps as vectors of unit length; finite float16 three times faster than NumPy's
    own conversion, which goes one by one."""
    if x.dtype == np.int8:
        wide = x.astype(np.float32)
        lengths = np.sqrt(np.einsum("bd,bd->b", wide, wide))
        wide *= (1 / np.where(lengths > 0, lengths, 1))[:, None]
        return wide
    if x.dtype != np.float16:
        return np.asarray(x, dtype=np.float32)
    bits = np.asarray(x).view(np.int16).astype(np.int32)
    # Exponent and mantissa move to their places; the product repairs the exponent's bias, of subnormals too.
    magnitude = (bits & 0x7FFF) << 13
    wide = magnitude.view(np.float32)
    wide *= np.float32(2.0**112)
    bits &= -0x8000
    magnitude |= bits << 16
    return wide


def allowed(among: npt.ArrayLike, documents: int) -> Ids:
    """Return `among` ascending and without repetition; ShapeError if it is not (M,) ids of documents."""
    array = np.asanyarray(among)
    if array.ndim != 1:
        raise ShapeError(f"among must have the shape (M,), got {array.shape}")
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ShapeError(f"among must hold integers, got {array.dtype}")
    ids: Ids = np.unique(array).astype(np.int64)
    if ids.size and not (ids[0] >= 0 and ids[-1] < documents):
        wrong = ids[0] if ids[0] < 0 else ids[-1]
        raise ShapeError(f"among must hold ids of documents, below {documents}, got {wrong}")
    return ids


def cutoff(k: SupportsIndex) -> int:
    """Return k if it is an integer of at least 1; ShapeError otherwise."""
    if isinstance(k, bool) or not isinstance(k, SupportsIndex) or k.__index__() < 1:
        raise ShapeError(f"k must be an integer of at least 1, got {k!r}")
    return k.__index__()
