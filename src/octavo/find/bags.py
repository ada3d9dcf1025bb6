"""Bags: texts with several vectors each, such as one a token, laid one behind the other in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.find.rows import vectors
from octavo.protocols import Array, Ids


class Bags(NamedTuple):
    """x: (M, D), the vectors of all N texts in their order. lengths: (N,), how many each has, or 0."""

    x: Array
    lengths: Ids


def stacked(bags: Sequence[npt.NDArray[np.floating[Any]]], name: str, dim: int | None) -> Bags:
    """Return a list of N arrays (T, D), each with a T of its own, as Bags. Raises ShapeError.

    dim: the D that is wanted, or None where the first array may tell it.
    """
    if not isinstance(bags, Sequence):
        raise ShapeError(f"{name} must be a list of arrays (T, D), got {type(bags).__name__}")
    checked: list[Array] = []
    for place, bag in enumerate(bags):
        checked.append(vectors(bag, f"{name}[{place}]", dim).astype(np.float32, copy=False))
        dim = checked[-1].shape[1]
    lengths = np.array([len(bag) for bag in checked], dtype=np.int64)
    return Bags(np.concatenate(checked) if checked else np.empty((0, dim or 0), np.float32), lengths)
