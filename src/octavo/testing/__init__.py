"""Contract checks with planted answers, one for every shape of `octavo.protocols`, for us and for plug-ins.

A check builds inputs whose right answer is known by construction, uses the method as the rest of the library
would, and raises AssertionError with a sentence that says which promise was broken:

>>> from octavo.find.exact import ExactIndex
>>> check_index(ExactIndex)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Encoder, Hits, Ids, Index, Measure, Scorer, Transform
from octavo.testing.bridges import check_bridge
from octavo.testing.clicks import check_click_model
from octavo.testing.promises import malformed, refuses, require
from octavo.testing.rankers import check_ranker, planted_texts
from octavo.testing.taggers import check_tagger

__all__ = [
    "AWKWARD_TEXTS",
    "PlantedVectors",
    "check_bridge",
    "check_click_model",
    "check_encoder",
    "check_index",
    "check_measure",
    "check_ranker",
    "check_scorer",
    "check_tagger",
    "check_transform",
    "planted_corpus",
    "planted_texts",
    "planted_vectors",
]

_PLANTED: Final = (
    ("An owl hunts mice at night on silent wings.", "which bird hunts mice at night"),
    ("Bread rises because yeast turns sugar into gas.", "why does bread rise with yeast"),
    ("The moon raises tides in the oceans of the earth.", "moon and ocean tides"),
    ("A violin has four strings and is played with a bow.", "violin strings and bow"),
    ("Glaciers are rivers of ice that carve valleys.", "ice rivers, glaciers, valleys"),
    ("Chess players study openings and endgames.", "openings in chess"),
    ("Bees dance to tell the hive where flowers are.", "how bees tell the hive about flowers"),
    (
        "Neural networks learn weights from examples by gradient descent.",
        "gradient descent for neural networks",
    ),
    ("A bridge of steel cables hangs over the strait.", "hanging bridge of steel cables"),
    ("Vaccines teach the immune system to know a virus.", "vaccines and the immune system"),
    ("Taxes on income are paid once a year.", "yearly income taxes"),
    ("Volcanoes throw ash and lava out of the earth.", "lava and ash of volcanoes"),
)

AWKWARD_TEXTS: Final = (
    "",
    " ",
    "\n\t\r",
    "\x00\x01\x1b[31m",
    "\ud800",
    "🦉📰",
    "שלום עולם، مرحبا بالعالم",
    "e\u0301" * 50,
    "论文日报",
    "$\\frac{\\partial L}{\\partial w}$",
    "x" * 10_000,
    "long " * 5_000,
)
"""Texts an encoder must survive: empty, control characters, a lone surrogate, any script, endless words."""


class PlantedVectors(NamedTuple):
    """Documents (N, D), queries (Q, D) and answers (Q,): the best document of query i is answers[i]."""

    documents: Array
    queries: Array
    answers: Ids


def planted_vectors(
    *, documents: int = 500, queries: int = 20, dim: int = 32, seed: int = 0
) -> PlantedVectors:
    """Return unit vectors in random directions, and queries that lie close to one document each."""
    rng = np.random.default_rng(seed)
    x = _unit(rng.standard_normal((documents, dim)))
    answers = rng.choice(documents, queries, replace=False)
    near = _unit(x[answers] + 0.02 * _unit(rng.standard_normal((queries, dim))))
    return PlantedVectors(x, near, answers.astype(np.int64))


def planted_corpus() -> tuple[list[str], list[str]]:
    """Return as many documents as queries; query i asks for document i, in some of its words."""
    return [document for document, _ in _PLANTED], [query for _, query in _PLANTED]


def check_index(
    make_index: Callable[[], Index], *, documents: int = 500, dim: int = 32, recall: float = 1.0
) -> None:
    """Check an Index; `make_index` returns a new, empty one.

    documents: as many are planted; raise it to reach the size at which an index stops scanning exactly.
    recall: how much of the exact ten best it must find.
    """
    x, queries, answers = planted_vectors(documents=documents, dim=dim)
    index = make_index()
    require(isinstance(index, Index), "it must have __len__, add and search")
    require(len(index) == 0, "a new index must be empty")
    require(index.search(queries, 3).ids.size == 0, "an empty index must return (Q, 0)")
    given = x.copy()
    require(index.add(given) is index, "add must return the index itself")
    given[:] = 0.0
    require(len(index) == documents, "len must be the number of documents added")

    hits = index.search(queries, 10)
    _check_hits(hits, (len(queries), 10))
    found = float(np.mean(hits.ids[:, 0] == answers))
    require(
        found >= recall, f"the planted document must come first for {recall:.0%} of queries, got {found:.0%}"
    )
    scores = queries @ x.T
    found = float(
        np.mean([np.isin(best, row) for best, row in zip(_best(scores, 10), hits.ids, strict=True)])
    )
    require(found >= recall, f"it must find {recall:.0%} of the ten best, got {found:.0%}")
    exact = np.take_along_axis(scores, hits.ids, axis=1)
    require(np.allclose(hits.scores, exact, atol=1e-2), "scores must be inner products")
    require(_same(hits, index.search(queries, 10)), "searching twice must give the same hits")
    alone = [index.search(queries[i : i + 1], 10).ids[0] for i in range(len(queries))]
    require(np.array_equal(alone, hits.ids), "a query's hits must not depend on the other queries")

    halves = make_index().add(x[: documents // 2]).add(x[documents // 2 :])
    first = halves.search(queries, 1).ids[:, 0]
    require(float(np.mean(first == answers)) >= recall, "documents added later must be found as well")
    _check_among(index, queries, scores)
    _check_ties(make_index(), dim)
    few = make_index().add(x[:3]).search(queries, 10)
    require(_filled(few, 3), "a k above the number of documents must return every document once")
    require(index.search(queries[:0], 4).ids.shape == (0, 4), "no queries must give no hits, (0, K)")
    _check_indexrefuses(index, x, queries)


def _check_hits(hits: Hits, shape: tuple[int, int]) -> None:
    require(hits.ids.shape == shape, f"ids must have the shape {shape}, got {hits.ids.shape}")
    require(hits.scores.shape == shape, f"scores must have the shape {shape}, got {hits.scores.shape}")
    require(hits.ids.dtype == np.int64, f"ids must be int64, got {hits.ids.dtype}")
    require(hits.scores.dtype == np.float32, f"scores must be float32, got {hits.scores.dtype}")
    require(bool((np.diff(hits.scores, axis=1) <= 0).all()), "hits must stand best first")


def _check_among(index: Index, queries: Array, scores: Array) -> None:
    some = np.arange(1, len(index), 3)
    hits = index.search(queries, 5, among=some[::-1].copy())
    require(bool(np.isin(hits.ids, some).all()), "among must keep all other documents out")
    best = some[_best(scores[:, some], 1)[:, 0]]
    require(bool((hits.ids[:, 0] == best).all()), "among must find the best of the allowed documents")
    hits = index.search(queries, 5, among=some[:2])
    require(_filled(hits, 2), "hits must end in -1 and -inf where fewer than k documents are allowed")
    none = index.search(queries, 5, among=some[:0])
    require(bool((none.ids == -1).all()), "with no document allowed there must be no hit")


def _check_ties(index: Index, dim: int) -> None:
    twins = np.zeros((40, dim), np.float32)
    twins[:, 0] = 1.0
    ids = index.add(twins).search(twins[:1], 7).ids[0]
    require(ids.tolist() == list(range(7)), "equal scores must stand in ascending order of id")


def _check_indexrefuses(index: Index, x: Array, queries: Array) -> None:
    size = len(index)
    for what, wrong in [*malformed(x), ("another width", x[:, 1:])]:
        refuses(partial(index.add, wrong), f"add must refuse {what}")
        refuses(partial(index.search, wrong, 3), f"search must refuse queries of {what}")
    require(len(index) == size, "what was refused must not have been added")
    refuses(partial(index.search, queries, 0), "search must refuse a k of 0")
    for what, ids in (("beyond the documents", [size]), ("below zero", [-1])):
        refuses(partial(index.search, queries, 3, among=np.array(ids)), f"among must refuse ids {what}")


def check_encoder(encoder: Encoder, *, recall: float = 0.9, alike: float = 0.999) -> None:
    """Check an Encoder.

    recall: for how many planted queries the right document must come first.
    alike: the least cosine between a text's vectors encoded alone and among others.
    """
    require(isinstance(encoder, Encoder), "it must have dim, encode_documents and encode_queries")
    documents, queries = planted_corpus()
    for encode in (encoder.encode_documents, encoder.encode_queries):
        _check_vectors(encode(documents), (len(documents), encoder.dim))
        _check_vectors(encode([]), (0, encoder.dim))
        _check_vectors(encode(AWKWARD_TEXTS), (len(AWKWARD_TEXTS), encoder.dim))
        require(
            np.array_equal(encode(documents), encode(documents)), "encoding twice must give the same vectors"
        )
        together = encode([*AWKWARD_TEXTS, *documents])[len(AWKWARD_TEXTS) :]
        least = float((together * np.concatenate([encode([text]) for text in documents])).sum(axis=1).min())
        require(least >= alike, f"a vector must not depend on the other texts, got a cosine of {least:.4f}")
        refuses(partial(encode, "one text"), "one string in the place of a list must be refused", TypeError)
    scores = encoder.encode_queries(queries) @ encoder.encode_documents(documents).T
    found = float(np.mean(scores.argmax(axis=1) == np.arange(len(queries))))
    require(
        found >= recall, f"the planted document must come first for {recall:.0%} of queries, got {found:.0%}"
    )


def _check_vectors(x: Array, shape: tuple[int, int]) -> None:
    require(x.shape == shape, f"vectors must have the shape {shape}, got {x.shape}")
    require(x.dtype == np.float32, f"vectors must be float32, got {x.dtype}")
    require(bool(np.isfinite(x).all()), "vectors must be finite, whatever the text")
    require(bool(np.allclose(np.linalg.norm(x, axis=1), 1.0, atol=1e-4)), "vectors must be of unit length")


def check_scorer(scorer: Scorer, *, recall: float = 0.9) -> None:
    """Check a Scorer; recall: how often a planted pair must score above the query with another's document."""
    require(isinstance(scorer, Scorer), "it must have score")
    documents, queries = planted_corpus()
    pairs = [(query, document) for query in queries for document in documents]
    scores = scorer.score([query for query, _ in pairs], [document for _, document in pairs])
    require(scores.shape == (len(pairs),), f"scores must have the shape {(len(pairs),)}, got {scores.shape}")
    require(scores.dtype == np.float32, f"scores must be float32, got {scores.dtype}")
    square = scores.reshape(len(queries), len(documents))
    found = float(np.mean(square.argmax(axis=1) == np.arange(len(queries))))
    require(
        found >= recall, f"the planted pair must score highest for {recall:.0%} of queries, got {found:.0%}"
    )
    backwards = scorer.score([query for query, _ in pairs[::-1]], [document for _, document in pairs[::-1]])
    require(
        bool(np.allclose(backwards[::-1], scores, atol=1e-3)), "a score must not depend on the other pairs"
    )
    require(scorer.score([], []).shape == (0,), "no pairs must give no scores, (0,)")
    awkward = scorer.score(AWKWARD_TEXTS, AWKWARD_TEXTS)
    require(bool(np.isfinite(awkward).all()), "scores must be finite, whatever the text")
    refuses(partial(scorer.score, queries, documents[:-1]), "more queries than documents must be refused")


