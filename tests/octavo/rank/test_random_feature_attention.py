"""One layer of attention with drawn weights: its design in plain loops, and what it can and cannot learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, ShapeError
from octavo.rank.random_feature_attention import RandomFeatureAttention


def planted(count, seed, keys=6, dim=5):
    """Queries with sets, and how much of the set points where the query does: the mean of the positive cosines."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, dim))
    sets = [rng.standard_normal((rng.integers(1, keys + 1), dim)) for _ in range(count)]
    y = [
        np.mean([max(0.0, query @ key / np.linalg.norm(query) / np.linalg.norm(key)) for key in own])
        for query, own in zip(x, sets, strict=True)
    ]
    return x, sets, np.array(y)


@pytest.mark.parametrize("readout", ["whole", "constant"])
def test_the_design_in_plain_loops(readout):
    x, sets, y = planted(3, 0)
    model = RandomFeatureAttention(4, readout=readout, seed=1).fit(x, sets, y)
    design = model._design(x.astype("f4"), sets)
    for row, query, own in zip(design, x, sets, strict=True):
        q = np.append(query / np.linalg.norm(query), 1)
        by_hand = []
        for inside in model._inside:
            summed = np.zeros(6)
            for key in own:
                k = np.append(key / np.linalg.norm(key), 1)
                summed += max(0.0, q @ inside @ k) * k / len(own)
            by_hand.extend(summed if readout == "whole" else summed[-1:])
        np.testing.assert_allclose(row, by_hand, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("readout", ["whole", "constant"])
def test_how_alike_a_query_and_its_set_are_is_learned(readout):
    model = RandomFeatureAttention(100, readout=readout, strength=0.01).fit(*planted(900, 0))
    x, sets, y = planted(200, 1)
    error = np.mean((model.predict(x, sets) - y) ** 2) / y.var()
    assert error < 0.1


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_keys_have_no_order_and_may_be_doubled(chance):
    x, sets, y = planted(20, 2)
    model = RandomFeatureAttention(8).fit(x, sets, y)
    turned = [own[chance.sample(range(len(own)), len(own))] for own in sets]
    doubled = [np.concatenate([own, own]) for own in sets]
    for other in (turned, doubled):
        np.testing.assert_allclose(model.predict(x, other), model.predict(x, sets), atol=1e-4)


def test_a_strong_ridge_tells_the_mean_and_a_fit_forgets_the_last():
    x, sets, y = planted(30, 3)
    strict = RandomFeatureAttention(8, strength=1e9).fit(x, sets, y)
    np.testing.assert_allclose(strict.predict(x, sets), y.mean(), atol=1e-4)
    again = RandomFeatureAttention(8).fit(x[:, :3], [own[:, :3] for own in sets], y).fit(x, sets, y)
    fresh = RandomFeatureAttention(8).fit(x, sets, y)
    np.testing.assert_array_equal(again.predict(x, sets), fresh.predict(x, sets))
    assert fresh.predict(x[:0], []).shape == (0,)


def test_what_cannot_be_used_is_refused():
    x, sets, y = planted(6, 4)
    model = RandomFeatureAttention(4)
    with pytest.raises(NotFittedError):
        model.predict(x, sets)
    for wrong in ((x[:0], [], []), (x, sets, y[:5]), (x, sets, np.full(6, np.nan)), (x, sets[:5], y)):
        with pytest.raises(ShapeError):
            model.fit(*wrong)
    with pytest.raises(ShapeError, match="keys must have at least 1"):
        model.fit(x, [*sets[:5], np.empty((0, 5))], y)
    with pytest.raises(ShapeError, match="keys must have the shape"):
        model.fit(x, [*sets[:5], np.ones((2, 4))], y)
    with pytest.raises(ShapeError, match="queries must be finite"):
        model.fit(np.full_like(x, np.inf), sets, y)
    model.fit(x, sets, y)
    with pytest.raises(ShapeError, match="queries must have the shape"):
        model.predict(x[:, 1:], sets)
    for settings_ in ({"features": 0}, {"strength": 0.0}, {"readout": "half"}):
        with pytest.raises(ValueError, match="want at least one feature"):
            RandomFeatureAttention(**settings_)
