import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.find.smoothing import smoothed


def unit(seed, count, dim=5):
    x = np.random.default_rng(seed).standard_normal((count, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(0, 99), st.integers(2, 12), st.integers(1, 6), st.sampled_from([0.0, 0.4, 1.0]))
def test_every_score_is_mixed_as_the_equation_says(seed, count, neighbours, share):
    x, scores = unit(seed, count), np.random.default_rng(seed + 1).random(count)
    expected = []
    for d in range(count):
        others = sorted((e for e in range(count) if e != d), key=lambda e: -float(x[d] @ x[e]))[:neighbours]
        cosines = [max(float(x[d] @ x[e]), 0) for e in others]
        if sum(cosines):
            theirs = sum(c * scores[e] for c, e in zip(cosines, others, strict=True)) / sum(cosines)
            expected.append((1 - share) * scores[d] + share * theirs)
        else:
            expected.append(scores[d])
    found = smoothed(scores, x, neighbours=neighbours, share=share)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@given(st.integers(0, 99))
def test_scores_stay_between_the_lowest_and_the_highest(seed):
    x, scores = unit(seed, 9), np.random.default_rng(seed).random(9)
    found = smoothed(scores, x)
    assert scores.min() - 1e-6 <= found.min() <= found.max() <= scores.max() + 1e-6


@given(st.integers(0, 99), st.permutations(range(8)))
def test_the_order_of_the_candidates_does_not_matter(seed, order):
    x, scores = unit(seed, 8), np.random.default_rng(seed).random(8)
    np.testing.assert_allclose(
        smoothed(scores[list(order)], x[list(order)], neighbours=3),
        smoothed(scores, x, neighbours=3)[list(order)],
        atol=1e-6,
    )


def test_a_relevant_document_that_was_scored_low_is_lifted_by_its_own_kind():
    """Planted: ten of a kind, one of them overlooked by the scores; ten strangers, one of them overrated."""
    kind, strangers = unit(0, 10) * 0.2, unit(1, 10, dim=30)
    kind = np.concatenate([np.ones((10, 1)), kind, np.zeros((10, 24))], axis=1)
    x = np.concatenate([kind, strangers]).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    scores = np.array([0.8] * 9 + [0.4] + [0.6] + [0.3] * 9)
    found = smoothed(scores, x, neighbours=5)
    assert scores[9] < scores[10]
    assert found[9] > found[10]


def test_a_candidate_alone_and_none_keep_what_they_have():
    assert smoothed(np.array([0.5]), unit(0, 1)).tolist() == [0.5]
    assert smoothed(np.empty(0), np.empty((0, 4))).tolist() == []


def test_opposites_do_not_mix():
    x = np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32)
    assert smoothed(np.array([1.0, 0.0]), x).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("scores", "x", "message"),
    [
        (np.ones(2), unit(0, 3), "one for each of 3 candidates, got 2"),
        (np.ones((2, 1)), unit(0, 2), r"scores must have the shape \(C,\), got \(2, 1\)"),
        (np.array([1.0, np.nan]), unit(0, 2), "scores must be finite"),
        (np.array([1, 2]), unit(0, 2), "scores must hold floating-point numbers"),
        (np.ones(2), np.ones((2, 2, 2)), "candidates must have the shape"),
        (np.ones(2), np.array([[1.0, np.inf]] * 2), "candidates must be finite"),
    ],
)
def test_bad_arrays(scores, x, message):
    with pytest.raises(ShapeError, match=message):
        smoothed(scores, x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbours": 0}, "neighbours must be at least 1, got 0"),
        ({"share": 1.01}, "share must be between 0 and 1, got 1.01"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        smoothed(np.ones(2), unit(0, 2), **options)
