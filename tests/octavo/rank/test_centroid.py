"""The plain profile keeps the contract, and is the formula."""

import numpy as np
import pytest

from octavo.rank.centroid import Centroid
from octavo.rank.sparse import dense, some
from octavo.testing import check_ranker, planted_texts


def test_it_keeps_the_contract():
    check_ranker(Centroid)


def test_it_is_rocchios_formula():
    papers, _ = planted_texts(seed=3)
    judged, liked = some(papers, np.arange(9)), np.array([1, -1, 1, 1, -1, 1, 1, 1, -1])
    weights = np.linspace(0.5, 2, 9).astype(np.float32)
    wanted = 0
    for x, all_of_them in ((dense(judged.terms), dense(papers.terms)), (judged.vectors, papers.vectors)):
        profile = 0
        for sign, worth in ((1, 1.0), (-1, -0.5)):
            whole = sum(w for w, so in zip(weights, liked, strict=True) if so == sign)
            profile = profile + sum(
                worth * w * row / whole for w, so, row in zip(weights, liked, x, strict=True) if so == sign
            )
        wanted = wanted + all_of_them @ profile / np.linalg.norm(profile)
    found = Centroid().fit(judged, liked, weights=weights).scores(papers)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_reasons_add_up_to_the_score():
    papers, _ = planted_texts(seed=1)
    judged = some(papers, np.arange(6))
    ranker = Centroid().fit(judged, np.array([1, -1, 1, 1, -1, 1]))
    for each, score in zip(ranker.reasons(papers, judged, most=6), ranker.scores(papers), strict=True):
        assert sum(share for _, share in each.judged) == pytest.approx(score, abs=1e-5)
