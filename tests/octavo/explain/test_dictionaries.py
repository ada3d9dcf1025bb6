"""Both sparse autoencoders: their codes by hand, what the mathematics promises, a planted dictionary."""

import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.codes import Adam, Codes, explained
from octavo.explain.matching_pursuit import MatchingPursuit, pursue
from octavo.explain.top_k import TopKAutoencoder
from octavo.testing import check_transform

RNG = np.random.default_rng(0)
KINDS = (TopKAutoencoder, MatchingPursuit)


def planted(n=1500, dim=16, latents=24, active=2, seed=0):
    """Vectors that are sums of two of 24 directions."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((latents, dim))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    z = np.zeros((n, latents))
    for row in z:
        row[rng.choice(latents, active, replace=False)] = rng.uniform(1, 2, active)
    return (z @ truth).astype(np.float32), truth


X, TRUTH = planted()


def test_pursuit_by_hand():
    dictionary = RNG.standard_normal((7, 4))
    dictionary = (dictionary / np.linalg.norm(dictionary, axis=1, keepdims=True)).astype(np.float32)
    x = RNG.standard_normal((5, 4)).astype(np.float32)
    codes, residual = pursue(x, dictionary, 3)
    for i, vector in enumerate(x):
        left = vector.copy()
        for step in range(3):
            products = [float(d @ left) for d in dictionary]
            best = max(range(7), key=lambda j: products[j])
            amount = max(products[best], 0.0)
            left = left - amount * dictionary[best]
            assert codes.places[i, step] == best
            assert codes.amounts[i, step] == pytest.approx(amount, abs=1e-5)
        assert residual[i] == pytest.approx(left, abs=1e-5)


def test_top_k_by_hand():
    model = TopKAutoencoder(8, 2, epochs=2).fit(X)
    codes = model.encode(X[:20])
    for i, vector in enumerate(X[:20]):
        activations = [float(row @ (vector - model.centre_)) for row in model.encoder_]
        best = sorted(range(8), key=lambda j: -activations[j])[:2]
        assert codes.places[i].tolist() == best
        assert codes.amounts[i] == pytest.approx([max(activations[j], 0) for j in best], abs=1e-4)
    made = sum(codes.amounts[0, s] * model.dictionary_[codes.places[0, s]] for s in range(2)) + model.centre_
    assert model.decode(codes)[0] == pytest.approx(made, abs=1e-5)


def test_the_residual_never_grows_and_is_right_angled_to_the_last_direction():
    dictionary = MatchingPursuit(24, 3, epochs=3).fit(X).dictionary_
    before = np.linalg.norm(X, axis=1)
    for steps in range(1, 8):
        codes, residual = pursue(X, dictionary, steps)
        after = np.linalg.norm(residual, axis=1)
        assert (after <= before + 1e-5).all()
        chosen = codes.amounts[:, -1] > 0
        assert np.abs((dictionary[codes.places[:, -1]] * residual).sum(axis=1))[chosen].max() < 1e-4
        before = after


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_dictionary_is_found_again(kind):
    model = kind(32, 2, epochs=60, rate=1e-2).fit(X)
    likeness = (TRUTH @ model.dictionary_.T).max(axis=1)
    assert np.mean(likeness > 0.9) > 0.6
    assert explained(X, model.decode(model.encode(X))) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind):
    x = X[:30].astype(np.float64)
    dictionary = RNG.standard_normal((6, 16))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    z = RNG.uniform(0, 1, (30, 6)) * (RNG.uniform(size=(30, 6)) < 0.4)
    gradient = (2 / 30) * z.T @ (z @ dictionary - x)
    for j, d in ((0, 0), (3, 7)):
        moved = [dictionary.copy(), dictionary.copy()]
        moved[0][j, d] += 1e-5
        moved[1][j, d] -= 1e-5
        losses = [((z @ m - x) ** 2).sum() / 30 for m in moved]
        assert gradient[j, d] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4)


def test_top_ks_own_gradients_are_those_of_finite_differences():
    model = TopKAutoencoder(6, 2)
    encoder, dictionary = (RNG.standard_normal((6, 16)).astype(np.float64) for _ in range(2))
    x = X[:30].astype(np.float64)

    def codes_of(e):
        a = x @ e.T
        kept = np.argsort(-a, axis=1)[:, :2]
        return Codes(kept, np.maximum(np.take_along_axis(a, kept, axis=1), 0))

    def loss(e):
        return ((codes_of(e).dense(6).astype(np.float64) @ dictionary - x) ** 2).sum() / 30

    found = model._gradients(dictionary, x, codes_of(encoder))["encoder"]
    for j, d in ((1, 2), (4, 9)):
        up, down = encoder.copy(), encoder.copy()
        up[j, d] += 1e-3
        down[j, d] -= 1e-3
        assert found[j, d] == pytest.approx((loss(up) - loss(down)) / 2e-3, rel=0.05, abs=1e-3)


def test_more_steps_of_one_dictionary_explain_more():
    model = MatchingPursuit(48, 4, epochs=10).fit(X)
    shares = [explained(X, model.decode(model.encode(X, k))) for k in (1, 2, 4, 8, 16)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("kind", KINDS)
def test_they_keep_to_the_contract_of_a_transform(kind):
    check_transform(lambda: kind(64, 6, epochs=20), recall=0.8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_and_another_another(kind):
    one, two, other = (kind(12, 2, epochs=2, seed=seed).fit(X).dictionary_ for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_learned_from_is_refused(kind):
    with pytest.raises(ShapeError, match="x must vary"):
        kind(4, 2).fit(np.ones((9, 3), np.float32))
    with pytest.raises(ShapeError, match="x must have at least 2 rows"):
        kind(4, 2).fit(X[:1])
    for wanting in (
        lambda m: m.save(None),
        lambda m: m.decode(Codes(np.zeros((1, 1), int), np.zeros((1, 1)))),
    ):
        with pytest.raises(NotFittedError):
            wanting(kind(4, 2))
    with pytest.raises(ValueError, match=r"k must be|at least 1"):
        kind(4, 0)


def test_adam_walks_down_a_bowl():
    at = {"x": np.full((3, 2), 5, np.float32)}
    adam = Adam(at, 0.1)
    for _ in range(400):
        adam.step({"x": 2 * at["x"]})
    assert np.abs(at["x"]).max() < 0.05


def test_dense_codes_count_what_came_twice():
    codes = Codes(np.array([[1, 1, 0]]), np.array([[1.0, 2.0, 0.5]], np.float32))
    assert codes.dense(3).tolist() == [[0.5, 3.0, 0.0]]


def test_explained_is_one_for_all_and_none_for_the_mean():
    assert explained(X, X) == 1
    assert explained(X, np.broadcast_to(X.mean(axis=0), X.shape)) == pytest.approx(0, abs=1e-6)
