"""Off the shelf: whitened vectors spread alike in every direction, and a line tells planted classes."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.check.off_the_shelf import Whitened, linear
from octavo.exceptions import NotFittedError, ShapeError
from octavo.testing import check_transform


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_it_keeps_the_promises_of_a_transform(power):
    check_transform(lambda: Whitened(power=power))


def planted(rows=800):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, 6)) * np.array([5, 3, 1, 0.5, 0.3, 0.1]) + 2
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def test_before_it_is_scaled_every_direction_has_the_same_variance():
    x = planted()
    white = Whitened().fit(x)
    z = (x - white.mean_) @ white.directions_
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.eye(z.shape[1]), atol=1e-3)
    half = Whitened(power=0.5).fit(x)
    spread = np.var((x - half.mean_) @ half.directions_, axis=0)
    plain = Whitened(power=0).fit(x)
    np.testing.assert_allclose(spread**2, np.var((x - plain.mean_) @ plain.directions_, axis=0), rtol=1e-3)


def test_the_first_dimensions_are_those_that_vary_most():
    x = planted()
    centred = x - x.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    z = Whitened(2, power=0).fit(x).transform(x)
    plain = centred @ directions.T
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(np.abs(z), np.abs(plain), atol=1e-3)
    assert Whitened(2).fit(x).transform(x[:3]).shape == (3, 2)


@pytest.mark.parametrize("classes", [2, 4])
def test_a_line_tells_planted_classes(classes):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % classes
    x = (3 * np.eye(6)[labels] + 0.5 * rng.standard_normal((200, 6))).astype(np.float32)
    scores = linear(x[:100], labels[:100], x[100:])
    assert scores.shape == (100, classes)
    assert np.mean(scores.argmax(axis=1) == labels[100:]) > 0.95
    assert np.array_equal(scores, linear(x[:100], labels[:100], x[100:]))


def test_what_cannot_be_learned_from_is_refused():
    x = planted(10)
    with pytest.raises(NotFittedError):
        Whitened().transform(x)
    with pytest.raises(ShapeError, match="vectors that differ"):
        Whitened().fit(np.ones((5, 3), np.float32))
    with pytest.raises(ShapeError, match="labels must be of at least 2 classes, got 1"):
        linear(x, np.zeros(10, np.int64), x)
    with pytest.raises(ShapeError, match=r"asked must have the shape \(N, 6\)"):
        linear(x, np.arange(10) % 2, x[:, 1:])
    for given in ({"dims": 0}, {"power": -1.0}):
        with pytest.raises(ValueError, match="must be at least"):
            Whitened(**given)
