"""What goes to an encoder that is not ours, and what comes back, made what ours return."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from octavo.exceptions import EncoderError, MissingPackageError, MissingWeightsError
from octavo.protocols import Array

LONGEST: Final = 16_384
"""Characters of a text that are sent; encoders cut it much sooner."""

_NOTHING: Final = "-"  # many encoders refuse a text without words


class Model:
    """A model of a library that may not be installed, loaded once, when the first text comes.

    package: the library's name for pip. name: of the model. load: makes it, given the library's module.
    """

    def __init__(self, package: str, name: str, load: Callable[[Any], Any]) -> None:
        self.package, self.name = package, name
        self._load = load
        self._opening = threading.Lock()
        self._loaded: Any = None

    def opened(self) -> Any:
        """Return the library's model. Raises MissingPackageError, MissingWeightsError."""
        with self._opening:
            if self._loaded is None:
                try:
                    library = importlib.import_module(self.package.replace("-", "_"))
                except ImportError as error:
                    raise MissingPackageError(
                        f"this encoder needs a package: pip install {self.package} ({error})"
                    ) from error
                try:
                    self._loaded = self._load(library)
                except (OSError, ValueError) as error:
                    raise MissingWeightsError(f"{self.name!r} cannot be loaded: {error}") from error
            return self._loaded

    def vectors(self, embed: Callable[[], npt.ArrayLike], count: int) -> Array:
        """Return what `embed` makes of so many texts, (count, D) of unit length. Raises EncoderError."""
        try:
            made = embed()
        except (RuntimeError, ValueError) as error:
            raise EncoderError(f"{self.name} failed: {error}") from error
        return finished(made, count, self.name)


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
