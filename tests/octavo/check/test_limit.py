import math
from itertools import combinations

import numpy as np
import pytest

from octavo.check.limit import FreeVectors, all_pairs, critical_n, free_vectors, on_a_curve
from octavo.exceptions import ShapeError


def solved_by_hand(vectors):
    right = 0
    for query, pair in zip(vectors.queries, combinations(range(len(vectors.documents)), 2), strict=True):
        scores = [
            float(np.dot(query.astype(float), document.astype(float))) for document in vectors.documents
        ]
        others = [score for place, score in enumerate(scores) if place not in pair]
        right += min(scores[place] for place in pair) > max(others, default=-math.inf)
    return right / len(vectors.queries)


def loss(queries, documents, temperature=0.1):
    """The equation of the docstring, term by term."""
    total = 0.0
    for query, pair in zip(queries, combinations(range(len(documents)), 2), strict=True):
        scores = [math.exp(float(query @ document) / temperature) for document in documents]
        total -= sum(0.5 * math.log(scores[place] / sum(scores)) for place in pair)
    return total / len(queries)


def test_all_pairs_are_the_combinations():
    assert all_pairs(6).tolist() == [list(pair) for pair in combinations(range(6), 2)]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_solved_by_plain_loops(seed):
    for n, dim in ((3, 2), (6, 2), (6, 3), (8, 4)):
        vectors = free_vectors(n, dim, steps=60, seed=seed)
        assert vectors.solved() == pytest.approx(solved_by_hand(vectors))


def test_descent_goes_down_the_loss_of_the_paper():
    losses = [loss(*free_vectors(9, 3, steps=steps)) for steps in (1, 100, 600)]
    assert losses[0] > losses[1] > losses[2]


def test_vectors_are_of_unit_length_and_the_seed_decides():
    vectors = free_vectors(5, 3, steps=10, seed=4)
    assert vectors.queries.shape == (10, 3)
    assert vectors.documents.shape == (5, 3)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(vectors), axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors.queries, free_vectors(5, 3, steps=10, seed=4).queries)


def test_the_critical_n_of_a_circle_and_of_a_sphere():
    """On a circle only neighbours can be a pair's answer, n of them: C(n, 2) ≤ n ends at 3. On a sphere the
    pairs are edges of a planar graph, at most 3n - 6: it ends at 4."""
    assert critical_n(2, most=6) == 3
    assert critical_n(3, most=6) == 4


def test_the_critical_n_ends_where_it_is_told_to():
    assert critical_n(8, most=5) == 5


@pytest.mark.parametrize("n", [2, 3, 4, 5, 17, 46, 100])
def test_four_dimensions_on_a_curve_find_every_pair(n):
    vectors = on_a_curve(n)
    assert vectors.documents.shape == (n, 4)
    assert vectors.solved() == 1.0
    if n < 20:
        assert solved_by_hand(vectors) == 1.0


def test_ties_are_not_found():
    assert FreeVectors(np.ones((3, 2), np.float32), np.ones((3, 2), np.float32)).solved() == 0.0


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ShapeError, match="n must"):
        all_pairs(1)
    with pytest.raises(ShapeError, match="dim must"):
        free_vectors(3, 0)
