"""Stationary representations: a regular simplex, the losses in plain loops, heads that can be compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from octavo.bridge.simplex import CompatibilityLoss, StationaryHead, simplex
from octavo.exceptions import NotFittedError, ShapeError


@given(st.integers(2, 200))
def test_every_corner_is_as_far_from_every_other_and_the_middle_is_nowhere(classes):
    corners = simplex(classes)
    assert corners.shape == (classes, classes - 1)
    likeness = corners @ corners.T
    np.testing.assert_allclose(np.diag(likeness), 1, atol=1e-5)
    np.testing.assert_allclose(likeness[~np.eye(classes, dtype=bool)], -1 / (classes - 1), atol=1e-4)
    np.testing.assert_allclose(corners.sum(axis=0), 0, atol=1e-4)


def test_the_loss_is_the_equation():
    rng = np.random.default_rng(0)
    f, g = ((x / np.linalg.norm(x, axis=1, keepdims=True)) for x in rng.standard_normal((2, 5, 3)))
    y = [0, 1, 1, 3, 0]
    corners = simplex(4).astype(float)
    total = 0.0
    for i in range(5):
        scores = [3 * float(corners[k] @ f[i]) for k in range(4)]
        total += 0.2 * (math.log(sum(map(math.exp, scores))) - scores[y[i]]) / 5
        others = sum(math.exp(2 * float(g[i] @ f[j])) for j in range(5) if y[j] != y[i])
        total += 0.8 * (math.log(others) - 2 * float(g[i] @ f[i])) / 5
    criterion = CompatibilityLoss(4, scale=3, weight=0.2, pull=2).double()
    loss = criterion(torch.from_numpy(f), torch.tensor(y), torch.from_numpy(g))
    assert loss.item() == pytest.approx(total, rel=1e-6)


def test_a_batch_of_one_class_has_a_finite_loss():
    f = torch.randn(4, 3, requires_grad=True)
    loss = CompatibilityLoss(4)(f, torch.zeros(4, dtype=torch.int64), torch.randn(4, 3))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(f.grad).all()


def planted(seed, turn):
    """Four classes around directions of their own, seen by an encoder of its own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(400) % 4
    x = np.eye(4)[labels] @ turn + 0.2 * rng.standard_normal((400, turn.shape[1]))
    return x.astype(np.float32), labels


def test_heads_of_unlike_encoders_can_be_compared_though_one_never_saw_the_other():
    rng = np.random.default_rng(0)
    one, labels = planted(1, rng.standard_normal((4, 10)))
    other, _ = planted(2, rng.standard_normal((4, 14)))
    first = StationaryHead(6).fit(one, labels).transform(one)
    second = StationaryHead(6, seed=5).fit(other, labels).transform(other)
    nearest = (second @ first.T).argmax(axis=1)
    assert np.mean(labels[nearest] == labels) > 0.95
    # nor does it harm to be told of the first
    third = StationaryHead(6, seed=5).fit(other, labels, first).transform(other)
    assert np.mean(labels[(third @ first.T).argmax(axis=1)] == labels) > 0.95


def test_what_cannot_be_learned_from_is_refused():
    x, labels = planted(0, np.eye(4))
    with pytest.raises(NotFittedError):
        StationaryHead(4).transform(x)
    for wrong in (labels[:-1], labels + 1, labels - 1, labels.astype(float)):
        with pytest.raises(ShapeError, match="labels must"):
            StationaryHead(4).fit(x, wrong)
    with pytest.raises(ShapeError, match=r"before must have the shape \(400, 3\), got \(400, 4\)"):
        StationaryHead(4).fit(x, labels, x)
    with pytest.raises(ShapeError, match="classes must be at least 2"):
        StationaryHead(1)
    with pytest.raises(ValueError, match="steps"):
        StationaryHead(4, steps=0)
    for broken in (x.astype(int), np.full_like(x, np.nan), x[0], x[:1]):
        with pytest.raises(ShapeError, match="x must"):
            StationaryHead(4).fit(broken, labels[: len(broken)])
    with pytest.raises(ShapeError, match=r"x must have the shape \(N, 4\)"):
        StationaryHead(4, steps=1).fit(x, labels).transform(x[:, 1:])


def test_the_same_seed_gives_the_same_head():
    x, labels = planted(0, np.eye(4))
    one, other, third = (
        StationaryHead(4, steps=3, seed=seed).fit(x, labels).transform(x) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)
