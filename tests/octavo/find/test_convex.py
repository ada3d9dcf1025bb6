import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.find.convex import convex, normalised

scorings = st.lists(st.dictionaries(st.integers(0, 12), st.integers(-50, 50), max_size=8), max_size=4)


@given(scorings, st.data())
def test_the_sum_of_the_paper_in_fractions(scorings, data):
    weights = data.draw(st.lists(st.integers(1, 5), min_size=len(scorings), max_size=len(scorings)))
    exact = {}
    for scoring, weight in zip(scorings, weights, strict=True):
        for document, score in scoring.items():
            low, high = min(scoring.values()), max(scoring.values())
            unit = Fraction(score - low, high - low) if high > low else Fraction(0)
            exact[document] = exact.get(document, 0) + Fraction(weight, sum(weights)) * unit
    fused = convex(scorings, weights=weights)
    assert dict(fused) == {document: pytest.approx(float(score)) for document, score in exact.items()}
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)
    assert all(0 <= score <= 1 + 1e-12 for _, score in fused)


@given(scorings)
def test_the_order_of_the_scorings_does_not_matter(scorings):
    assert convex(scorings) == convex(scorings[::-1])


@given(scorings, st.integers(-9, 9), st.sampled_from([0.25, 2.0, 64.0]))
def test_moving_and_stretching_a_scoring_changes_nothing(scorings, by, times):
    other = [{document: times * (score + by) for document, score in scoring.items()} for scoring in scorings]
    assert dict(convex(other)) == pytest.approx(dict(convex(scorings)))


def test_a_scoring_without_an_opinion_adds_nothing():
    assert convex([{1: 5.0, 2: 3.0}, {1: 4.0, 2: 4.0, 3: 4.0}]) == [(1, 0.5), (2, 0.0), (3, 0.0)]


def test_how_much_better_counts_and_not_how_many_places():
    near, far = {1: 1.0, 2: 0.99, 3: 0.0}, {2: 1.0, 1: 0.1, 3: 0.0}
    assert [document for document, _ in convex([near, far])] == [2, 1, 3]


def test_the_widest_scores_there_are():
    largest = float.fromhex("0x1.fffffffffffffp+1023")
    assert normalised({1: -largest, 2: 0.0, 3: largest}) == {1: 0.0, 2: 0.5, 3: 1.0}


def test_nothing_to_combine():
    assert convex([]) == []
    assert convex([{}, {}]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1.0]}, "one for each of 2 scorings, got 1"),
        ({"weights": [1.0, -1.0]}, "finite and not negative"),
        ({"weights": [0.0, 0.0]}, "not all be 0"),
        ({"weights": [math.nan, 1.0]}, "finite and not negative"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        convex([{1: 1.0}, {2: 1.0}], **options)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_what_is_no_score_is_refused(score):
    with pytest.raises(ValueError, match=r"scores must be finite, got .* for document 2"):
        convex([{1: 1.0, 2: score}])
