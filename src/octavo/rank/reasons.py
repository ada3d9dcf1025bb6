"""Reasons that add up: what a score is made of, strongest first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.protocols import Ids


def strongest(what: Ids, shares: npt.NDArray[np.floating], most: int) -> tuple[tuple[int, float], ...]:
    """Return at most so many of `what` (N,) with their shares (N,) of a score, the largest in size first.

    What has no share is no reason.
    """
    order = np.lexsort((what, -np.abs(shares)))[:most]
    return tuple((int(what[i]), float(shares[i])) for i in order if shares[i] != 0)
