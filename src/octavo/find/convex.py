"""Convex combination: one ranking out of several, from their scores.

An Analysis of Fusion Functions for Hybrid Retrieval (Bruch, Gai and Ingber, 2023), arXiv:2210.11934:

    score(d) = Σ_r w_r · (s_r(d) - low_r) / (high_r - low_r),    Σ_r w_r = 1,

with low_r and high_r the lowest and the highest score in ranking r. Unlike ranks, scores say by how much the
first is better than the second, and that is what is kept.

Differs from the paper: low_r is the lowest score that is there, as the paper's plain form has it, and not the
lowest there could be. A document that a ranking does not hold is taken for its lowest. Where all scores of a
ranking are equal, it has no opinion and adds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def convex(
    scorings: Sequence[Mapping[int, float]], *, weights: Sequence[float] | None = None
) -> list[tuple[int, float]]:
    """Return (document, score) of every document in any scoring, best first, equal scores by document.

    scorings: each the scores of documents, higher is better. weights: one for each scoring, not negative, of
    any sum above 0; by default all equal. Scores returned are between 0 and 1.

    >>> convex([{7: 12.0, 3: 8.0, 9: 4.0}, {3: 0.9, 9: 0.1}])
    [(3, 0.75), (7, 0.5), (9, 0.0)]
    """
    if weights is None:
        weights = [1.0] * len(scorings)
    if len(weights) != len(scorings):
        raise ValueError(f"weights must be one for each of {len(scorings)} scorings, got {len(weights)}")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise ValueError(f"weights must be finite and not negative, got {list(weights)}")
    whole = math.fsum(weights)
    if scorings and not whole:
        raise ValueError(f"weights must not all be 0, got {list(weights)}")
    shares: dict[int, list[float]] = {}
    for scoring, weight in zip(scorings, weights, strict=True):
        for document, unit in normalised(scoring).items():
            shares.setdefault(document, []).append(unit * (weight / whole))
    # fsum rounds once, so the order of the scorings cannot break or make a tie.
    scores = [(document, math.fsum(parts)) for document, parts in shares.items()]
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def normalised(scoring: Mapping[int, float]) -> dict[int, float]:
    """Return the scores moved and stretched to 0 .. 1; all 0 where they are equal.

    >>> normalised({1: 5.0, 2: 3.0, 3: 4.0})
    {1: 1.0, 2: 0.0, 3: 0.5}
    """
    for document, score in scoring.items():
        if not math.isfinite(score):
            raise ValueError(f"scores must be finite, got {score} for document {document}")
    if not scoring:
        return {}
    low, high = min(scoring.values()), max(scoring.values())
    # Halved before they are subtracted: the largest numbers there are would overflow.
    span = high / 2 - low / 2
    if not span:
        return dict.fromkeys(scoring, 0.0)
    return {document: (score / 2 - low / 2) / span for document, score in scoring.items()}
