"""Which papers to ask a reader about: those whose answers say most.

Asked about ten papers of one kind, a reader says one thing. So each paper lies as far as can be from those
already asked about; none lies alone, since its answer would say nothing of others; and what the model is sure
of is not asked.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from broadsheet.foryou.learning import Scored
from broadsheet.foryou.pool import Pool

_LOOKED_AT: Final = 800
_NEIGHBOURS: Final = 10


def telling_rows(pool: Pool, scored: Scored | None, *, away: Collection[int], count: int) -> list[int]:
    """The rows of a pool to ask about. scored: what is known; away: numbers of papers that were judged."""
    free = np.flatnonzero(~np.isin(pool.ids, list(away)))
    if scored is not None:
        free = free[~scored.muted[free]]
    free = free[:_LOOKED_AT]
    if not len(free):
        return []
    places = pool.places[free]
    cosines = places @ places.T
    np.fill_diagonal(cosines, -1)
    near = min(_NEIGHBOURS, len(free) - 1)
    crowd = np.sort(cosines, axis=1)[:, -near:].mean(axis=1) if near else np.zeros(len(free))
    among = np.flatnonzero(crowd >= np.median(crowd))
    unsure = np.ones(len(free)) if scored is None else np.exp(-np.abs(scored.own[free]))
    chosen = [int(among[np.argmax((crowd * unsure)[among])])]
    while len(chosen) < min(count, len(among)):
        farness = 1 - cosines[:, chosen].max(axis=1)
        farness[chosen] = -np.inf
        chosen.append(int(among[np.argmax((farness * unsure)[among])]))
    return [int(free[at]) for at in chosen]
