"""Whether a difference is more than the luck of these queries: the paired bootstrap.

Queries are drawn again, with replacement, many times, and the mean difference is taken each time. How these
means spread is how much the difference would, had other queries of the same kind been asked. Several
collections count the same each, however many queries they have: every one is drawn from by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError

_AT_ONCE: Final = 2_000_000  # numbers drawn at once


class Difference(NamedTuple):
    """mean: of the differences. low, high: between which 95 % of the means lie that were drawn.

    p: how likely a mean as far from 0 as this were if there were no difference, on either side.
    """

    mean: float
    low: float
    high: float
    p: float


def bootstrap(
    groups: Sequence[npt.NDArray[np.floating[Any]]], *, resamples: int = 10_000, seed: int = 0
) -> Difference:
    """Return what the paired differences (Q,) of one or more collections amount to. Raises ShapeError.

    >>> import numpy as np
    >>> surely = bootstrap([np.array([0.3, 0.1, 0.2, 0.2, 0.1, 0.3])])
    >>> bool(surely.low > 0), bool(surely.p < 0.01)
    (True, True)
    """
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    if not groups:
        raise ShapeError("groups must hold at least one collection, got none")
    rng = np.random.default_rng(seed)
    mean, drawn = 0.0, np.zeros(resamples)
    for place, group in enumerate(groups):
        differences = np.asarray(group, dtype=np.float64)
        if differences.ndim != 1 or not len(differences):
            raise ShapeError(f"groups[{place}] must have the shape (Q,), got {differences.shape}")
        if not np.isfinite(differences).all():
            raise ShapeError(f"groups[{place}] must be finite")
        mean += float(differences.mean())
        block = max(1, _AT_ONCE // len(differences))
        for low in range(0, resamples, block):
            some = drawn[low : low + block]
            some += differences[rng.integers(0, len(differences), (len(some), len(differences)))].mean(axis=1)
    drawn /= len(groups)
    low, high = np.quantile(drawn, (0.025, 0.975))
    # The draw itself counts once, so that p is never 0.
    fewer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum())) + 1
    return Difference(mean / len(groups), float(low), float(high), min(1.0, 2 * fewer / (resamples + 1)))
