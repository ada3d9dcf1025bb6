import numpy as np
import pytest
from sklearn.linear_model import Ridge

from octavo.check.feature_complexity import feature_complexity, readability
from octavo.exceptions import ShapeError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((600, 5)).astype(np.float32)
HIDDEN = np.maximum(X @ RNG.standard_normal((5, 40)).astype(np.float32), 0)
SIMPLE = X[:, :1] + X[:, 1:2]
HARD = X[:, :1] * X[:, 1:2]


def by_hand(layer, z):
    parts, total = 0.0, 0.0
    for at in (0, 1):
        learn, ask = layer[at::2], layer[1 - at :: 2]
        scale = learn.std(axis=0)
        scale[scale == 0] = 1
        model = Ridge(alpha=1.0).fit((learn - learn.mean(axis=0)) / scale, z[at::2])
        made = model.predict((ask - learn.mean(axis=0)) / scale)
        parts += ((z[1 - at :: 2] - made) ** 2).sum()
        total += ((z[1 - at :: 2] - z[1 - at :: 2].mean()) ** 2).sum()
    return max(0.0, 1 - parts / total)


def test_it_is_one_minus_the_mean_of_what_ridge_regressions_explain():
    for z in (SIMPLE, HARD):
        expected = 1 - (by_hand(X, z[:, 0]) + by_hand(HIDDEN, z[:, 0])) / 2
        assert feature_complexity([X, HIDDEN], z)[0] == pytest.approx(expected, abs=1e-3)


def test_what_is_in_the_input_is_simple_and_what_is_made_late_is_complex():
    simple, hard, noise = feature_complexity(
        [X, HIDDEN], np.concatenate([SIMPLE, HARD, RNG.standard_normal((600, 1))], axis=1).astype(np.float32)
    )
    assert simple < 0.01
    assert 0.3 < hard < 0.8
    assert noise == pytest.approx(1, abs=0.02)


def test_scale_and_turn_of_a_feature_or_layer_do_not_matter():
    plain = feature_complexity([X, HIDDEN], HARD)
    assert feature_complexity([X * 50, HIDDEN], HARD * -3 + 7) == pytest.approx(plain, abs=1e-3)
    assert (readability(X, SIMPLE.astype(float)) <= 1).all()


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ShapeError, match="layers must be at least one"):
        feature_complexity([], HARD)
    with pytest.raises(ShapeError, match=r"layers\[1\] must have the shape \(600, D\), got \(599, 5\)"):
        feature_complexity([X, X[1:]], HARD)
    with pytest.raises(ShapeError, match="same number everywhere in column 1"):
        feature_complexity([X], np.concatenate([HARD, np.ones_like(HARD)], axis=1))
    with pytest.raises(ShapeError, match="features must have at least 4 rows"):
        feature_complexity([X[:3]], HARD[:3])
