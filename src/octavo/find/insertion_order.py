"""Insertion order: whether a graph finds less when documents came in an unlucky order.

The Impacts of Data, Ordering, and Intrinsic Dimensionality on Recall in Hierarchical Navigable Small Worlds
(Elliott and Clark, 2024), arXiv:2405.17813. How hard a document's surroundings are to search is told by its
pointwise local intrinsic dimensionality, from the distances r_1 ≤ .. ≤ r_k to its k nearest others,

    LID(x) = - ( 1/k · Σ_{i ≤ k} ln(r_i / r_k) )⁻¹,

and a graph is built with the documents in ascending or descending order of it, category by category, or in
none. `probe` is what came of it for an index in use: how much of the exact nearest it finds.

Differs from the paper: distances are those of unit vectors, √(2 - 2 cos), as their inner products are what is
searched by; and the term of i = k, which is 0, is left out of the sum but not of the mean.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from octavo.arrays import matrix, unit
from octavo.exceptions import ShapeError
from octavo.find.exact import ExactIndex
from octavo.protocols import Array, Ids, Index

_BLOCK: Final = 512
_AS_GOOD: Final = 1e-3  # of a cosine: what float16 leaves of it
_NEAREST: Final = 1e-6
"""A distance below this is taken for it: copies of a document would make its surroundings a point."""


def pointwise_lid(x: Array, *, k: int = 100) -> Array:
    """Return (N,), the local intrinsic dimensionality at each of (N, D) vectors. Raises ShapeError.

    k: nearest others that are looked at, or all there are. Where all of them are equally far it is infinite.

    >>> import numpy as np
    >>> plane = np.random.default_rng(0).standard_normal((2000, 3)).astype(np.float32)
    >>> bool(1.7 < np.median(pointwise_lid(plane)) < 2.3)  # on the sphere, which has two dimensions
    True
    """
    given = unit(matrix(x, "x", least=3))
    few = min(k, len(given) - 1)
    if few < 2:
        raise ShapeError(f"k must be at least 2, got {k}")
    found = np.empty(len(given), np.float32)
    for low in range(0, len(given), _BLOCK):
        cosines = given[low : low + _BLOCK] @ given.T
        rows = np.arange(len(cosines))
        cosines[rows, low + rows] = -np.inf  # itself
        near = -np.sort(-np.partition(cosines, -few, axis=1)[:, -few:], axis=1)
        r = np.maximum(np.sqrt(np.maximum(2 - 2 * near.astype(np.float64), 0)), _NEAREST)
        mean = np.log(r / r[:, -1:]).mean(axis=1)
        found[low : low + len(cosines)] = np.divide(-1, mean, out=np.full(len(mean), np.inf), where=mean < 0)
    return found


def probe(
    index: Index, x: Array, *, queries: int = 100, k: int = 10, noise: float = 0.1, seed: int = 0
) -> float:
    """Return the share of the exact k nearest that an index over (N, D) vectors finds, from 0 to 1.

    queries: so many of the vectors, drawn by the seed, each moved by so much noise in a random direction,
    as no document is its own question. Raises ShapeError where the index holds another number of documents.
    """
    given = matrix(x, "x", least=1)
    if len(index) != len(given):
        raise ShapeError(f"x must be the {len(index)} documents of the index, got {len(given)}")
    rng = np.random.default_rng(seed)
    some = given[rng.permutation(len(given))[:queries]]
    chance = unit(rng.standard_normal(some.shape).astype(np.float32))
    moved = unit(some + noise * np.linalg.norm(some, axis=1, keepdims=True) * chance)
    found, exact = index.search(moved, k).ids, ExactIndex().add(given).search(moved, k).scores
    shares = []
    for query, ids, best in zip(moved, found, exact, strict=True):
        # As good as the k-th is good enough: of equal documents any may be found.
        near = given[ids[ids >= 0]] @ query >= best[-1] - _AS_GOOD
        shares.append(near.sum() / len(best))
    return float(np.mean(shares))


def ascending(values: Array) -> Ids:
    """Return the order (N,) in which values ascend, equal ones as they stand."""
    order: Ids = np.argsort(values, kind="stable").astype(np.int64)
    return order
