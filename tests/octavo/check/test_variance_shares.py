import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.variance_shares import variance_share
from octavo.exceptions import ShapeError
from octavo.testing import check_measure

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((60, 5)).astype(np.float32)
F = RNG.integers(0, 4, 60)


def by_hand(z, f):
    within = total = 0.0
    for row, value in zip(z, f, strict=True):
        mates = [other for other, theirs in zip(z, f, strict=True) if theirs == value]
        for d in range(len(row)):
            within += (row[d] - sum(m[d] for m in mates) / len(mates)) ** 2
            total += (row[d] - sum(m[d] for m in z) / len(z)) ** 2
    return 1 - within / total


def test_it_is_one_minus_what_is_left_within():
    assert variance_share(Z, F, adjusted=False) == pytest.approx(by_hand(Z.tolist(), F.tolist()), abs=1e-6)


def test_it_keeps_to_the_contract_of_a_measure():
    turn = np.linalg.qr(RNG.standard_normal((5, 5)))[0].astype(np.float32)
    changes = [lambda z: z @ turn, lambda z: 9 * z, lambda z: z + np.float32(2)]
    expected = variance_share(Z, F)
    check_measure(lambda z: variance_share(z, F), [Z], expected, unchanged_by=changes)


def test_all_and_nothing():
    settled = np.eye(4, dtype=np.float32)[F]
    assert variance_share(settled, F) == pytest.approx(1)
    shares = [
        variance_share(RNG.standard_normal((90, 9)).astype(np.float32), np.arange(90) % 30) for _ in range(9)
    ]
    assert abs(np.mean(shares)) < 0.05  # uncorrected it would be a third
    assert variance_share(Z, np.zeros(60, int)) == pytest.approx(0)


@given(st.integers(1, 9))
def test_a_feature_that_is_a_part_of_the_space_has_that_part(dims):
    rng = np.random.default_rng(dims)
    f = np.arange(4000) % 2
    signs = np.where(f, 1.0, -1.0)[:, None]
    z = np.concatenate([np.tile(signs, dims), rng.choice([-1.0, 1.0], (4000, 10 - dims))], axis=1)
    assert variance_share(z.astype(np.float32), f) == pytest.approx(dims / 10, abs=0.02)


def test_rows_without_a_value_are_left_out():
    f = F.copy()
    f[::3] = -1
    kept = f >= 0
    assert variance_share(Z, f) == pytest.approx(variance_share(Z[kept], F[kept]))


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ShapeError, match="z must vary, got 60 equal rows"):
        variance_share(np.ones((60, 2), np.float32), F)
    with pytest.raises(ShapeError, match="fewer values than rows that have one, got 60 of 60"):
        variance_share(Z, np.arange(60))
    with pytest.raises(ShapeError, match="feature must have the shape"):
        variance_share(Z, F[1:])
    with pytest.raises(ShapeError, match="feature must hold integers"):
        variance_share(Z, F * 1.0)
