"""Neighbour maps: vectors as points of a plane, near ones near each other (t-SNE; van der Maaten and Hinton,
2008), for as many as are looked at together.

Every pair is counted, so that a thousand points are many. It begins with the two directions of the most
variance and draws no chance: the same vectors always make the same map.
"""

from __future__ import annotations

import numpy as np

from octavo.arrays import matrix, unit
from octavo.protocols import Array

_PULL_ROUNDS = 60


def neighbour_map(x: Array, *, neighbours: float = 12.0, rounds: int = 220) -> Array:
    """Return (N, 2) of (N, D): points within -1 .. 1, the whole of the wider side used.

    neighbours: about how many of the others a point wants near (the perplexity).
    """
    rows = unit(matrix(x, "x"))
    count = len(rows)
    if count < 2:
        return np.zeros((count, 2), np.float32)
    places = _flat(rows)
    if count > 3:
        wanted = _wanted(rows, min(neighbours, (count - 1) / 3))
        speed, gain = np.zeros_like(places), np.ones_like(places)
        rate = max(count / 12.0, 10.0)
        for step in range(rounds):
            pull = wanted * (12.0 if step < _PULL_ROUNDS else 1.0)
            squared = ((places[:, None] - places[None]) ** 2).sum(axis=2)
            near = 1 / (1 + squared)
            np.fill_diagonal(near, 0)
            force = (pull - near / near.sum()) * near
            gradient = 4 * (force.sum(axis=1)[:, None] * places - force @ places)
            gain = np.maximum(np.where(np.sign(gradient) != np.sign(speed), gain + 0.2, gain * 0.8), 0.01)
            speed = (0.5 if step < _PULL_ROUNDS else 0.8) * speed - rate * gain * gradient
            places = places + speed
            places -= places.mean(axis=0)
    reach = np.abs(places).max()
    placed: Array = (places / reach if reach > 0 else places).astype(np.float32)
    return placed


def _flat(rows: Array) -> np.ndarray:
    centred = rows - rows.mean(axis=0)
    u, s, _ = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    flat = np.zeros((len(rows), 2))
    flat[:, : min(2, len(s))] = u[:, :2] * s[:2]
    flat *= np.where(
        flat[np.abs(flat).argmax(axis=0), [0, 1]] < 0, -1, 1
    )  # a direction has no sign of its own
    spread = flat[:, 0].std()
    # Equal rows begin a little apart, or they could never part.
    nudge = np.stack([np.cos(2.4 * np.arange(len(rows))), np.sin(2.4 * np.arange(len(rows)))], axis=1)
    return flat / (spread if spread > 0 else 1) * 1e-2 + 1e-5 * nudge


def _wanted(rows: Array, neighbours: float) -> np.ndarray:
    """Return (N, N) summing to 1: how much each pair is wanted near, each row with its own width."""
    away = np.maximum(2 - 2 * (rows @ rows.T).astype(np.float64), 0)
    np.fill_diagonal(away, np.inf)
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    sharpness = np.ones(len(rows))
    target = np.log(neighbours)
    for _ in range(50):
        raised = np.exp(-(away - away.min(axis=1, keepdims=True)) * sharpness[:, None])
        share = raised / raised.sum(axis=1, keepdims=True)
        entropy = -np.where(share > 0, share * np.log(np.maximum(share, 1e-300)), 0).sum(axis=1)
        wide = entropy > target
        low, high = np.where(wide, sharpness, low), np.where(wide, high, sharpness)
        sharpness = np.where(np.isinf(high), sharpness * 2, (low + np.where(np.isinf(high), 0, high)) / 2)
    both = share + share.T
    return np.asarray(both / both.sum())
