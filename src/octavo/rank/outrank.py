"""OutRank: which fields of a log tell something, those of many values no more favoured than others.

OutRank: Speeding up AutoML-based Model Search for Large Sparse Data sets with Cardinality-aware Feature
Ranking (Škrlj and Mramor, 2023), arXiv:2309.01552. A field X of many values seems to know everything about Y
by chance alone. So what it tells is compared, value by value, with what a noise of the very same values
would:

    score(X; Y) = Σ_{v: n_v > 1} n_v / N · [ H(Y_shift | X = v) - H(Y | X = v) ],

Y_shift being, for the rows i where X = v, Y at i + n_v (round the end). Fields are then picked one by one, by
relevance - α redundancy + β relation: the median of what those picked already tell of it, and the median of
what it tells about Y together with each of them, more than they both do alone.

Differs from the paper: rows are shuffled once before they are shifted, so that an order in the log cannot
speak. No sketches, subsampling or data quality reports: a log of a house fits into memory.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


def plain_information(field: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """Return H(Y) - H(Y | X) of a field X (N,) and a target Y (N,), in nats: what is usually ranked by."""
    x, y = _checked(field, target)
    return _left(np.zeros_like(x), y) - _left(x, y)


def surplus(field: npt.ArrayLike, target: npt.ArrayLike, *, seed: int = 0) -> float:
    """Return the score of a field (N,) of integers for a target (N,) of integers, in nats.

    About 0 for noise, however many values it has; below 0 as often as above. Raises ShapeError.

    >>> tells, wide = np.arange(600) % 3, np.arange(600) // 2
    >>> target = (tells == 0).astype(int)
    >>> surplus(tells, target) > 0.5, surplus(wide, target) < 0.1
    (True, True)
    """
    x, y = _checked(field, target)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    rows = np.arange(len(x))
    often = np.bincount(x)[x]
    shifted = y[(rows + often) % len(y)]
    some = often > 1
    if not some.any():
        return 0.0
    return float((_left(x[some], shifted[some]) - _left(x[some], y[some])) * some.mean())


def ranked(lines: npt.ArrayLike, target: npt.ArrayLike, *, seed: int = 0) -> tuple[Ids, Array]:
    """Return the fields of lines (N, F), that which tells most about the target (N,) first, and their scores.

    -1 is a value as any other. Raises ShapeError.
    """
    given = _lines(lines)
    scores = np.array([surplus(column, target, seed=seed) for column in given.T])
    order = np.argsort(-scores, kind="stable")
    return order.astype(np.int64), scores[order].astype(np.float32)


def picked(
    lines: npt.ArrayLike,
    target: npt.ArrayLike,
    k: int,
    *,
    redundancy: float = 1.0,
    relation: float = 1.0,
    seed: int = 0,
) -> Ids:
    """Return k fields of lines (N, F) that tell much about the target (N,), and not the same.

    redundancy, relation: α and β. Raises ShapeError.
    """
    given = _lines(lines)
    count = given.shape[1]
    if not 1 <= k <= count:
        raise ShapeError(f"k must be between 1 and the {count} fields, got {k}")
    alone = [surplus(column, target, seed=seed) for column in given.T]
    chosen = [int(np.argmax(alone))]
    same: dict[int, list[float]] = {}
    more: dict[int, list[float]] = {}
    while len(chosen) < k:
        last = chosen[-1]
        rest = [field for field in range(count) if field not in chosen]
        for field in rest:
            same.setdefault(field, []).append(surplus(given[:, last], given[:, field], seed=seed))
            pair = given[:, last] * (int(given[:, field].max()) + 2) + given[:, field]
            gain = surplus(pair, target, seed=seed) - alone[field] - alone[last]
            more.setdefault(field, []).append(gain)
        worth = [
            alone[f] - redundancy * float(np.median(same[f])) + relation * float(np.median(more[f]))
            for f in rest
        ]
        chosen.append(rest[int(np.argmax(worth))])
    return np.array(chosen, np.int64)


def _lines(lines: npt.ArrayLike) -> Ids:
    given = np.asarray(lines)
    if given.ndim != 2 or not given.size:
        raise ShapeError(f"lines must have the shape (N, F), got {given.shape}")
    return integers(given.ravel(), "lines", given.size).reshape(given.shape)


def _checked(field: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Ids, Ids]:
    """Both as numbers from 0 without a gap."""
    rows = len(np.atleast_1d(np.asarray(field)))
    x, y = integers(field, "field", rows), integers(target, "target", rows)
    if not rows:
        raise ShapeError("field must have at least one row, got (0,)")
    return np.unique(x, return_inverse=True)[1], np.unique(y, return_inverse=True)[1]


def _left(x: Ids, y: Ids) -> float:
    """H(Y | X): what is left to know of y when x is known."""
    wide = int(y.max()) + 1
    cells, counts = np.unique(x * wide + y, return_counts=True)
    return float(-(counts * np.log(counts / np.bincount(x)[cells // wide])).sum() / len(x))
