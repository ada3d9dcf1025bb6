"""Laying out a page of one's own: the best papers, but no interest floods it, and some come from beyond.

Papers are taken by score. An interest that has its share of the page has to wait until nothing else is left;
every so many places a paper comes from beyond what is known of the reader, the most voted first, and says so.
The last places are kept for interests that have none yet.
What was judged, was shown often enough, or says a muted word, is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from broadsheet.foryou.learning import Scored
from broadsheet.foryou.pool import Pool
from octavo.protocols import Ids

SHARE: Final = 0.4
"""The most of a page that one interest takes while there are others."""
ALIKE: Final = 0.97
"""Papers nearer to each other than this are the same news: one of them is enough while there are others."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the page: the row of the pool, and whether the paper comes from beyond all interests."""

    row: int
    beyond: bool = False


def lay(
    pool: Pool,
    scored: Scored,
    *,
    size: int,
    away: Collection[int] = (),
    explore: float = 0.1,
    share: float = SHARE,
) -> list[Place]:
    """The first `size` places. away: numbers of papers that are not to be shown; explore: the share from
    beyond, 0 to 1."""
    hidden = scored.muted | np.isin(pool.ids, list(away))
    free = np.flatnonzero(~hidden)
    by_score = free[np.argsort(-scored.total[free], kind="stable")]
    beyond = _beyond(pool, scored, free)
    every = round(1 / explore) if explore > 0 else 0
    known = scored.interest[by_score] >= 0
    among = len(set(scored.interest[by_score][known].tolist()))
    most = max(1, int(np.ceil(size * share))) if among > 1 else size
    taken: list[Place] = []
    counts: Counter[int] = Counter()
    waiting: list[int] = []
    the_same: list[int] = []
    used: set[int] = set()
    ordered = iter(by_score.tolist())

    def alike(row: int) -> bool:
        return bool(taken) and bool(
            (pool.places[[place.row for place in taken]] @ pool.places[row]).max() > ALIKE
        )

    best = {int(scored.interest[row]): int(row) for row in by_score[::-1] if scored.interest[row] >= 0}

    def missing() -> int | None:
        """The best paper of an interest without a place, once there are no more places than of those."""
        without = [row for interest, row in best.items() if not counts[interest] and row not in used]
        left = sum(not every or at % every != 0 for at in range(len(taken) + 1, size + 1))
        if not without or left > len(without):
            return None
        return max(without, key=lambda row: (float(scored.total[row]), -row))

    def following() -> int | None:
        for row in ordered:
            if row in used:
                continue
            interest = int(scored.interest[row])
            if interest >= 0 and counts[interest] >= most:
                waiting.append(row)
            elif alike(row):
                the_same.append(row)
            else:
                return int(row)
        return next((row for row in (*waiting, *the_same) if row not in used), None)

    while len(taken) < size:
        at_beyond = every and (len(taken) + 1) % every == 0
        found = next((row for row in beyond if row not in used), None) if at_beyond else None
        row = found
        if row is None:
            row = missing()
        if row is None:
            row = following()
        if row is None:
            break
        used.add(row)
        counts[int(scored.interest[row])] += 1
        taken.append(Place(row, beyond=found is not None))
    return taken


def _beyond(pool: Pool, scored: Scored, free: Ids) -> list[int]:
    """The papers of no interest, those first that the sources' readers voted for most, then the newest."""
    outside = free[(scored.interest[free] < 0) & (scored.unlike[free] == 0)]
    order = np.lexsort((pool.ages[outside], -pool.votes[outside]))
    return [int(row) for row in outside[order]]
