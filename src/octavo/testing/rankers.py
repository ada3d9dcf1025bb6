"""The contract of a Ranker, with papers of planted subjects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids, Ranker, SparseRows, Texts
from octavo.testing.promises import malformed, refuses, require

_WORDS = 12  # words of its own a subject has; as many more are everybody's


class PlantedTexts(NamedTuple):
    """Papers and the subject (N,) that each is about: near in vectors, and with words of their own."""

    papers: Texts
    subject: Ids


def planted_texts(*, subjects: int = 6, each: int = 40, dim: int = 32, seed: int = 0) -> PlantedTexts:
    """Return papers of a few subjects, shuffled by turns: paper i is about subject i modulo `subjects`.

    Of the terms, subject s has columns 12 s up to 12 s + 11 to itself; the last twelve are everybody's.
    """
    rng = np.random.default_rng(seed)
    subject = np.arange(subjects * each) % subjects
    centres = rng.standard_normal((subjects, dim))
    vectors = centres[subject] + 0.6 * rng.standard_normal((len(subject), dim))
    own = [rng.choice(_WORDS, 5, replace=False) + _WORDS * s for s in subject]
    everybody = [rng.choice(_WORDS, 3, replace=False) + _WORDS * subjects for _ in subject]
    rows = np.sort(np.concatenate([own, everybody], axis=1), axis=1)
    weights = np.where(rows < _WORDS * subjects, 1.0, 0.4) * rng.uniform(0.8, 1.2, rows.shape)
    terms = SparseRows(
        np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int64),
        rows.ravel().astype(np.int64),
        _unit(weights).ravel(),
        _WORDS * (subjects + 1),
    )
    return PlantedTexts(Texts(_unit(vectors), terms), subject)


def check_ranker(make_ranker: Callable[[], Ranker], *, recall: float = 0.9, nbytes: int = 4096) -> None:
    """Check a Ranker; `make_ranker` returns a new one.

    recall: of the papers of a subject that was liked, how many must stand before all the others.
    nbytes: what a reader may take, whatever they judged.
    """
    planted = planted_texts()
    papers, subject = planted
    liked_one, disliked_one = np.flatnonzero(subject == 0), np.flatnonzero(subject == 1)
    other = _some(papers, np.arange(len(subject)) >= 60)
    about = subject[60:]

    ranker = make_ranker()
    require(isinstance(ranker, Ranker), "it must have nbytes, fit, scores and reasons")
    for run in (make_ranker().scores, partial(make_ranker().reasons, judged=papers)):
        refuses(partial(run, papers), "nothing may run before fit", NotFittedError)
    which = np.concatenate([liked_one[:4], disliked_one[:4]])
    judged, liked = _some(papers, which), np.repeat([1, -1], 4)
    before = judged.vectors.copy(), judged.terms.data.copy(), liked.copy()
    require(ranker.fit(judged, liked) is ranker, "fit must return the ranker itself")
    after = judged.vectors, judged.terms.data, liked
    require(all(map(np.array_equal, before, after)), "what is given must not be altered")

    scores = ranker.scores(other)
    _check_scores(scores, len(about))
    require(_before(scores, about == 0, about > 1) >= recall, "papers like those liked must stand first")
    require(_before(scores, about > 1, about == 1) >= recall, "papers like those disliked must stand behind")
    again = make_ranker().fit(judged, -liked).fit(judged, liked).scores(other)
    require(np.allclose(again, scores, atol=1e-5), "fit must forget the last fit, and be the same each time")
    alone = np.concatenate([ranker.scores(_some(other, np.array([i]))) for i in range(8)])
    require(np.allclose(alone, scores[:8], atol=1e-4), "a paper's score must not depend on other papers")
    require(ranker.scores(_some(other, np.arange(0))).shape == (0,), "no papers must give no scores, (0,)")

    _check_little(make_ranker, papers, subject, recall)
    _check_halves(make_ranker, judged, liked, other, about, recall)
    _check_weights(make_ranker, papers, subject)
    _check_reasons(ranker, other, about, judged, liked)
    many = np.random.default_rng(1).integers(0, len(subject), 3000)
    crowd = make_ranker().fit(_some(papers, many), np.where(subject[many] < 3, 1, -1))
    require(0 < crowd.nbytes <= nbytes, f"a reader may take {nbytes} bytes, got {crowd.nbytes}")
    require(_before(crowd.scores(other), about < 3, about >= 3) >= recall, "thousands must be learned from")
    _check_refusals(make_ranker, ranker, judged, liked)


def _check_scores(scores: Array, rows: int) -> None:
    require(scores.shape == (rows,), f"scores must be ({rows},), got {scores.shape}")
    require(scores.dtype == np.float32, f"scores must be float32, got {scores.dtype}")
    require(bool(np.isfinite(scores).all()), "scores must be finite")


def _check_little(make_ranker: Callable[[], Ranker], papers: Texts, subject: Ids, recall: float) -> None:
    """One signal, only negatives, the same paper liked and disliked, a paper of which nothing is known."""
    one, rest = np.array([2]), _some(papers, np.arange(len(subject)) != 2)
    about = np.delete(subject, 2)
    scores = make_ranker().fit(_some(papers, one), np.array([1])).scores(rest)
    require(_before(scores, about == 2, about != 2) >= recall, "one like must suffice")
    scores = make_ranker().fit(_some(papers, one), np.array([-1])).scores(rest)
    require(_before(scores, about != 2, about == 2) >= recall, "one dislike must suffice")
    both = make_ranker().fit(_some(papers, np.array([2, 2])), np.array([1, -1])).scores(rest)
    _check_scores(both, len(about))
    nothing = Texts(
        np.zeros((2, papers.vectors.shape[1]), np.float32),
        SparseRows(np.zeros(3, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), papers.terms.width),
    )
    _check_scores(make_ranker().fit(nothing, np.array([1, -1])).scores(rest), len(about))
    _check_scores(make_ranker().fit(_some(papers, one), np.array([1])).scores(nothing), 2)


def _check_halves(
    make_ranker: Callable[[], Ranker], judged: Texts, liked: Ids, other: Texts, about: Ids, recall: float
) -> None:
    """Papers that were not encoded yet, and a house without words."""
    for what, blind in (("vectors", _without_vectors), ("words", _without_words)):
        scores = make_ranker().fit(blind(judged), liked).scores(blind(other))
        require(_before(scores, about == 0, about == 1) >= recall, f"it must do without {what}")


def _check_weights(make_ranker: Callable[[], Ranker], papers: Texts, subject: Ids) -> None:
    judged, liked = _some(papers, np.array([0, 1])), np.array([1, 1])
    rest, about = _some(papers, np.arange(12, len(subject))), subject[12:]
    for heavy in (0, 1):
        weights = np.full(2, 0.05, np.float32)
        weights[heavy] = 1.0
        scores = make_ranker().fit(judged, liked, weights=weights).scores(rest)
        so = scores[about == heavy].mean() > scores[about == 1 - heavy].mean()
        require(bool(so), "what weighs more must count more")


def _check_reasons(ranker: Ranker, other: Texts, about: Ids, judged: Texts, liked: Ids) -> None:
    reasons = ranker.reasons(other, judged, most=3)
    require(len(reasons) == len(about), "there must be reasons for each paper")
    for each, topic in zip(reasons, about, strict=True):
        require(len(each.judged) <= 3 and len(each.terms) <= 3, "no more reasons than asked for")
        for kind in each:
            sizes = [abs(share) for _, share in kind]
            require(sizes == sorted(sizes, reverse=True), "reasons must stand strongest first")
        if topic > 1:
            continue
        place, share = each.judged[0]
        right = liked[place] == (1 if topic == 0 else -1) and (share > 0) == (topic == 0)
        require(bool(right), "the judged papers of its subject must be the first reason for a paper")
        column, share = each.terms[0]
        right = _WORDS * topic <= column < _WORDS * (topic + 1) and (share > 0) == (topic == 0)
        require(bool(right), "a word of its subject must be the first reason for a paper")


def _check_refusals(make_ranker: Callable[[], Ranker], ranker: Ranker, judged: Texts, liked: Ids) -> None:
    for what, wrong in malformed(judged.vectors):
        refuses(partial(make_ranker().fit, Texts(wrong, judged.terms), liked), f"fit must refuse {what}")
        refuses(partial(ranker.scores, Texts(wrong, judged.terms)), f"scores must refuse {what}")
    terms = judged.terms
    for what, rows in (
        ("terms of fewer papers", _rows(terms, np.arange(1, len(terms)))),
        ("terms that are not finite", replace(terms, data=np.where(terms.data > 0, np.nan, terms.data))),
        ("terms beyond the last", replace(terms, indices=terms.indices + terms.width)),
        ("terms of no row", replace(terms, indptr=terms.indptr[:-1])),
    ):
        refuses(partial(make_ranker().fit, Texts(judged.vectors, rows), liked), f"fit must refuse {what}")
        refuses(partial(ranker.scores, Texts(judged.vectors, rows)), f"scores must refuse {what}")
    refuses(partial(ranker.scores, Texts(judged.vectors[:, 1:], terms)), "scores must refuse another width")
    wider = Texts(judged.vectors, replace(terms, width=terms.width + 1))
    refuses(partial(ranker.scores, wider), "scores must refuse other terms")
    odd: Any
    for what, odd in (
        ("fewer judgements than papers", liked[1:]),
        ("a judgement of zero", np.zeros(len(liked), np.int64)),
        ("judgements that are no integers", liked.astype(np.float32)),
    ):
        refuses(partial(make_ranker().fit, judged, odd), f"fit must refuse {what}")
    none = _some(judged, np.arange(0))
    refuses(partial(make_ranker().fit, none, liked[:0]), "fit must refuse no judgement at all")
    for what, odd in (
        ("fewer weights than papers", np.ones(len(liked) - 1, np.float32)),
        ("a weight of zero", np.zeros(len(liked), np.float32)),
        ("a weight that is not finite", np.full(len(liked), np.nan, np.float32)),
    ):
        refuses(partial(make_ranker().fit, judged, liked, weights=odd), f"fit must refuse {what}", ShapeError)


def _before(scores: Array, first: Any, then: Any) -> float:
    """The share of pairs of a paper of the first kind and one of the other that stand in this order."""
    return float(np.mean(scores[first][:, None] > scores[then][None]))


def _some(papers: Texts, which: Any) -> Texts:
    places = np.flatnonzero(which) if which.dtype == bool else which
    return Texts(papers.vectors[places], _rows(papers.terms, places))


def _rows(rows: SparseRows, which: Ids) -> SparseRows:
    parts = [np.arange(rows.indptr[i], rows.indptr[i + 1]) for i in which]
    places = np.concatenate([*parts, np.zeros(0, np.int64)])
    indptr = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    return SparseRows(indptr, rows.indices[places], rows.data[places], rows.width)


def _without_vectors(papers: Texts) -> Texts:
    return Texts(np.zeros_like(papers.vectors), papers.terms)


def _without_words(papers: Texts) -> Texts:
    return Texts(papers.vectors, _empty(len(papers.vectors), papers.terms.width))


def _empty(rows: int, width: int) -> SparseRows:
    return SparseRows(np.zeros(rows + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), width)


def _unit(x: Any) -> Array:
    scaled: Array = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return scaled
