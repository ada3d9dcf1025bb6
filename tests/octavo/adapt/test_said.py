"""A personal model: Fastfood against the matrices it stands for, and a reader who is kept and restored."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.adapt.said import Fastfood, Said, hadamard
from octavo.adapt.taste import adapt, judged
from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.newcomers import Scalar
from octavo.moving import flat, parts, values_of


def test_hadamard_is_its_matrix():
    matrix = torch.ones(1, 1)
    for _ in range(4):
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    x = torch.randn(3, 16)
    torch.testing.assert_close(hadamard(x), x @ matrix.T)
    with pytest.raises(ShapeError, match="power of two wide, got 12"):
        hadamard(torch.ones(12))


def test_fastfood_is_the_product_of_its_matrices():
    fast, point = Fastfood(5, 19, seed=3), torch.randn(5)
    h = hadamard(torch.eye(8))
    made = []
    for block in range(3):
        b, g = torch.diag(fast.signs[block]), torch.diag(fast.normal[block])
        order = torch.eye(8)[fast.order[block]]
        made.append(h @ g @ order @ h @ b @ torch.nn.functional.pad(point, (0, 3)))
    torch.testing.assert_close(fast(point), torch.cat(made)[:19] / (8 * 5) ** 0.5, rtol=1e-4, atol=1e-5)


def test_its_numbers_are_as_those_of_a_dense_projection():
    """Of a point of length √d the projection has numbers of mean 0 and variance 1."""
    fast = Fastfood(200, 60_000)
    point = torch.randn(200)
    made = fast(point / point.norm() * 200**0.5)
    assert abs(float(made.mean())) < 0.03
    assert float(made.std()) == pytest.approx(1, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 90), st.floats(-3, 3), st.floats(-3, 3))
def test_it_is_linear(dim, size, a, b):
    fast, one, other = Fastfood(dim, size), torch.randn(dim), torch.randn(dim)
    torch.testing.assert_close(
        fast(a * one + b * other), a * fast(one) + b * fast(other), rtol=1e-3, atol=1e-3
    )


@pytest.fixture
def taste():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 10)).astype(np.float32)
    return x, np.where(x[:, 0] > x[:, 1], 1, -1)


def test_a_taste_is_learned_in_few_numbers_and_everybody_stays_as_they_are(taste):
    x, liked = taste
    network = Scalar(10, 16)
    before = values_of(network)
    model = Said(network, 40)
    np.testing.assert_allclose(model.scores(x), network(torch.from_numpy(x)).detach(), rtol=1e-5)
    model.fit(x[:60], liked[:60])
    assert ((model.scores(x[60:]) > 0) == (liked[60:] > 0)).mean() > 0.75
    assert model.numbers.shape == (40 + 4,)
    assert all(torch.equal(before[name], value) for name, value in network.named_parameters())


def test_a_reader_is_kept_as_numbers_and_comes_back(taste):
    x, liked = taste
    network = Scalar(10, 16)
    model = Said(network, 24, steps=20).fit(x, liked)
    other = Said(network, 24).restore(model.numbers)
    np.testing.assert_array_equal(other.scores(x), model.scores(x))
    np.testing.assert_array_equal(model.fit(x, -liked).fit(x, liked).numbers, other.numbers)
    assert not np.array_equal(Said(network, 24, seed=1).restore(model.numbers).scores(x), model.scores(x))


def test_one_paper_one_kind_and_loyalty(taste):
    x, _ = taste
    network = Scalar(10, 16)
    start = Said(network, 24).scores(x[:1])[0]
    one = Said(network, 24, steps=20).fit(x[:1], [1]).scores(x[:1])[0]
    none = Said(network, 24, steps=20).fit(x[:3], [-1, -1, -1]).scores(x[:1])[0]
    loyal = Said(network, 24, steps=20, loyalty=10.0).fit(x[:1], [1]).scores(x[:1])[0]
    assert none < start < loyal < one


def test_likes_weigh_as_much_as_the_rest_together():
    bias = torch.nn.Linear(1, 1)
    module = torch.nn.Sequential(bias, torch.nn.Flatten(0))
    x = np.zeros((10, 1), np.float32)
    papers, wanted = judged(x, [1] + [-1] * 9)
    adapt(module, papers, wanted, steps=300, rate=0.05)
    assert abs(float(bias.bias.detach())) < 0.01


def test_a_row_becomes_parameters_and_back():
    values = values_of(Scalar(3, 2))
    row = flat(values)
    again = parts(row, values)
    assert all(torch.equal(again[name], value) for name, value in values.items())
    with pytest.raises(ShapeError, match=r"\(11,\), got \(10,\)"):
        parts(row[1:], values)


@pytest.mark.parametrize(
    ("x", "liked", "complaint"),
    [
        (np.zeros((0, 3), np.float32), [], "at least 1 rows"),
        (np.full((2, 3), np.nan, np.float32), [1, -1], "finite"),
        (np.ones((2, 3), int), [1, -1], "floating-point"),
        (np.ones((2, 3), np.float32), [1], r"liked must be \(2,\)"),
        (np.ones((2, 3), np.float32), [1, 0], r"of \+1 and -1"),
        (np.ones((2, 3), np.float32), [1, np.nan], r"of \+1 and -1"),
    ],
)
def test_what_is_no_taste_is_refused(x, liked, complaint):
    with pytest.raises(ShapeError, match=complaint):
        Said(Scalar(3, 2), 4).fit(x, liked)


def test_what_has_no_sense_is_refused():
    model = Said(Scalar(3, 2), 4)
    with pytest.raises(NotFittedError, match="fit or restore"):
        _ = model.numbers
    with pytest.raises(ShapeError, match=r"numbers must have the shape \(N, 8\)"):
        model.restore(np.zeros(5, np.float32))
    with pytest.raises(ValueError, match="dim and steps"):
        Said(Scalar(3, 2), 0)
    with pytest.raises(ValueError, match="dim and size"):
        Fastfood(0, 3)
