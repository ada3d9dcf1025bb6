"""Convergent learning: planted units are found one to one, as few together, and as a subspace."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from octavo.check.convergence import (
    correlations,
    many_to_many,
    one_to_one,
    semi_matched,
    sparse,
    subspace,
)
from octavo.exceptions import ShapeError
from octavo.testing import check_measure


def units(rows=500, count=5, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, count)).astype(np.float32)


def test_units_that_changed_places_signs_and_scales_match_one_to_one():
    x = units()
    y = (x[:, [3, 1, 4, 0, 2]] * np.array([1, -2, 3, -0.1, 5]) + 7).astype(np.float32)
    assert one_to_one(x, y) == pytest.approx(1, abs=1e-5)
    assert semi_matched(x, y) == pytest.approx(1, abs=1e-5)
    assert one_to_one(x, units(seed=1)) < 0.15


def test_the_matching_is_the_best_there_is():
    x, y = units(40, 4), units(40, 4, seed=1)
    strength = [[abs(np.corrcoef(x[:, i], y[:, j])[0, 1]) for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(np.abs(correlations(x, y)), strength, atol=1e-5)
    best = max(sum(strength[i][p[i]] for i in range(4)) for p in permutations(range(4))) / 4
    assert one_to_one(x, y) == pytest.approx(best, abs=1e-5)
    assert semi_matched(x, y) == pytest.approx(sum(map(max, strength)) / 4, abs=1e-5)
    assert semi_matched(x, y) >= one_to_one(x, y)


def test_a_unit_made_of_two_others_is_explained_by_two():
    x = units(800, 8)
    y = (x[:, [0]] + x[:, [1]]).astype(np.float32)
    found = sparse(x, y)
    assert found.used.tolist() == [2]
    assert found.explained[0] > 0.95
    assert np.abs(correlations(x, y)).max() ** 2 < 0.6
    assert sparse(x, y, penalty=2.0).explained[0] == pytest.approx(0, abs=1e-6)


def test_groups_that_say_the_same_are_put_together():
    rng = np.random.default_rng(0)
    causes = units(600, 3)
    mix = np.repeat(np.eye(3), 3, axis=0)
    x = (causes @ mix.T + 0.3 * rng.standard_normal((600, 9))).astype(np.float32)
    y = (-causes @ mix.T[:, ::-1] + 0.3 * rng.standard_normal((600, 9))).astype(np.float32)
    mine, theirs = many_to_many(x, y, 3)
    assert all(len(set(mine[i : i + 3])) == 1 for i in (0, 3, 6))
    assert len(set(mine.tolist())) == 3
    assert theirs.tolist() == mine[::-1].tolist()


def test_a_mixed_up_space_is_the_same_subspace_though_no_unit_is_alike():
    x = units(600, 6)
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((6, 6)))[0]
    y = (x @ turn).astype(np.float32)
    assert subspace(x, y) > 0.99
    assert one_to_one(x, y) < 0.8
    assert subspace(x, units(600, 6, seed=5)) < 0.2
    assert subspace(x, np.hstack([y, units(600, 3, seed=6)])) > 0.99


@pytest.mark.parametrize("measure", [one_to_one, semi_matched, subspace])
def test_it_keeps_the_promises_of_a_measure(measure):
    x = units()
    check_measure(measure, [x, x[:, ::-1].copy()], 1.0, unchanged_by=[lambda z: 3 * z + 2], tolerance=1e-2)


def test_a_unit_that_never_changes_is_like_none():
    x = units()
    still = np.hstack([x, np.ones((500, 1), np.float32)])
    assert correlations(still, x)[5].tolist() == [0] * 5


def test_what_cannot_be_compared_is_refused():
    x = units()
    with pytest.raises(ShapeError, match=r"y must have the shape \(500, D\), got \(499, 5\)"):
        one_to_one(x, x[1:])
    with pytest.raises(ShapeError, match="y must hold vectors that differ"):
        one_to_one(x, np.ones_like(x))
    for groups in (1, 10):
        with pytest.raises(ShapeError, match="groups must be from 2 to 9"):
            many_to_many(x, x, groups)
    with pytest.raises(ValueError, match="penalty"):
        sparse(x, x, penalty=0)
