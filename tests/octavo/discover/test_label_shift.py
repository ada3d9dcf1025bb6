from itertools import pairwise

import numpy as np
import pytest

from octavo.discover.label_shift import LabelShift, factors
from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.clustering import agreement


@pytest.fixture
def shifting():
    """Three classes, each of two unlike kinds, in six domains with other shares of them."""
    rng = np.random.default_rng(0)
    shares = np.array([[8, 1, 1], [1, 8, 1], [1, 1, 8], [5, 4, 1], [1, 5, 4], [4, 1, 5]]) / 10
    kinds = 3 * rng.standard_normal((6, 12))
    rows, classes, domains = [], [], []
    for domain, share in enumerate(shares):
        for own in rng.choice(3, 200, p=share):
            rows.append(kinds[own + 3 * rng.integers(2)] + rng.standard_normal(12))
            classes.append(own)
            domains.append(domain)
    return np.array(rows, np.float32), np.array(classes), np.array(domains), shares


def test_classes_are_found_that_look_like_twice_as_many(shifting):
    x, classes, domains, shares = shifting
    found = LabelShift(3, cells=12).fit(x, domains)
    told = found.predict(x, domains)
    assert agreement(classes, told) > 0.85
    np.testing.assert_allclose(found.shares_.sum(axis=0), 1)
    order = [int(np.bincount(classes[told == own], minlength=3).argmax()) for own in range(3)]
    assert sorted(order) == [0, 1, 2]
    missed = np.abs(found.shares_ - shares.T[order])
    assert missed.max() < 0.2
    assert missed.mean() < 0.1 < 0.2 < np.abs(shares - 1 / 3).mean()


def test_factors_multiply_to_the_table():
    rng = np.random.default_rng(1)
    table = rng.random((8, 2)) @ rng.random((2, 6))
    left, right = factors(table, 2)
    assert (left >= 0).all()
    assert (right >= 0).all()
    np.testing.assert_allclose(left @ right, table, rtol=0.05, atol=0.01)


def test_more_rounds_are_never_further_away():
    table = np.random.default_rng(2).random((6, 5))

    def away(rounds):
        left, right = factors(table, 2, starts=1, rounds=rounds)
        made = left @ right
        return (table * np.log(table / made) - table + made).sum()

    distances = [away(rounds) for rounds in (1, 3, 10, 50)]
    assert all(b <= a + 1e-9 for a, b in pairwise(distances))


def test_what_cannot_be_is_refused(shifting):
    x, _, domains, _ = shifting
    with pytest.raises(NotFittedError):
        LabelShift(3).predict(x, domains)
    with pytest.raises(ShapeError, match="at least 3"):
        LabelShift(3).fit(x, domains % 2)
    with pytest.raises(ShapeError, match="NaN"):
        LabelShift(3).fit(np.full_like(x, np.nan), domains)
    with pytest.raises(ValueError, match="as many cells"):
        LabelShift(5, cells=4)
