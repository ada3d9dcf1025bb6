import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.clustering import agreement

torch = pytest.importorskip("torch")

from octavo.discover.hyperbolic import (  # noqa: E402
    CategoryDiscovery,
    ball_distance,
    contrast,
    onto_ball,
    seeded_groups,
)


def test_the_distance_is_the_paper_s_in_plain_loops():
    rng, c = np.random.default_rng(0), 0.1
    x = onto_ball(torch.tensor(rng.standard_normal((4, 3)))).numpy()
    made = ball_distance(torch.tensor(x), torch.tensor(x)).numpy()
    for i in range(4):
        for j in range(4):
            a, b = -x[i], x[j]
            above = (1 + 2 * c * a @ b + c * b @ b) * a + (1 - c * a @ a) * b
            moved = above / (1 + 2 * c * a @ b + c * c * (a @ a) * (b @ b))
            wanted = 2 / np.sqrt(c) * np.arctanh(np.sqrt(c) * np.linalg.norm(moved))
            assert made[i, j] == pytest.approx(wanted, abs=1e-4)


def test_the_ball_is_a_metric_space_and_flat_in_its_middle():
    generator = torch.Generator().manual_seed(0)
    x = onto_ball(torch.randn(6, 4, generator=generator, dtype=torch.float64))
    assert (x.norm(dim=1) < 1 / 0.1**0.5).all()
    d = ball_distance(x, x)
    torch.testing.assert_close(d, d.T)
    assert (d[:, :, None] + d[None] >= d[:, None] - 1e-6).all()
    small = 1e-3 * torch.randn(5, 4, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(
        ball_distance(small, small), 2 * torch.cdist(small, small), atol=1e-5, rtol=1e-3
    )


def test_long_vectors_are_clipped():
    x = torch.tensor([[10.0, 0.0], [2.3, 0.0]])
    torch.testing.assert_close(*onto_ball(x).unbind())


def test_contrast_in_plain_loops():
    rng = np.random.default_rng(1)
    likeness, alike = rng.standard_normal((5, 5)), np.array([0, 0, 1, 1, 2])
    same = alike[:, None] == alike[None]
    losses = []
    for i in range(5):
        partners = [j for j in range(5) if same[i, j] and j != i]
        if partners:
            below = sum(np.exp(likeness[i, j] / 0.5) for j in range(5) if j != i)
            losses.append(-np.mean([np.log(np.exp(likeness[i, j] / 0.5) / below) for j in partners]))
    made = contrast(torch.tensor(likeness), torch.tensor(same), 0.5)
    assert float(made) == pytest.approx(np.mean(losses))


@pytest.mark.parametrize("geometry", ["hyperbolic", "angle"])
def test_new_categories_are_found_beside_known_ones(geometry):
    rng = np.random.default_rng(2)
    truth = np.arange(120) % 4
    x = (rng.standard_normal((4, 16))[truth] + 0.5 * rng.standard_normal((120, 16))).astype(np.float32)
    known = np.where((truth < 2) & (np.arange(120) < 60), truth, -1)
    found = CategoryDiscovery(4, geometry=geometry, dim=8, steps=15).fit(x, known)
    assert agreement(truth, found.labels_) > 0.9
    np.testing.assert_array_equal(found.labels_[known >= 0], known[known >= 0])
    assert found.transform(x[:3]).shape == (3, 8)


def test_known_rows_stay_where_they_are():
    x = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 3]]
    assert seeded_groups(x, np.array([2, -1, -1, -1, -1, -1]), 4)[:2].tolist() == [2, 2]


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="geometry"):
        CategoryDiscovery(3, geometry="flat")
    with pytest.raises(NotFittedError):
        CategoryDiscovery(3).transform(np.eye(3, dtype=np.float32))
    with pytest.raises(ShapeError, match=r"within -1 \.\. 1"):
        CategoryDiscovery(2).fit(np.eye(3, dtype=np.float32), np.array([5, -1, -1]))
