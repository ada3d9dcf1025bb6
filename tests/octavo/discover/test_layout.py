import numpy as np
import pytest

from octavo.discover.layout import neighbour_map


def test_near_vectors_are_near_on_the_map():
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 3
    x = (rng.standard_normal((3, 20))[kinds] + 0.3 * rng.standard_normal((60, 20))).astype(np.float32)
    places = neighbour_map(x)
    away = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    assert (kinds[away.argmin(axis=1)] == kinds).mean() > 0.95
    np.testing.assert_array_equal(places, neighbour_map(x))
    assert np.abs(places).max() == pytest.approx(1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_few_have_a_map(count):
    places = neighbour_map(np.eye(6, dtype=np.float32)[:count])
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_equal_vectors_part():
    places = neighbour_map(np.ones((10, 4), np.float32))
    assert np.isfinite(places).all()
    assert len(np.unique(places.round(4), axis=0)) == 10