def check_transform(make_transform: Callable[[], Transform], *, dim: int = 32, recall: float = 0.9) -> None:
    """Check a Transform; `make_transform` returns a new one, and `fit` is given x and a rotation of x as y.

    recall: of the planted pairs of near neighbours, how many must be each other's nearest afterwards.
    """
    rng = np.random.default_rng(0)
    x = np.repeat(_unit(rng.standard_normal((60, dim))), 2, axis=0)
    x = _unit(x + 0.02 * _unit(rng.standard_normal(x.shape)))
    y = (x @ np.linalg.qr(rng.standard_normal((dim, dim)))[0]).astype(np.float32)
    transform = make_transform()
    require(isinstance(transform, Transform), "it must have fit and transform")
    refuses(partial(make_transform().transform, x), "transform must refuse to run before fit", NotFittedError)
    before = x.copy(), y.copy()
    require(transform.fit(x, y) is transform, "fit must return the transform itself")
    moved = transform.transform(x)
    require(
        np.array_equal(x, before[0]) and np.array_equal(y, before[1]), "what is given must not be altered"
    )
    require(
        moved.ndim == 2 and len(moved) == len(x), f"transform must return ({len(x)}, D'), got {moved.shape}"
    )
    require(moved.dtype == np.float32, f"transform must return float32, got {moved.dtype}")
    require(
        bool(np.allclose(transform.transform(x[:5]), moved[:5], atol=1e-4)),
        "rows must be transformed each alone",
    )
    require(transform.transform(x[:0]).shape == (0, moved.shape[1]), "no rows must give no rows, (0, D')")
    twice = make_transform().fit(y[:50], x[:50]).fit(x, y).transform(x)
    require(bool(np.allclose(twice, moved, atol=1e-4)), "fit must forget the last fit")
    directions = _unit(moved - moved.mean(axis=0))
    likeness = directions @ directions.T
    np.fill_diagonal(likeness, -np.inf)
    found = float(np.mean(likeness.argmax(axis=1) == np.arange(len(x)) ^ 1))
    require(found >= recall, f"{recall:.0%} of near neighbours must stay so, got {found:.0%}")
    for what, wrong in malformed(x):
        refuses(partial(make_transform().fit, wrong, wrong), f"fit must refuse {what}")
        refuses(partial(transform.transform, wrong), f"transform must refuse {what}")
    refuses(partial(transform.transform, x[:, 1:]), "transform must refuse another width")


