"""Smoothing: documents that are near each other should have scores that are near each other.

Regularizing Ad Hoc Retrieval Scores (Diaz, 2005), doi:10.1145/1099554.1099722: what answers a question tends
to lie together, so a document whose neighbours score high is a likelier answer than one that stands among
strangers. Every candidate's score is mixed with the scores of its nearest candidates,

    s'(d) = (1 - λ) s(d) + λ · Σ_{e ∈ near(d)} c(d, e) s(e) / Σ_{e ∈ near(d)} c(d, e),

where c is the cosine of their vectors, or 0 where that is negative.

Differs from the paper: one step of the mixing instead of the fixed point of all steps, among the candidates
of one question, whose vectors are at hand, instead of a graph of the whole corpus that is kept up to date.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.find.rows import vectors
from octavo.protocols import Array


def smoothed(
    scores: npt.NDArray[np.floating[Any]],
    candidates: npt.NDArray[np.floating[Any]],
    *,
    neighbours: int = 10,
    share: float = 0.5,
) -> Array:
    """Return (C,), the scores (C,) of candidates (C, D) of unit length, each mixed with its neighbours'.

    neighbours: how many of the nearest other candidates. share: λ, from 0 (nothing changes) to 1. A candidate
    with no neighbour on its own side (no positive cosine) keeps its score. Raises ShapeError, and ValueError
    for parameters that are none.

    >>> import numpy as np
    >>> pair_and_stranger = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    >>> scores = np.array([1.0, 0.5, 0.875])
    >>> smoothed(scores, pair_and_stranger, neighbours=1).tolist()
    [0.75, 0.75, 0.875]
    """
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
    given = np.asanyarray(scores)
    if given.ndim != 1:
        raise ShapeError(f"scores must have the shape (C,), got {given.shape}")
    own = vectors(given[:, None], "scores", 1)[:, 0].astype(np.float32) if len(given) else given
    if len(own) != len(candidates):
        raise ShapeError(f"scores must be one for each of {len(candidates)} candidates, got {len(own)}")
    if len(own) < 2:
        return own.astype(np.float32)
    x = vectors(candidates, "candidates", None).astype(np.float32)
    near = x @ x.T
    np.fill_diagonal(near, -np.inf)
    few = min(neighbours, len(own) - 1)
    # A partition is many times faster than a sort, but would take any of equal ones: the first are wanted.
    least = np.partition(near, -few, axis=1)[:, -few, None]
    chosen = near >= least
    for row in np.flatnonzero(np.count_nonzero(chosen, axis=1) > few):
        equal = np.flatnonzero(near[row] == least[row])
        chosen[row, equal[few - np.count_nonzero(near[row] > least[row]) :]] = False
    cosines = np.where(chosen, np.maximum(near, 0), 0)
    whole = cosines.sum(axis=1)
    theirs = (cosines @ own) / np.where(whole > 0, whole, 1)
    mixed: Array = np.where(whole > 0, (1 - share) * own + share * theirs, own).astype(np.float32)
    return mixed
