import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.check.significance import bootstrap
from octavo.exceptions import ShapeError


def test_the_interval_is_that_of_the_normal_theory():
    """A second derivation: the mean of many draws spreads as σ / √n."""
    x = np.random.default_rng(0).normal(0.02, 0.1, 400)
    found = bootstrap([x])
    error = x.std() / np.sqrt(len(x))
    assert found.mean == pytest.approx(x.mean())
    assert found.low == pytest.approx(x.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(x.mean() + 1.96 * error, abs=0.1 * error)


def test_in_plain_loops():
    x = np.array([0.5, -0.1, 0.2])
    rng = np.random.default_rng(7)
    means = [np.mean([x[i] for i in row]) for row in rng.integers(0, 3, (50, 3))]
    below = min(sum(m <= 0 for m in means), sum(m >= 0 for m in means)) + 1
    found = bootstrap([x], resamples=50, seed=7)
    assert found.p == pytest.approx(min(1, 2 * below / 51))
    assert (found.low, found.high) == tuple(np.quantile(means, (0.025, 0.975)))


def test_no_difference_is_not_significant_more_often_than_said():
    rng = np.random.default_rng(1)
    small = [bootstrap([rng.normal(0, 1, 40)], resamples=400).p < 0.05 for _ in range(200)]
    assert np.mean(small) < 0.11


@settings(max_examples=20)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_turning_the_sign_turns_the_interval(values):
    x = np.array(values)
    one, other = bootstrap([x], resamples=200), bootstrap([-x], resamples=200)
    assert one.mean == pytest.approx(-other.mean)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.p == pytest.approx(other.p)
    assert 0 < one.p <= 1


def test_collections_count_the_same_however_large():
    large, small = np.full(1000, 0.1), np.full(2, 0.3)
    assert bootstrap([large, small], resamples=10).mean == pytest.approx(0.2)
    assert bootstrap([large, small], resamples=10).low == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([], "at least one collection"),
        ([np.ones((2, 2))], r"groups\[0\] must have the shape \(Q,\), got \(2, 2\)"),
        ([np.ones(2), np.empty(0)], r"groups\[1\] must have the shape"),
        ([np.array([0.1, np.nan])], "must be finite"),
    ],
)
def test_bad_arrays(groups, message):
    with pytest.raises(ShapeError, match=message):
        bootstrap(groups)


def test_no_resamples():
    with pytest.raises(ValueError, match="resamples must be at least 1, got 0"):
        bootstrap([np.ones(2)], resamples=0)
