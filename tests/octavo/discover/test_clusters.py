import numpy as np
import pytest

from octavo.arrays import unit
from octavo.discover.clusters import SphericalKMeans, spread, stability
from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.clustering import agreement


@pytest.fixture
def planted():
    rng = np.random.default_rng(0)
    truth = np.arange(120) % 4
    x = rng.standard_normal((4, 16))[truth] + 0.3 * rng.standard_normal((120, 16))
    return x.astype(np.float32), truth


def test_planted_groups_are_found(planted):
    x, truth = planted
    found = SphericalKMeans(4, starts=3).fit(x)
    assert agreement(truth, found.labels_) == 1
    np.testing.assert_array_equal(found.predict(x), found.labels_)


def test_every_row_has_the_nearest_centre_and_every_centre_is_a_mean(planted):
    x, _ = planted
    found = SphericalKMeans(3, starts=2).fit(x)
    rows = unit(x)
    for row, label in zip(rows, found.labels_, strict=True):
        assert label == max(range(3), key=lambda group: row @ found.centres_[group])
    for group in range(3):
        mean = rows[found.labels_ == group].mean(axis=0)
        np.testing.assert_allclose(found.centres_[group], mean / np.linalg.norm(mean), atol=1e-4)


def test_more_starts_are_never_worse_and_a_seed_is_a_seed(planted):
    x, _ = planted
    one, many = SphericalKMeans(6).fit(x), SphericalKMeans(6, starts=5).fit(x)
    assert many.fit_ >= one.fit_
    np.testing.assert_array_equal(SphericalKMeans(6).fit(x).labels_, one.labels_)


def test_equal_rows_and_as_many_groups_as_rows_are_no_trouble():
    assert SphericalKMeans(2).fit(np.ones((5, 3), np.float32)).labels_.shape == (5,)
    assert sorted(SphericalKMeans(3, starts=5).fit(np.eye(3, dtype=np.float32)).labels_) == [0, 1, 2]


def test_beginnings_are_spread():
    rows = unit(np.repeat(np.eye(3, dtype=np.float32), 50, axis=0))
    assert sorted(spread(rows, 3, np.random.default_rng(0)) // 50) == [0, 1, 2]


def test_stability_is_the_best_jaccard_index_on_average():
    labels = np.array([0, 0, 0, 1, 1, 1])
    others = [np.array([1, 1, 1, 0, 0, 0]), np.array([0, 0, 1, 1, 1, 1])]
    np.testing.assert_allclose(stability(labels, others), [(1 + 2 / 3) / 2, (1 + 3 / 4) / 2], rtol=1e-6)


def test_what_cannot_be_is_refused():
    with pytest.raises(ShapeError, match="at least 4 rows"):
        SphericalKMeans(4).fit(np.eye(3, dtype=np.float32))
    with pytest.raises(NotFittedError):
        SphericalKMeans(4).predict(np.eye(3, dtype=np.float32))
    with pytest.raises(ValueError, match="at least 1"):
        SphericalKMeans(0)
    with pytest.raises(ShapeError, match="NaN"):
        SphericalKMeans(1).fit(np.full((2, 2), np.nan, np.float32))
