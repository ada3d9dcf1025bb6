import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.clustering import agreement

torch = pytest.importorskip("torch")

from octavo.discover.coding_rate import (  # noqa: E402
    CodingRate,
    doubly_stochastic,
    rate,
    rate_apart,
    spectral,
)


def test_the_rates_are_the_paper_s_in_plain_loops():
    rng = np.random.default_rng(0)
    z, weights = rng.standard_normal((6, 3)), rng.dirichlet(np.ones(6), 6)
    together = np.linalg.slogdet(np.eye(3) + 3 / (6 * 0.25) * z.T @ z)[1] / 2
    assert float(rate(torch.tensor(z))) == pytest.approx(together)
    apart = 0.0
    for j in range(6):
        inner = np.eye(3)
        for n in range(6):
            inner += 3 / 0.25 * weights[j, n] * np.outer(z[n], z[n])
        apart += np.linalg.slogdet(inner)[1] / 2 / 6
    assert float(rate_apart(torch.tensor(z), torch.tensor(weights))) == pytest.approx(apart)


def test_one_group_gains_nothing_and_a_rotation_changes_nothing():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(20, 4, generator=generator)
    even = torch.full((20, 20), 1 / 20)
    torch.testing.assert_close(rate(z), rate_apart(z, even))
    turn, _ = torch.linalg.qr(torch.randn(4, 4, generator=generator))
    torch.testing.assert_close(rate(z @ turn), rate(z))


def test_rows_and_columns_sum_to_one():
    made = doubly_stochastic(torch.randn(9, 9, generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(made.sum(dim=1), torch.ones(9))
    torch.testing.assert_close(made.sum(dim=0), torch.ones(9), atol=1e-3, rtol=0)


@pytest.fixture
def planes():
    """Sixty rows on three planes of a space of twelve dimensions."""
    rng = np.random.default_rng(2)
    truth = np.arange(60) % 3
    bases = rng.standard_normal((3, 2, 12))
    ways = np.abs(rng.standard_normal((60, 2))) + 0.2
    x = np.einsum("nk,nkd->nd", ways, bases[truth]) + 0.02 * rng.standard_normal((60, 12))
    return x.astype(np.float32), truth


def test_planes_are_found_and_the_reduction_grows(planes):
    x, truth = planes
    found = CodingRate(3, dim=8, steps=25, batch=60).fit(x)
    assert agreement(truth, found.labels_) > 0.9
    assert np.mean(found.reduction_[-5:]) > np.mean(found.reduction_[:5])
    assert found.transform(x).shape == (60, 8)
    again = CodingRate(3, dim=8, steps=25, batch=60).fit(x)
    np.testing.assert_array_equal(again.labels_, found.labels_)


def test_blocks_of_an_affinity_are_its_groups():
    affinity = np.kron(np.eye(3), np.ones((5, 5))).astype(np.float32) + 0.01
    assert agreement(np.repeat([0, 1, 2], 5), spectral(affinity, 3)) == 1


def test_what_cannot_be_is_refused(planes):
    x, _ = planes
    with pytest.raises(NotFittedError):
        CodingRate(3).transform(x)
    with pytest.raises(ShapeError, match="at least 5 rows"):
        CodingRate(5).fit(x[:4])
    with pytest.raises(ValueError, match="positive"):
        CodingRate(3, precision=0)
