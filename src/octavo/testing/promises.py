"""What the checks are made of: promises that must hold, and what nobody may take for vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from octavo.exceptions import ShapeError
from octavo.protocols import Array


def malformed(x: Array) -> list[tuple[str, Any]]:
    """Return what no method may take in the place of (N, D) vectors, each with its description."""
    broken = x.copy()
    broken[0, 0] = np.nan
    endless = x.copy()
    endless[-1, -1] = np.inf
    return [
        ("NaN", broken),
        ("infinity", endless),
        ("integers", np.ones(x.shape, np.int64)),
        ("one dimension", x[0]),
        ("three dimensions", x[None]),
    ]


def require(condition: bool, promise: str) -> None:
    """Raise AssertionError with the promise unless it holds."""
    if not condition:
        raise AssertionError(promise)


def refuses(call: Callable[[], object], promise: str, error: type[Exception] = ShapeError) -> None:
    """Raise AssertionError with the promise unless the call raises exactly that error."""
    try:
        call()
    except error:
        return
    except Exception as other:
        raise AssertionError(
            f"{promise} with {error.__name__}, got {type(other).__name__}: {other}"
        ) from other
    raise AssertionError(f"{promise} with {error.__name__}, got no error")
