"""What bridges do alike: they learn from most anchors, are judged by the rest, and are kept in a folder."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix
from octavo.bridge.anchors import Anchors, anchors
from octavo.exceptions import NotFittedError
from octavo.protocols import Array, BridgeReport
from octavo.saving import Kept, Saved


class LearnedBridge(Kept):
    """A Bridge but for what a method has of its own: how it learns, and where it puts a vector."""

    _report: BridgeReport | None = None

    def fit(self, old: npt.ArrayLike, new: npt.ArrayLike) -> Self:
        """Learn from anchors (N, D_old) and (N, D_new), N at least 4. Raises ShapeError."""
        pairs = anchors(old, new)
        self._report = None
        self._learn(pairs)
        self._report = pairs.judged(self._moved)
        return self

    def to_old(self, new: npt.ArrayLike) -> Array:
        """Return (M, D_old) of unit length for (M, D_new). Raises ShapeError, NotFittedError."""
        return self._moved(self._given(new))

    def report(self) -> BridgeReport:
        """Return what became of the anchors kept aside. Raises NotFittedError."""
        if self._report is None:
            raise NotFittedError("a bridge must be fitted on anchors before it is used")
        return self._report

    def _given(self, new: npt.ArrayLike) -> Array:
        self.report()
        return matrix(new, "new", dim=self._width)

    def _facts(self) -> dict[str, Any]:
        return super()._facts() | {"method": type(self).__name__, "report": list(self.report())}

    @classmethod
    def _again(cls, saved: Saved) -> Self:
        if saved.facts["method"] != cls.__name__:
            raise ValueError(f"it is of {saved.facts['method']}")
        made = super()._again(saved)
        made._moved(np.ones((1, made._width), np.float32))  # what does not fit together moves nothing
        made._report = BridgeReport(*saved.facts["report"])
        return made

    @property
    def _width(self) -> int:
        """D_new."""
        raise NotImplementedError

    def _learn(self, pairs: Anchors) -> None:
        raise NotImplementedError

    def _moved(self, x: Array) -> Array:
        """Return (M, D_old) of unit length for (M, D_new) that was checked."""
        raise NotImplementedError
