"""Anchors: texts that both encoders have read. A bridge learns from most and is judged by the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Array, BridgeReport

_EVERY: Final = 10  # one anchor in so many is kept aside
_FEWEST_ASIDE: Final = 2
_LEAST: Final = 4


class Anchors(NamedTuple):
    """old (N, D_old) and new (N, D_new) to learn from; old_aside and new_aside (M, D) to be judged by."""

    old: Array
    new: Array
    old_aside: Array
    new_aside: Array

    def judged(self, to_old: Callable[[Array], Array]) -> BridgeReport:
        """Return what a bridge that learned from these makes of those kept aside."""
        moved, wanted = to_old(self.new_aside), unit(self.old_aside)
        everything = np.concatenate([wanted, unit(self.old)])
        found = (moved @ everything.T).argmax(axis=1) == np.arange(len(wanted))
        cosine = float((moved * wanted).sum(axis=1).mean())
        return BridgeReport(len(self.old), len(wanted), cosine, float(found.mean()))


def anchors(old: npt.ArrayLike, new: npt.ArrayLike) -> Anchors:
    """Return (N, D_old) and (N, D_new), N at least 4, as anchors. Raises ShapeError."""
    y = matrix(old, "old", least=_LEAST)
    x = matrix(new, "new", rows=len(y))
    for name, given in (("old", y), ("new", x)):
        if not (given != given[0]).any():
            raise ShapeError(f"{name} must hold vectors that differ, got {given.shape}, all rows equal")
    every = min(_EVERY, len(y) // _FEWEST_ASIDE)
    aside = np.arange(len(y)) % every == every - 1
    return Anchors(y[~aside], x[~aside], y[aside], x[aside])
