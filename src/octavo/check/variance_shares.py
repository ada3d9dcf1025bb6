"""Variance shares: how much of a space is about one thing, however well that thing can be read off it.

Learned feature representations are biased by complexity, learning order, position, and more (Lampinen, Chan
and Hermann, 2024), arXiv:2405.05847. Of vectors Z and a feature f of the N rows that takes C values,

    V(f) = 1 - Σ_i ‖z_i - mean of Z where f = f_i‖² / Σ_i ‖z_i - mean of Z‖²

is the share of all variance that lies between the values. Features that are equally well decoded can have
shares far apart: a network gives more of its space to what is easy, was learned first or is frequent, and
whoever compares spaces by cosine, principal components or regression compares those.

Differs from the paper: the share is corrected for chance as an adjusted R², (V - (C-1)/(N-1)) / (1 -
(C-1)/(N-1)), because many values with few rows each explain variance by themselves. It is then about 0 for a
feature that has nothing to do with the space, and may fall a little below.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix
from octavo.exceptions import ShapeError


def variance_share(z: npt.ArrayLike, feature: npt.ArrayLike, *, adjusted: bool = True) -> float:
    """Return the share of the variance of vectors (N, D) that a feature (N,), values 0 .. C-1, explains.

    1 where the feature settles the vector, about 0 where it says nothing. Rows whose value is -1 are left
    out. Raises ShapeError, also where there is no variance to explain.
    """
    given = matrix(z, "z", least=3)
    values, count = labels_of(feature, "feature", len(given))
    known = values >= 0
    x, f = given[known].astype(np.float64), values[known]
    if len(x) <= count:
        raise ShapeError(f"feature must have fewer values than rows that have one, got {count} of {len(x)}")
    x -= x.mean(axis=0)
    total = float((x**2).sum())
    if total == 0:
        raise ShapeError(f"z must vary, got {len(x)} equal rows")
    sums = np.zeros((count, x.shape[1]))
    np.add.at(sums, f, x)
    between = float(((sums**2).sum(axis=1) / np.bincount(f, minlength=count)).sum())
    share = between / total
    if adjusted:
        chance = (count - 1) / (len(x) - 1)
        share = (share - chance) / (1 - chance)
    return share
