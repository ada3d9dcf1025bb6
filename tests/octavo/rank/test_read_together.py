"""What many readers read together: by its formula, of use, and of no use to whoever wants to know of one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import SparseRows
from octavo.rank.read_together import ReadTogether, contribution, epsilon
from octavo.rank.sparse import from_dense

N, D = 12, 4
X = np.random.default_rng(0).standard_normal((N, D)).astype(np.float32)


def loops(have, x, penalty):
    """The formula, pair by pair, in the space of all directions."""
    z = x - x.mean(axis=0)
    z = (z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float64)
    told = np.zeros((D, D))
    for row in have:
        mine = np.zeros((D, D))
        for i in np.flatnonzero(row):
            for j in np.flatnonzero(row):
                if i != j:
                    mine += np.outer(z[i], z[j])
        told += mine / max(1, np.linalg.norm(mine))
    gram = z.T @ z / len(z)
    inner = np.linalg.inv(gram + penalty * np.trace(gram) / D * np.eye(D))
    return z @ inner @ told @ inner @ z.T


def test_without_noise_it_is_its_formula():
    have = (np.random.default_rng(1).random((9, N)) < 0.4).astype(np.float32)
    model = ReadTogether(noise=0, regularisation=0.5, dim=D).fit(from_dense(have), X)
    np.testing.assert_allclose(model.scores(model.placed(X), X), loops(have, X, 0.5), rtol=1e-3, atol=1e-3)


rows = st.lists(st.integers(0, N - 1), max_size=N, unique=True)


@given(rows)
def test_no_reader_changes_more_than_one(mine):
    z = np.random.default_rng(2).standard_normal((N, D))
    assert np.linalg.norm(contribution(z[mine])) <= 1 + 1e-9
    if len(mine) < 2:
        assert not contribution(z[mine]).any()


@given(st.lists(rows, min_size=1, max_size=5), st.randoms())
def test_a_reader_more_is_told_by_one_at_most_whatever_is_learned_with_it(histories, chance):
    """Read back out of what is kept: G (B - B') G is what one reader more has changed."""
    have = np.zeros((len(histories), N), np.float32)
    for row, mine in zip(have, histories, strict=True):
        row[mine] = 1
    left = chance.randrange(len(have))
    models = [
        ReadTogether(noise=0, dim=D).fit(from_dense(some), X)
        for some in (have, np.delete(have, left, axis=0))
    ]
    z = models[0].placed(X).astype(np.float64)
    gram = z.T @ z / N
    gram += 0.3 * np.trace(gram) / D * np.eye(D)
    told = gram @ (models[0]._likeness.astype(np.float64) - models[1]._likeness) @ gram
    assert np.linalg.norm(told) <= 1 + 1e-3


def test_who_knows_everything_but_one_reader_cannot_tell_whether_that_one_is_there():
    """The best test there is (along what the reader would change), by somebody with the model and all others.

    Without noise it never fails; with it, right guesses less wrong ones stay below what theory allows.
    """
    have = (np.random.default_rng(3).random((30, N)) < 0.4).astype(np.float32)
    have[0] = 0
    have[0, [0, 1]] = 1
    z = ReadTogether(noise=0, dim=D).fit(from_dense(have), X).placed(X).astype(np.float64)
    gram = z.T @ z / N
    gram += 0.3 * np.trace(gram) / D * np.eye(D)
    mine = contribution(z[[0, 1]])
    others = sum(contribution(z[np.flatnonzero(row)]) for row in have[1:])

    def guesses(noise, histories, draws):
        rng = np.random.default_rng(4)
        told = []
        for _ in range(draws):
            model = ReadTogether(noise=noise, dim=D).fit(from_dense(histories), X, rng=rng)
            seen = gram @ model._likeness.astype(np.float64) @ gram - others
            told.append((seen * mine).sum() > (mine * mine).sum() / 2)
        return np.mean(told)

    assert guesses(0, have, 1) - guesses(0, have[1:], 1) == 1
    draws, noise = 800, 2.0
    gained = guesses(noise, have, draws) - guesses(noise, have[1:], draws)
    allowed = math.erf(np.linalg.norm(mine) / noise / 2 / math.sqrt(2))
    assert abs(gained - allowed) < 4 * math.sqrt(0.5 / draws)
    assert gained < 0.3


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0, 7.0])
def test_epsilon_is_the_privacy_of_two_normal_laws_a_step_apart(noise):
    """By summing up, on a fine grid, by how much one law exceeds exp(ε) times the other."""
    bound = epsilon(noise, 1e-3)
    at = np.linspace(-12 * noise, 12 * noise + 1, 400_001)
    here, there = (np.exp(-((at - shift) ** 2) / 2 / noise**2) for shift in (1, 0))
    scale = (at[1] - at[0]) / noise / math.sqrt(2 * math.pi)
    exceeds = np.maximum(here - math.exp(bound) * there, 0).sum() * scale
    assert exceeds == pytest.approx(1e-3, rel=1e-3)
    assert epsilon(noise) > bound
    assert epsilon(0) == math.inf


def test_what_is_read_together_is_found_though_it_is_not_alike():
    """Papers lie in four corners; readers who read in the first also read in the second."""
    rng = np.random.default_rng(5)
    corner = np.arange(200) % 4
    x = (3 * np.eye(4)[corner] + 0.3 * rng.standard_normal((200, 4))).astype(np.float32)
    have = np.zeros((600, 200), np.float32)
    for reader, row in enumerate(have):
        own = (0, 1) if reader % 2 else (2, 3)
        row[rng.choice(np.flatnonzero(np.isin(corner, own)), 8, replace=False)] = 1
    model = ReadTogether(dim=3).fit(from_dense(have), x, rng=rng)
    scores = model.scores(model.placed(x[corner == 0]).sum(axis=0, keepdims=True), x)[0]
    of = [scores[corner == place].mean() for place in range(4)]
    assert min(of[0], of[1]) > max(of[2], of[3])


def test_the_noise_is_drawn_anew_unless_it_is_given():
    have = from_dense(np.ones((1, N), np.float32))
    first, second = (ReadTogether(dim=D).fit(have, X)._likeness for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    first, second = (
        ReadTogether(dim=D).fit(have, X, rng=np.random.default_rng(1))._likeness for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_what_is_not_sound_is_refused():
    have = from_dense(np.ones((2, N), np.float32))
    for wrong in ({"noise": -1}, {"noise": np.nan}, {"regularisation": 0}, {"dim": 0}):
        with pytest.raises(ValueError, match="must be"):
            ReadTogether(**wrong)
    with pytest.raises(ShapeError):
        ReadTogether().fit(have, X[:5])
    with pytest.raises(ShapeError, match="1 wherever"):
        ReadTogether().fit(SparseRows(have.indptr, have.indices, have.data * 2, N), X)
    with pytest.raises(NotFittedError):
        ReadTogether().placed(X)
    with pytest.raises(NotFittedError):
        ReadTogether().profile(X)
    assert ReadTogether.of(100).dim < ReadTogether.of(10_000).dim
