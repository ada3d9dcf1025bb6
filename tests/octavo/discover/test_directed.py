import numpy as np
import pytest

from octavo.discover.clusters import SphericalKMeans
from octavo.discover.directed import SourcesAndTargets, adjacency, magnetic
from octavo.exceptions import ShapeError
from octavo.lab.clustering import agreement


@pytest.fixture
def cycle():
    """Ninety nodes in three blocks that point in a circle, with as many edges inside as between."""
    rng = np.random.default_rng(0)
    blocks = np.arange(90) % 3
    edges = []
    for i in range(90):
        for j in range(90):
            forward = (blocks[i] + 1) % 3 == blocks[j]
            if i != j and rng.random() < (0.36 if forward else 0.06 if blocks[i] != blocks[j] else 0.21):
                edges.append((i, j))
    return np.array(edges), blocks


def test_blocks_that_only_direction_tells_apart_are_found(cycle):
    edges, blocks = cycle
    with_direction = SphericalKMeans(3, starts=5).fit(magnetic(edges, 90, 1)).labels_
    without = SphericalKMeans(3, starts=5).fit(magnetic(edges, 90, 3, charge=0)).labels_
    assert agreement(blocks, with_direction) > 0.9
    assert agreement(blocks, without) < 0.7


def test_turning_all_arrows_round_mirrors_the_map(cycle):
    edges, _ = cycle
    one, other = magnetic(edges, 90, 1), magnetic(edges[:, ::-1], 90, 1)
    np.testing.assert_allclose(one[:, 0], other[:, 0], atol=1e-4)
    np.testing.assert_allclose(one[:, 1], -other[:, 1], atol=1e-4)


def test_who_points_to_whom_is_told(cycle):
    edges, _ = cycle
    model = SourcesAndTargets(4).fit(edges, 90)
    lone = np.array([(i, j) for i, j in edges if not ((edges == (j, i)).all(axis=1)).any()])
    assert (model.scores(lone) > model.scores(lone[:, ::-1])).mean() > 0.7
    turned = SourcesAndTargets(4).fit(edges[:, ::-1], 90)
    np.testing.assert_allclose(turned.scores(lone[:, ::-1]), model.scores(lone), atol=1e-3)


def test_loops_and_repetitions_count_once():
    a = adjacency([(0, 1), (0, 1), (2, 2)], 3).toarray()
    assert a.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("edges", [[(0, 9)], [(-1, 0)], [(0.5, 1.0)], [0, 1]])
def test_what_is_no_edge_is_refused(edges):
    with pytest.raises(ShapeError, match="edges must"):
        adjacency(edges, 3)
