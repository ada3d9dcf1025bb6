"""Others' formulas in plain loops, and a page that is not one paper twenty times."""

import math

import numpy as np
import pytest

from octavo.exceptions import ShapeError
from octavo.rank.elsewhere import by_margin, by_naive_bayes, by_recency
from octavo.rank.slate import slate
from octavo.rank.sparse import dense, from_dense, taken
from octavo.testing import planted_texts


def test_recency_is_zotero_arxiv_dailys_formula():
    papers, _ = planted_texts(seed=2)
    library = taken(papers.terms, np.array([5, 9, 1]))
    worth = [1 / (1 + math.log10(place + 1)) for place in range(3)]
    x, had = dense(papers.terms), dense(library)
    wanted = [
        10 * sum(w / sum(worth) * float(row @ own) for w, own in zip(worth, had, strict=True)) for row in x
    ]
    np.testing.assert_allclose(by_recency(papers.terms, library), wanted, rtol=1e-4)


def test_naive_bayes_is_its_formula():
    papers, subject = planted_texts(seed=2)
    which = np.array([0, 6, 1, 2, 3])
    liked = np.where(subject[which] == 0, 1, -1)
    x = dense(papers.terms)
    odds = np.zeros(len(x))
    for side in (1, -1):
        mine = which[liked == side]
        many = sum(x[i] * (5 / 2 / len(mine)) for i in mine)
        odds += side * x @ np.log((many + 0.5) / (many.sum() + 0.5 * x.shape[1]))
    found = by_naive_bayes(papers.terms, taken(papers.terms, which), liked, smoothing=0.5)
    np.testing.assert_allclose(found, odds, atol=1e-4)


def test_the_margin_puts_a_subject_before_the_others():
    papers, subject = planted_texts()
    scores = by_margin(papers.terms, np.flatnonzero(subject == 2)[:10])
    assert scores[subject == 2].min() > scores[subject != 2].max()
    for liked in (np.zeros(0, np.int64), np.arange(len(subject))):
        with pytest.raises(ShapeError, match="not all"):
            by_margin(papers.terms, liked)


def test_no_library_is_refused():
    papers, _ = planted_texts()
    with pytest.raises(ShapeError, match="at least one"):
        by_recency(papers.terms, taken(papers.terms, np.arange(0)))


def test_a_page_without_trade_is_the_ranking():
    papers, _ = planted_texts()
    scores = np.random.default_rng(0).standard_normal(240).astype(np.float32)
    assert slate(scores, papers.terms, 20, trade=0).tolist() == np.argsort(-scores)[:20].tolist()


def test_a_page_is_maximal_marginal_relevance():
    papers, _ = planted_texts()
    scores = np.random.default_rng(0).standard_normal(240).astype(np.float32)
    x, first = dense(papers.terms), np.argsort(-scores)[:50]
    worth = (scores[first] - scores[first][-1]) / (scores[first][0] - scores[first][-1])
    chosen = []
    for _ in range(8):
        values = {
            place: 0.6 * worth[place]
            - 0.4 * max((float(x[first[place]] @ x[first[other]]) for other in chosen), default=0)
            for place in range(50)
            if place not in chosen
        }
        chosen.append(max(values, key=values.get))
    assert slate(scores, papers.terms, 8, trade=0.4, among=50).tolist() == first[chosen].tolist()


def test_what_is_no_page_is_refused():
    rows = from_dense(np.eye(3, dtype=np.float32))
    with pytest.raises(ShapeError, match="finite"):
        slate(np.array([1, np.nan, 2], np.float32), rows, 2)
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        slate(np.ones(2, np.float32), rows, 2)
    for wrong in ({"k": 0}, {"k": 300}, {"k": 2, "trade": 2.0}):
        with pytest.raises(ValueError):
            slate(np.ones(3, np.float32), rows, **wrong)
    assert slate(np.ones(3, np.float32), rows, 20).tolist() == [0, 1, 2]
    assert slate(np.zeros(0, np.float32), taken(rows, np.arange(0)), 2).tolist() == []
