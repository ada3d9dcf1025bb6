"""LIMIT: which sets of best documents vectors of D dimensions can express at all.

On the Theoretical Limitations of Embedding-Based Retrieval (Weller, Boratko, Naim and Lee, 2025),
arXiv:2508.21038. Take n documents and a query for every pair of them, which alone are its answer. Nothing is
encoded: queries u and documents v are free unit vectors, moved by gradient descent on

    L = -mean over queries q of ½ Σ_{d ∈ pair(q)} log( exp(⟨u_q, v_d⟩ / τ) / Σ_e exp(⟨u_q, v_e⟩ / τ) ).

The critical n of D is the largest at which every query finds its pair: what vectors reach that are free to go
anywhere and were taught the very answers.

Differs from the paper: the search goes up one document at a time and ends at the first n that none of a few
seeds solves, after fewer steps; so a critical n found here is a lower bound. And it bounds the descent, not
what exists: `on_a_curve` writes down four dimensions in which every pair of any n is found, with margins that
shrink as n⁻⁴. What fails as n grows is finding such vectors, and telling their scores apart.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids

_TEMPERATURE: Final = 0.1
_RATE: Final = 0.01  # of Adam, as are the next three
_KEPT, _KEPT_SQUARES, _TINY = 0.9, 0.999, 1e-8
_LOOKED_AT_EVERY: Final = 50  # steps

_Floats = npt.NDArray[np.float64]


class FreeVectors(NamedTuple):
    """queries: (C, D), one for each of the C = n (n - 1) / 2 pairs, in their order. documents: (n, D)."""

    queries: Array
    documents: Array

    def solved(self) -> float:
        """Return for what share of the queries both documents of the pair score above all others."""
        found = _top_two_are(self.queries.astype(np.float64) @ self.documents.T.astype(np.float64))
        return float(found.mean())


def all_pairs(n: int) -> Ids:
    """Return (n (n - 1) / 2, 2), every pair of n documents, the lower first."""
    if n < 2:
        raise ShapeError(f"n must be at least 2, got {n}")
    return np.stack(np.triu_indices(n, 1), axis=1).astype(np.int64)


def free_vectors(n: int, dim: int, *, steps: int = 2000, seed: int = 0) -> FreeVectors:
    """Return unit vectors after so many steps of descent, or fewer if every pair is found before."""
    if dim < 1:
        raise ShapeError(f"dim must be at least 1, got {dim}")
    pairs = all_pairs(n)
    wanted = np.zeros((len(pairs), n))
    np.put_along_axis(wanted, pairs, 0.5, axis=1)
    free = np.random.default_rng(seed).standard_normal((len(pairs) + n, dim))
    mean, squares = np.zeros_like(free), np.zeros_like(free)
    for step in range(1, steps + 1):
        length = np.linalg.norm(free, axis=1, keepdims=True)
        unit = free / length
        queries, documents = unit[: len(pairs)], unit[len(pairs) :]
        scores = queries @ documents.T
        if step % _LOOKED_AT_EVERY == 0 and _top_two_are(scores).all():
            break
        slope = (_softmax(scores / _TEMPERATURE) - wanted) / (_TEMPERATURE * len(pairs))
        pull = np.concatenate([slope @ documents, slope.T @ queries])
        # Only what turns a vector counts; along itself it is scaled away.
        gradient = (pull - unit * (pull * unit).sum(axis=1, keepdims=True)) / length
        mean = _KEPT * mean + (1 - _KEPT) * gradient
        squares = _KEPT_SQUARES * squares + (1 - _KEPT_SQUARES) * gradient**2
        rate = _RATE * np.sqrt(1 - _KEPT_SQUARES**step) / (1 - _KEPT**step)
        free -= rate * mean / (np.sqrt(squares) + _TINY)
    unit = (free / np.linalg.norm(free, axis=1, keepdims=True)).astype(np.float32)
    return FreeVectors(unit[: len(pairs)], unit[len(pairs) :])


def critical_n(dim: int, *, most: int = 50, seeds: int = 3, steps: int = 2000, seed: int = 0) -> int:
    """Return the largest n, up to `most`, all of whose pairs are found in `dim` dimensions.

    An n counts as solved if one of so many seeds, from `seed` on, solves it.
    """
    for n in range(3, most + 1):
        tries = (free_vectors(n, dim, steps=steps, seed=each) for each in range(seed, seed + seeds))
        if not any(vectors.solved() == 1.0 for vectors in tries):
            return n - 1
    return most


def on_a_curve(n: int) -> FreeVectors:
    """Return unit vectors in four dimensions that find every pair of n documents, not learned.

    Document j is the point at angle t = 2πj/n of the curve (cos t, sin t, cos 2t, sin 2t) / √2. The query of
    the pair at angles a and b holds the four coefficients of -(1 - cos(t - a)) (1 - cos(t - b)): that is 0 at
    a and b and negative elsewhere; its constant is the same for all documents.
    """
    t = 2 * np.pi * np.arange(n) / n
    documents = np.stack([np.cos(t), np.sin(t), np.cos(2 * t), np.sin(2 * t)], axis=1)
    a, b = t[all_pairs(n)].T
    queries = np.stack(
        [np.cos(a) + np.cos(b), np.sin(a) + np.sin(b), -np.cos(a + b) / 2, -np.sin(a + b) / 2], axis=1
    )
    return FreeVectors(_unit(queries), _unit(documents))


def _top_two_are(scores: _Floats) -> npt.NDArray[np.bool_]:
    """Return (C,), whether the pair of each query scores above all else in (C, n)."""
    pairs = all_pairs(scores.shape[1])
    worst = np.take_along_axis(scores, pairs, axis=1).min(axis=1)
    others = scores.copy()
    np.put_along_axis(others, pairs, -np.inf, axis=1)
    above: npt.NDArray[np.bool_] = worst > others.max(axis=1)
    return above


def _softmax(x: _Floats) -> _Floats:
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    shares: _Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _unit(x: _Floats) -> Array:
    unit: Array = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return unit
