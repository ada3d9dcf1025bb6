"""The interests of a reader: those that have a name (a tag, a shelf, a library, an author), and those that
show in what was liked besides.

An interest lies where its papers lie: at their middle and at a few of them. What was liked without any name
is parted by a walk through it, the strongest signal first: a paper joins the interest it is near to, or
founds one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from broadsheet.foryou.signals import Judgement
from octavo.arrays import unit
from octavo.protocols import Array, Ids

NEAR: Final = 0.3
"""From this cosine about the middle on, a paper belongs to an interest."""
MOST_UNNAMED: Final = 6
MOST_INTERESTS: Final = 16
_CORNERS: Final = 6


@dataclass(frozen=True, slots=True)
class Interest:
    """Something a reader reads about.

    id: `tag:NAME`, `shelf:7`, `library:NAME`, `author:NAME`, or `like:NUMBER` of the paper that founded it.
    kind: the part before the colon. name: for people; words: what its papers have in common. papers: numbers,
    the strongest first. weight: the signals' weights added up.
    """

    id: str
    kind: str
    name: str
    papers: tuple[int, ...]
    weight: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Map:
    """Where interests lie: corners (C, E) at unit length, and of which interest each is (C,)."""

    corners: Array
    owners: Ids
    count: int

    def nearness(self, places: Array) -> Array:
        """How near N places are to each interest: (N, I), the cosine with its nearest corner, or -1."""
        found = np.full((len(places), self.count), -1, np.float32)
        if len(self.corners) and self.corners.shape[1] == places.shape[1]:
            cosines = places @ self.corners.T
            for interest in range(self.count):
                mine = self.owners == interest
                if mine.any():
                    found[:, interest] = cosines[:, mine].max(axis=1)
        return found


def grouped(
    judgements: Sequence[Judgement],
    places: Array,
    names: Mapping[str, str],
    *,
    dropped: Sequence[str] = (),
    told: Callable[[Sequence[int]], tuple[str, ...]] = lambda _: (),
) -> tuple[tuple[Interest, ...], Map]:
    """The interests behind what was judged, the weightiest first, and where they lie.

    places: (J, E), where the judged papers lie; a row of zeros for what is not known. names: what named
    interests are called. dropped: the ids of those that are none. told: papers → words they have in common.
    """
    rows: dict[str, list[int]] = {}
    unnamed: list[int] = []
    for row, one in enumerate(judgements):
        if one.liked < 0:
            continue
        mine = [group for group in one.groups if group in names and group not in dropped]
        for group in mine:
            rows.setdefault(group, []).append(row)
        if not mine and not one.groups:
            unnamed.append(row)
    found = [(group, group.partition(":")[0], names[group], members) for group, members in rows.items()]
    for members in _parted(unnamed, places):
        founder = judgements[members[0]].paper
        if f"like:{founder}" not in dropped:
            found.append((f"like:{founder}", "like", "", members))
    weights = [sum(judgements[row].weight for row in members) for *_, members in found]
    order = sorted(range(len(found)), key=lambda at: (-weights[at], found[at][0]))[:MOST_INTERESTS]
    interests, corners, owners = [], [], []
    for number, at in enumerate(order):
        name, kind, title, members = found[at]
        papers = tuple(judgements[row].paper for row in members)
        words = told(papers)
        title = title or ", ".join(words)
        interests.append(Interest(name, kind, title, papers, weights[at], words))
        mine_corners = _corners(places[members])
        corners.append(mine_corners)
        owners += [number] * len(mine_corners)
    shape = (0, places.shape[1])
    lying = np.concatenate(corners) if corners else np.empty(shape, np.float32)
    return tuple(interests), Map(lying, np.array(owners, np.int64), len(interests))


def _parted(rows: Sequence[int], places: Array) -> list[list[int]]:
    """Rows in groups of what lies together, each group's first row being its founder."""
    groups: list[list[int]] = []
    sums = np.zeros((MOST_UNNAMED, places.shape[1]), np.float32)
    for row in rows:
        place, total = places[row], sums[: len(groups)]
        near = total @ place / np.maximum(np.sqrt(np.einsum("ge,ge->g", total, total)), 1e-9)
        best = int(near.argmax()) if groups else -1
        if best >= 0 and (near[best] >= NEAR or len(groups) >= MOST_UNNAMED or not place.any()):
            groups[best].append(row)
        else:
            best = len(groups)
            groups.append([row])
        sums[best] += place
    return groups


def _corners(places: Array) -> Array:
    """The middle of some places, and of them those that lie farthest from what was taken before."""
    known = places[places.any(axis=1)]
    if not len(known):
        return np.empty((0, places.shape[1]), np.float32)
    taken = [unit(known.mean(axis=0, keepdims=True).astype(np.float32))[0]]
    nearest = known @ taken[0]
    for _ in range(min(_CORNERS - 1, len(known))):
        far = int(nearest.argmin())
        if nearest[far] > 0.98:
            break
        taken.append(known[far])
        nearest = np.maximum(nearest, known @ known[far])
    return np.stack(taken).astype(np.float32)