def check_measure(
    measure: Measure,
    arrays: Sequence[Array],
    expected: float,
    *,
    unchanged_by: Sequence[Callable[[Array], Array]] = (),
    tolerance: float = 1e-4,
) -> None:
    """Check a Measure on (N, D) arrays whose measure is known to be `expected`.

    unchanged_by: what may be done to every array without changing the measure, such as a rotation.
    """
    before = [array.copy() for array in arrays]
    value = measure(*arrays)
    require(isinstance(value, float), f"a measure must be a float, got {type(value).__name__}")
    require(abs(value - expected) <= tolerance, f"the measure must be {expected:.6g}, got {value:.6g}")
    require(all(map(np.array_equal, before, arrays)), "what is given must not be altered")
    require(measure(*arrays) == value, "measuring twice must give the same number")
    for change in unchanged_by:
        other = measure(*(change(array) for array in arrays))
        require(abs(other - expected) <= tolerance, f"the change must leave {expected:.6g}, got {other:.6g}")
    for what, wrong in malformed(arrays[0]):
        refuses(partial(measure, *([wrong] * len(arrays))), f"a measure must refuse {what}")


def _filled(hits: Hits, count: int) -> bool:
    """Say whether every query has exactly `count` different hits, and only -1 and -inf behind them."""
    ids, scores = hits.ids[:, :count], hits.scores[:, :count]
    different = all(len(set(row)) == count for row in ids.tolist())
    rest = bool((hits.ids[:, count:] == -1).all() and np.isneginf(hits.scores[:, count:]).all())
    return different and rest and bool((ids >= 0).all() and np.isfinite(scores).all())


def _same(one: Hits, other: Hits) -> bool:
    return np.array_equal(one.ids, other.ids) and np.array_equal(one.scores, other.scores)


def _best(scores: Array, k: int) -> Ids:
    """Return the columns of the k highest scores of each row, the slow and certain way."""
    best: Ids = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return best


def _unit(x: npt.NDArray[np.floating[Any]]) -> Array:
    unit: Array = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return unit
