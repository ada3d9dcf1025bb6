"""A map of papers: each a point, near those it is like, with names for the regions.

Everything is in the units of the drawing, 0 .. WIDTH and 0 .. HEIGHT, and the same papers make the same map.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from broadsheet.papers import Paper
from broadsheet.subjects.space import Space
from broadsheet.subjects.telling import spread, telling, text_of
from octavo.discover.clusters import SphericalKMeans
from octavo.discover.layout import neighbour_map
from octavo.protocols import Array

WIDTH: Final = 1000.0
HEIGHT: Final = 640.0
MOST: Final = 300
"""More papers are not drawn on one map: the first are, as the edition orders them."""
_MARGIN: Final = 50.0


@dataclass(frozen=True, slots=True)
class Point:
    """A paper on the map; number: from 1, in reading order of its region. region: which."""

    paper: Paper
    x: float
    y: float
    number: int
    region: int


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the map whose papers are alike: where its name stands, and its papers by position."""

    name: str
    x: float
    y: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """points: by number. left: how many papers are not on it, for want of a vector or of room."""

    regions: tuple[Region, ...]
    left: int

    @property
    def points(self) -> tuple[Point, ...]:
        """Every paper, by number."""
        return tuple(point for region in self.regions for point in region.points)


def draw(space: Space, papers: Sequence[Paper]) -> Map:
    """Draw the papers of a space."""
    there, rows = space.rows_of([paper.id for paper in papers[:MOST]])
    known = dict(zip(there, range(len(there)), strict=True))
    drawn = [paper for paper in papers[:MOST] if paper.id in known]
    if not drawn:
        return Map((), len(papers))
    rows = rows[[known[paper.id] for paper in drawn]]
    places = _placed(neighbour_map(rows))
    count = max(1, min(9, round(math.sqrt(len(drawn) / 2.5)))) if len(drawn) >= 6 else 1
    labels = SphericalKMeans(count, starts=4).fit(rows).labels_
    texts = [text_of(paper) for paper in drawn]
    everywhere = spread(texts)
    regions: list[Region] = []
    number = 0
    # The regions in reading order: from the upper left.
    middles = {label: places[labels == label].mean(axis=0) for label in sorted(set(labels.tolist()))}
    for label in sorted(
        middles, key=lambda label: (round(middles[label][1] / (HEIGHT / 3)), middles[label][0])
    ):
        members = [i for i in range(len(drawn)) if labels[i] == label]
        members.sort(key=lambda i: (places[i][1], places[i][0]))
        inside = [texts[i] for i in members]
        terms = telling(spread(inside), len(inside), everywhere, len(texts), 2) if len(middles) > 1 else []
        points = []
        for i in members:
            number += 1
            x, y = (round(float(value), 1) for value in places[i])
            points.append(Point(drawn[i], x, y, number, len(regions)))
        x, y = (round(float(value), 1) for value in np.median(places[members], axis=0))
        regions.append(Region(", ".join(terms), x, y, tuple(points)))
    return Map(tuple(regions), len(papers) - len(drawn))


def _placed(places: Array) -> Array:
    """Points of -1 .. 1 in the drawing.

    Each side is filled by rank and by distance, half of each: one paper far out presses nobody into a corner.
    """
    if len(places) < 2:
        return np.full((len(places), 2), (WIDTH / 2, HEIGHT / 2), np.float32)
    sides = []
    for side, length in ((places[:, 0], WIDTH), (places[:, 1], HEIGHT)):
        rank = np.argsort(np.argsort(side, kind="stable"), kind="stable") / (len(side) - 1)
        reach = float(side.max() - side.min())
        far = (side - side.min()) / reach if reach else rank
        sides.append(_MARGIN + (0.5 * rank + 0.5 * far) * (length - 2 * _MARGIN))
    stacked: Array = np.stack(sides, axis=1).astype(np.float32)
    return stacked
