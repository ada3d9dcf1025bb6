import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, ShapeError
from octavo.tag.nearest_mean import NearestMean
from octavo.testing import check_tagger


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    return rng.standard_normal((12, 4)).astype(np.float32), np.arange(12) % 3


def test_it_keeps_the_contract():
    check_tagger(NearestMean)


def test_a_mean_is_the_mean(rows):
    x, labels = rows
    tagger = NearestMean().fit(x, labels)
    for label in range(3):
        total = np.zeros(4)
        examples = [row for row, own in zip(x, labels, strict=True) if own == label]
        for row in examples:
            total += row / np.sqrt(sum(value * value for value in row))
        np.testing.assert_allclose(tagger.means_[label], total / len(examples), rtol=1e-5)
        wanted = [(row @ total) / np.sqrt((row @ row) * (total @ total)) for row in x]
        np.testing.assert_allclose(tagger.scores(x)[:, label], wanted, rtol=1e-4, atol=1e-6)


@settings(max_examples=30)
@given(order=st.permutations(range(3)), cut=st.integers(0, 12))
def test_the_order_means_nothing_and_what_is_taken_away_leaves_no_trace(order, cut):
    rng = np.random.default_rng(2)
    x, labels = rng.standard_normal((12, 4)).astype(np.float32), np.arange(12) % 3
    whole = NearestMean().fit(x, labels)
    place = {label: number for number, label in enumerate(order)}
    own = np.array([place[label] for label in labels])
    grown = NearestMean().fit(x[own == 0], own[own == 0])
    for label in (1, 2):
        grown.update(x[own == label], own[own == label])
    np.testing.assert_allclose(grown.sums_, whole.sums_[list(order)], atol=1e-5)
    grown.update(x[:cut], own[:cut]).update(x[:cut], own[:cut], weights=-np.ones(cut))
    np.testing.assert_allclose(grown.sums_, whole.sums_[list(order)], atol=1e-5)


def test_rows_without_a_label_are_left_alone(rows):
    x, labels = rows
    some = NearestMean().fit(x, np.where(np.arange(12) < 6, labels, -1))
    np.testing.assert_array_equal(some.sums_, NearestMean().fit(x[:6], labels[:6]).sums_)


def test_a_label_without_examples_left_fits_nothing(rows):
    x, labels = rows
    tagger = NearestMean().fit(x, labels)
    tagger.update(x[labels == 0], labels[labels == 0], weights=-np.ones(4))
    assert (tagger.scores(x)[:, 0] == 0).all()


def test_weights_count(rows):
    x, labels = rows
    twice = NearestMean().fit(np.concatenate([x, x[:1]]), np.append(labels, labels[0]))
    weights = np.ones(12)
    weights[0] = 2
    np.testing.assert_allclose(NearestMean().fit(x, labels, weights).sums_, twice.sums_, rtol=1e-6)


def test_what_is_wrong_is_said(rows):
    x, labels = rows
    with pytest.raises(NotFittedError, match="call fit first"):
        NearestMean().update(x, labels)
    tagger = NearestMean().fit(x, labels)
    with pytest.raises(ShapeError, match=r"go on from 3 without a gap, got \[4\]"):
        tagger.update(x[:1], np.array([4]))
    with pytest.raises(ShapeError, match=r"weights must be \(12,\)"):
        NearestMean().fit(x, labels, np.ones(3))
