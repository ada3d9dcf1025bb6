"""A taste keeps the contract, and is the ridge regression."""

import numpy as np
import pytest

from octavo.rank.sparse import dense, some
from octavo.rank.taste import Taste
from octavo.testing import check_ranker, planted_texts


def test_it_keeps_the_contract():
    check_ranker(Taste)


def test_it_is_weighted_ridge_regression():
    papers, _ = planted_texts(seed=3)
    judged, behind = some(papers, np.arange(9)), some(papers, np.arange(20, 30))
    liked, weights = np.array([1, -1, 1, 1, -1, 1, 1, 1, -1]), np.linspace(0.5, 2, 9).astype(np.float32)
    count = weights.astype(float)
    for sign in (1, -1):
        count[liked == sign] *= weights.sum() / 2 / weights[liked == sign].sum()
    count = np.append(count, np.full(10, (weights * liked).sum() / 10))
    x = np.concatenate(
        [np.concatenate([dense(each.terms), each.vectors], axis=1) for each in (judged, behind)]
    )
    x = np.concatenate([x, np.ones((19, 1))], axis=1)
    y = np.append(liked, np.zeros(10))
    w = np.linalg.solve(x.T @ (count[:, None] * x) + 0.7 * np.eye(x.shape[1]), x.T @ (count * y))
    everything = np.concatenate([dense(papers.terms), papers.vectors, np.ones((240, 1))], axis=1)
    found = (
        Taste(background=behind, regularisation=0.7, vectors=1.0, against=1.0)
        .fit(judged, liked, weights=weights)
        .scores(papers)
    )
    np.testing.assert_allclose(found, everything @ w, atol=1e-3)


def test_reasons_add_up_to_the_score():
    papers, _ = planted_texts(seed=1)
    judged = some(papers, np.arange(6))
    ranker = Taste().fit(judged, np.array([1, -1, 1, 1, -1, 1]))
    base = float(ranker.scores(some(papers, np.array([0])))[0])
    base -= sum(share for _, share in ranker.reasons(some(papers, np.array([0])), judged, most=6)[0].judged)
    for each, score in zip(ranker.reasons(papers, judged, most=6), ranker.scores(papers), strict=True):
        assert base + sum(share for _, share in each.judged) == pytest.approx(score, abs=1e-5)


def test_a_background_keeps_the_contract_too():
    behind, _ = planted_texts(seed=9, each=8)
    check_ranker(lambda: Taste(background=behind))
