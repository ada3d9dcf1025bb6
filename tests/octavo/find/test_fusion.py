import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.find.fusion import reciprocal_rank

rankings = st.lists(st.lists(st.integers(0, 20), unique=True), max_size=4)


@given(rankings, st.integers(0, 100), st.data())
def test_the_sum_of_the_paper_in_fractions(rankings, k, data):
    weights = data.draw(st.lists(st.integers(0, 5), min_size=len(rankings), max_size=len(rankings)))
    exact = {
        document: sum(
            Fraction(weight, k + ranking.index(document) + 1)
            for ranking, weight in zip(rankings, weights, strict=True)
            if document in ranking
        )
        for ranking in rankings
        for document in ranking
    }
    fused = reciprocal_rank(rankings, k=k, weights=weights)
    assert dict(fused) == {document: pytest.approx(float(score)) for document, score in exact.items()}
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


@given(rankings)
def test_the_order_of_the_rankings_does_not_matter(rankings):
    assert reciprocal_rank(rankings) == reciprocal_rank(rankings[::-1])


@given(st.lists(st.integers(0, 20), unique=True))
def test_one_ranking_stays_as_it_is(ranking):
    assert [document for document, _ in reciprocal_rank([ranking])] == ranking
    assert [document for document, _ in reciprocal_rank([ranking, ranking, []])] == ranking


def test_equal_scores_stand_by_document():
    assert [document for document, _ in reciprocal_rank([[9, 2], [2, 9], [5]])] == [2, 9, 5]


def test_a_repeated_document_counts_once():
    assert reciprocal_rank([[7, 7, 3]], k=0) == [(7, 1.0), (3, 0.5)]


def test_a_weight_of_nothing_leaves_the_documents_in():
    assert reciprocal_rank([[1], [2]], weights=[1, 0], k=0) == [(1, 1.0), (2, 0.0)]


def test_nothing_to_fuse():
    assert reciprocal_rank([]) == []
    assert reciprocal_rank([[], []]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": -1}, "k must be a finite number of at least 0, got -1"),
        ({"k": math.nan}, "got nan"),
        ({"weights": [1.0]}, "one for each of 2 rankings, got 1"),
        ({"weights": [1.0, -1.0]}, "finite and not negative"),
        ({"weights": [1.0, math.inf]}, "finite and not negative"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        reciprocal_rank([[1], [2]], **options)
