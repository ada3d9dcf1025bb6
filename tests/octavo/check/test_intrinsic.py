"""Intrinsic dimension of sheets whose dimension is known, label sharpness of labels whose distance is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.intrinsic import dimension, sharpness, two_nearest
from octavo.exceptions import ShapeError
from octavo.testing import check_measure


def sheet(dims, rows=2000, seed=0):
    """A flat square of so many dimensions, turned somehow in twenty."""
    rng = np.random.default_rng(seed)
    return (rng.random((rows, dims)) @ np.linalg.qr(rng.standard_normal((20, dims)))[0].T).astype(np.float32)


@pytest.mark.parametrize("dims", [1, 2, 4])
def test_the_dimension_of_a_sheet_is_found(dims):
    assert dimension(sheet(dims)) == pytest.approx(dims, rel=0.12)
    assert two_nearest(sheet(dims)) == pytest.approx(dims, rel=0.12)


def test_it_is_the_equation():
    x = sheet(3, rows=30)
    inverse, ratios = [], 0.0
    for i, row in enumerate(x.tolist()):
        near = sorted(math.dist(row, other) for j, other in enumerate(x.tolist()) if j != i)[:5]
        inverse.append(sum(math.log(near[-1] / t) for t in near[:-1]) / 4)
        ratios += math.log(near[1] / near[0])
    assert dimension(x, k=5) == pytest.approx(30 / sum(inverse), rel=1e-4)
    assert two_nearest(x) == pytest.approx(30 / ratios, rel=1e-4)


@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_turning_stretching_and_doubling_change_nothing(seed, stretch):
    x = sheet(3, rows=60)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((20, 20)))[0]
    moved = (stretch * x @ turn).astype(np.float32)
    for measure in (lambda z: dimension(z, k=5), two_nearest):
        assert measure(moved) == pytest.approx(measure(x), rel=1e-2)
        assert measure(np.concatenate([x, x])) == measure(x)


def test_it_keeps_the_promises_of_a_measure():
    # On a line with steps of one, the two nearest are as near: there is no direction to tell.
    x = sheet(2, rows=400)
    check_measure(two_nearest, [x], two_nearest(x), unchanged_by=[lambda z: 3 * z], tolerance=1e-2)


def test_labels_that_change_over_a_short_way_are_sharp():
    x = np.array([[0.0], [1.0], [1.25], [5.0]], np.float32)
    labels = np.array([0, 0, 1, 1])
    assert sharpness(x, labels) == pytest.approx(1 / 0.25)
    # of the six pairs, four differ: the median over all is that of 0, 0, .2, .25, .8, 4
    drawn = sharpness(x, labels, quantile=0.999, pairs=50_000)
    assert drawn == pytest.approx(4)
    assert sharpness(x, labels, quantile=0.2) == 0
    assert sharpness(x, np.zeros(4, np.int64)) == 0


def test_of_the_same_label_however_near_nothing_is_sharp():
    x = np.array([[0.0], [1e-3], [10.0]], np.float32)
    assert sharpness(x, np.array([1, 1, 0])) == pytest.approx(1 / (10 - 1e-3), rel=1e-4)


@given(st.floats(0.1, 10))
def test_stretched_labels_are_less_sharp(stretch):
    x, labels = sheet(2, rows=50), np.arange(50) % 3
    assert sharpness(x * np.float32(stretch), labels, pairs=500) == pytest.approx(
        sharpness(x, labels, pairs=500) / stretch, rel=1e-3
    )


def test_what_tells_no_dimension_is_refused():
    x = sheet(2, rows=30)
    with pytest.raises(ShapeError, match="x must have more than 20 rows that differ, got 20"):
        dimension(x[:20])
    with pytest.raises(ShapeError, match="x must have more than 2 rows that differ, got 1"):
        two_nearest(np.ones((30, 4), np.float32))
    with pytest.raises(ValueError, match="k must be at least 2"):
        dimension(x, k=1)
    with pytest.raises(ShapeError, match="vectors that differ"):
        sharpness(np.ones((30, 4), np.float32), np.arange(30))
    with pytest.raises(ShapeError, match=r"labels must have the shape \(30,\)"):
        sharpness(x, np.arange(3))
    for given_ in ({"pairs": 0}, {"quantile": 1.1}):
        with pytest.raises(ValueError, match="must be"):
            sharpness(x, np.arange(30), **given_)
