"""Feedback: the first documents found say more of what was meant, and the search is made again with it.

Pseudo Relevance Feedback with Deep Language Models and Dense Retrievers: Successes and Pitfalls
(Li, Mourad, Zhuang, Koopman and Zuccon, 2021), arXiv:2108.11044, for vectors, after Rocchio. A query q and
the vectors of the F first documents d become

    q' = (1 - λ) q + λ · mean(d),    both of unit length before and after.

Relevance-Based Language Models (Lavrenko and Croft, 2001), doi:10.1145/383952.383972, for words, mixed with
the query's own as in RM3. A term t gets the weight

    w'(t) = (1 - λ) · w(t) / Σ w + λ · v(t) / Σ v,    v(t) = mean over d of tf(t, d) / (tf(t, d) + k₁),

where v is kept of the terms with the largest v(t) · rarity(t) alone, and the rest of it is 0.

Differs from the paper: v counts a term's repetitions as BM25 does, with k₁ = 1.2, and not as a language model
that every term of a document shares in; so no probabilities need be smoothed, and a long document says no
less than a short one. All F documents count the same, whatever their scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from octavo.exceptions import ShapeError
from octavo.find.rows import vectors
from octavo.protocols import Array

_K1: Final = 1.2


def moved(
    query: npt.NDArray[np.floating[Any]],
    documents: npt.NDArray[np.floating[Any]],
    *,
    share: float = 0.5,
) -> Array:
    """Return (D,), a query (D,) moved towards the mean of documents (F, D), of unit length.

    share: λ, from 0 (the query alone) to 1. Without documents, or where they cancel each other out, the query
    itself. Raises ShapeError, and ValueError for a share that is none.

    >>> import numpy as np
    >>> east, north = np.eye(2, dtype=np.float32)
    >>> bool(np.allclose(moved(east, north[None]), (0.5**0.5, 0.5**0.5)))
    True
    """
    _check_share(share)
    given = np.asanyarray(query)
    if given.ndim != 1:
        raise ShapeError(f"query must have the shape (D,), got {given.shape}")
    start = _unit(vectors(given[None], "query", None)[0])
    near = vectors(documents, "documents", len(start)) if len(documents) else np.empty((0, len(start)))
    if not len(near):
        return start
    mixed = (1 - share) * start + share * _unit(near.astype(np.float32).mean(axis=0))
    # Two opposite vectors cancel out but for what rounding leaves, which points nowhere.
    return _unit(mixed) if np.linalg.norm(mixed) > 1e-6 else start


def richer(
    query: Mapping[str, float],
    documents: Sequence[Mapping[str, int]],
    rarity: Callable[[str], float],
    *,
    terms: int = 20,
    share: float = 0.5,
) -> dict[str, float]:
    """Return a weight for each term of a query and for the most telling terms of documents, of the sum 1.

    query: how much each of its terms counts. documents: how often each of its terms stands in a document;
    stop words are the caller's to leave out. rarity: of a term, not negative, such as BM25's idf; 0 leaves
    a term out. share: λ. The largest weight comes first, equal ones in the order of the terms.

    >>> [*richer({"cat": 1}, [{"cat": 3, "purr": 2}, {"purr": 1}], lambda term: 1.0, terms=1)]
    ['cat', 'purr']
    """
    _check_share(share)
    if terms < 1:
        raise ValueError(f"terms must be at least 1, got {terms}")
    if not all(math.isfinite(weight) and weight >= 0 for weight in query.values()):
        raise ValueError("the weights of a query must be finite and not negative")
    said: dict[str, float] = {}
    for document in documents:
        for term, times in document.items():
            said[term] = said.get(term, 0.0) + times / (times + _K1)
    worth = {term: value * rarity(term) for term, value in said.items()}
    telling = sorted((term for term in worth if worth[term] > 0), key=lambda term: (-worth[term], term))
    own = _shares(query)
    new = _shares({term: said[term] for term in telling[:terms]})
    if not own or not new:
        mixed = own or new
    else:
        mixed = {
            term: (1 - share) * own.get(term, 0.0) + share * new.get(term, 0.0) for term in {**own, **new}
        }
    return dict(sorted(mixed.items(), key=lambda pair: (-pair[1], pair[0])))


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights that are not 0, of the sum 1."""
    largest = max(weights.values(), default=0)
    scaled = {term: weight / largest for term, weight in weights.items() if weight > 0}
    whole = math.fsum(scaled.values())
    return {term: weight / whole for term, weight in scaled.items()}


def _unit(x: Array) -> Array:
    # Of its largest number first: squares of very large or small ones leave the range of float32.
    largest = np.abs(x).max()
    if largest == 0:
        return x
    scaled = x / largest
    unit: Array = scaled / np.linalg.norm(scaled)
    return unit


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, got {share}")
