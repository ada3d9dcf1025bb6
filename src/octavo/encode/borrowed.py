"""What goes to an encoder that is not ours, and what comes back, made what ours return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from octavo.exceptions import EncoderError
from octavo.protocols import Array

LONGEST: Final = 16_384
"""Characters of a text that are sent; encoders cut it much sooner."""

_NOTHING: Final = "-"  # many encoders refuse a text without words


def sendable(texts: Sequence[str], prefix: str = "") -> list[str]:
    """Return texts as any encoder takes them: no lone surrogate, no control character, none empty.

    Raises TypeError for one string in the place of a list, and for what is no string.
    """
    if isinstance(texts, str):
        raise TypeError("texts must be a sequence of strings, got one string; put it into a list")
    made = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts must be strings, got {type(text).__name__} at {place}")
        readable = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
        plain = "".join(letter if letter.isprintable() else " " for letter in readable)
        made.append(prefix + (plain.strip() or _NOTHING))
    return made


def finished(vectors: npt.ArrayLike, count: int, who: str, dim: int | None = None) -> Array:
    """Return (N, D) float32 of unit length, or raise EncoderError naming who returned something else."""
    try:
        given = np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise EncoderError(f"{who} returned no vectors of numbers: {error}") from error
    wanted = f"({count}, {'D' if dim is None else dim})"
    if given.ndim != 2 or len(given) != count or given.shape[1] != (dim or given.shape[1]):
        raise EncoderError(f"{who} must return vectors of the shape {wanted}, got {given.shape}")
    if not np.isfinite(given).all():
        raise EncoderError(f"{who} returned numbers that are not finite")
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    if not (lengths > 0).all():
        raise EncoderError(f"{who} returned a vector of zeros, which points nowhere")
    unit: Array = given / lengths
    return unit
