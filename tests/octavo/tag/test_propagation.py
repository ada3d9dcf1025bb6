import numpy as np
import pytest

from octavo.exceptions import ShapeError
from octavo.tag.propagation import Propagation


@pytest.fixture
def seen():
    """Sixty rows of three labels in two views, and prototypes that lie off the middle of their rows."""
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    views, prototypes = [], []
    for dim in (12, 20):
        centres = rng.standard_normal((3, dim))
        views.append((centres[truth] + 0.5 * rng.standard_normal((60, dim))).astype(np.float32))
        prototypes.append((centres + 0.8 * rng.standard_normal((3, dim))).astype(np.float32))
    return views, prototypes, truth


def test_labels_spread_from_prototypes(seen):
    views, prototypes, truth = seen
    found = Propagation(dim=8).fit(views, prototypes)
    assert (found.scores_.argmax(axis=1) == truth).mean() > 0.9
    np.testing.assert_allclose(found.scores_.sum(axis=1), 1, atol=1e-5)


def test_the_walk_is_over_hyperedges_in_plain_loops():
    rng = np.random.default_rng(1)
    z = rng.standard_normal((7, 3)).astype(np.float32)
    walk = Propagation(neighbours=3)._walk(z, z)
    u = z / np.linalg.norm(z, axis=1, keepdims=True)
    h = np.zeros((7, 7))
    for edge in range(7):
        for inside in sorted(range(7), key=lambda v: -(u[edge] @ u[v]))[:3]:
            h[inside, edge] = max(u[edge] @ u[inside], 0)
        h[edge, edge] = 1
    size = h.sum(axis=0)
    weight = [size[e] / (h[:, e] > 0).sum() for e in range(7)]
    for v in range(7):
        degree = sum(weight[e] * h[v, e] for e in range(7))
        for w in range(7):
            step = sum(h[v, e] * weight[e] / size[e] * h[w, e] for e in range(7)) / degree
            assert walk[v, w] == pytest.approx(step, abs=1e-5)
    np.testing.assert_allclose(walk.sum(axis=1), 1, atol=1e-6)


def test_views_of_the_same_thing_meet(seen):
    _, _, truth = seen
    rng = np.random.default_rng(2)
    hidden = rng.standard_normal((60, 4))
    views = [(hidden @ rng.standard_normal((4, 10))).astype(np.float32) for _ in range(2)]
    one, other = Propagation(dim=4).fit(views, [v[:3] for v in views]).embedded_
    likeness = one[:60] @ other[:60].T
    assert (likeness.argmax(axis=1) == np.arange(60)).mean() > 0.6
    assert len(truth) == 60


def test_what_cannot_be_is_refused(seen):
    views, prototypes, _ = seen
    with pytest.raises(ShapeError, match="of 2 views"):
        Propagation().fit(views, prototypes[:1])
    with pytest.raises(ShapeError, match=r"views\[1\] must have the shape \(60"):
        Propagation().fit([views[0], views[1][:9]], prototypes)
    with pytest.raises(ShapeError, match="NaN"):
        Propagation().fit([np.full_like(views[0], np.nan)], prototypes[:1])
    with pytest.raises(ValueError, match="reach"):
        Propagation(reach=1.0)
