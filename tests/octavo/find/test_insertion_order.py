import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.find.exact import ExactIndex
from octavo.find.insertion_order import ascending, pointwise_lid, probe
from octavo.protocols import Hits


@settings(max_examples=20)
@given(st.integers(4, 20), st.integers(2, 8), st.integers(0, 50))
def test_the_equation_in_plain_loops(count, k, seed):
    x = np.random.default_rng(seed).standard_normal((count, 4)).astype(np.float32)
    found = pointwise_lid(x, k=k)
    units = x / np.linalg.norm(x, axis=1, keepdims=True)
    for n in range(count):
        r = sorted(float(np.linalg.norm(units[n] - units[m])) for m in range(count) if m != n)[:k]
        if min(r) > 0.01:
            assert found[n] == pytest.approx(-1 / np.mean([math.log(each / r[-1]) for each in r]), rel=1e-2)


@pytest.mark.parametrize("dim", [2, 5, 10])
def test_the_dimension_that_was_planted_is_found(dim):
    """Points on a sphere of so many dimensions, turned into a space of 40."""
    rng = np.random.default_rng(0)
    flat = rng.standard_normal((3000, dim + 1))
    turn = np.linalg.qr(rng.standard_normal((40, 40)))[0][: dim + 1]
    found = np.median(pointwise_lid((flat @ turn).astype(np.float32), k=50))
    assert found == pytest.approx(dim, rel=0.2)


def test_copies_and_equal_distances_do_not_break_it():
    copies = np.ones((6, 3), np.float32)
    assert np.isinf(pointwise_lid(copies)).all()
    assert np.isinf(pointwise_lid(np.eye(5, dtype=np.float32))).all()


class Forgetful:
    """Finds the exact hits, but for every other of them."""

    def __init__(self, x):
        self.exact = ExactIndex().add(x)

    def __len__(self):
        return len(self.exact)

    def search(self, queries, k, among=None):
        hits = self.exact.search(queries, k)
        ids = hits.ids.copy()
        ids[:, ::2] = -1
        return Hits(ids, hits.scores)


def test_a_probe_tells_what_an_index_misses():
    x = np.random.default_rng(0).standard_normal((200, 8)).astype(np.float32)
    assert probe(ExactIndex().add(x), x) == 1.0
    assert probe(Forgetful(x), x, k=10) == 0.5


def test_values_ascend_and_equal_ones_stay():
    assert ascending(np.array([3.0, 1.0, 1.0, 2.0])).tolist() == [1, 2, 3, 0]


def test_bad_input():
    x = np.random.default_rng(0).standard_normal((10, 4)).astype(np.float32)
    with pytest.raises(ShapeError, match="at least 3 rows"):
        pointwise_lid(x[:2])
    with pytest.raises(ShapeError, match="k must be at least 2, got 1"):
        pointwise_lid(x, k=1)
    with pytest.raises(ShapeError, match="finite"):
        pointwise_lid(np.full((4, 4), np.nan))
    with pytest.raises(ShapeError, match="the 10 documents of the index, got 9"):
        probe(ExactIndex().add(x), x[:9])
