"""From several rankings to one: the convex combination of their scores (`octavo.find.convex`), in arrays.

Differs from there: a leg whose scores are all equal is sure of all its papers alike, and where it is known
what a paper would have that a leg does not hold (by words nothing, when fewer than the most were found), that
is the lowest score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from broadsheet.search.answer import Fused, Leg
from broadsheet.search.meaning import Near
from octavo.protocols import Array


def fused(legs: Sequence[Leg], weights: Mapping[str, float], near: Near | None) -> Fused:
    """Combine legs: each leg's scores are stretched to 0 .. 1, weighed and added.

    weights: by the name of the leg; legs of one name share its weight. A paper that a leg does not hold has
    its lowest score; one without a vector yet is not worse for it: by meaning it is given what it has by
    words; and of what a leg is silent, it is given what the other legs think on average.
    """
    legs = [leg for leg in legs if len(leg.ids)]
    if not legs:
        return Fused()
    ids = np.unique(np.concatenate([leg.ids for leg in legs]))
    names = [leg.name for leg in legs]
    parts = {name: np.zeros(len(ids), np.float32) for name in names}
    for leg in legs:
        parts[leg.name][np.searchsorted(ids, leg.ids)] += _stretched(leg) / names.count(leg.name)
    if near is not None and "meaning" in parts and "words" in parts:
        parts["meaning"] = np.where(near.has(ids), parts["meaning"], parts["words"])
    for leg in legs:
        if len(leg.silent) and len(parts) > 1:
            at = np.flatnonzero(np.isin(ids, leg.silent))
            others = [part[at] for name, part in parts.items() if name != leg.name]
            parts[leg.name][at] = np.mean(others, axis=0)
    whole = sum(weights.get(name, 1.0) for name in parts)
    parts = {name: unit * np.float32(weights.get(name, 1.0) / whole) for name, unit in parts.items()}
    scores: Array = np.asarray(sum(parts.values()), dtype=np.float32)
    return Fused(ids, scores, parts).ordered()


def _stretched(leg: Leg) -> Array:
    low = leg.scores.min() if leg.low is None else np.float32(leg.low)
    span = leg.scores.max() - low
    return (leg.scores - low) / span if span > 0 else np.ones_like(leg.scores)
