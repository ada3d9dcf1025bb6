"""Tours through points of the plane: the shortest by trying all, and the one that goes to the nearest."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from octavo.protocols import Array, Ids


def lengths(points: Array, tours: Ids) -> Array:
    """Return (N, P), how long tours (P, T) or (N, P, T) through points (N, T, 2) are, back to their start."""
    tours = np.broadcast_to(tours, (len(points), *tours.shape[-2:]))
    placed = points[np.arange(len(points))[:, None, None], tours]
    made: Array = np.linalg.norm(placed - np.roll(placed, -1, axis=2), axis=3).sum(axis=2)
    return made


def best_tours(points: Array) -> Ids:
    """Return (N, T), the shortest tours that begin at the first point and go round against the clock."""
    rest = permutations(range(1, points.shape[1]))
    every = np.array([(0, *order) for order in rest if order[0] < order[-1]])
    blocks = np.array_split(points, max(1, len(points) * len(every) // 500_000))
    tours = np.concatenate([every[lengths(block, every).argmin(axis=1)] for block in blocks])
    x, y = np.moveaxis(points[np.arange(len(points))[:, None], tours], 2, 0)
    area = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    back = np.concatenate([tours[:, :1], tours[:, :0:-1]], axis=1)
    return np.where(area[:, None] > 0, tours, back)


def nearest_next(points: Array) -> Ids:
    """Return (N, T), tours that always go on to the nearest point not yet seen."""
    apart = np.linalg.norm(points[:, :, None] - points[:, None], axis=3)
    rows, tour = np.arange(len(points)), [np.zeros(len(points), np.int64)]
    for _ in range(points.shape[1] - 1):
        apart[rows, :, tour[-1]] = np.inf
        tour.append(apart[rows, tour[-1]].argmin(axis=1))
    return np.stack(tour, axis=1)
