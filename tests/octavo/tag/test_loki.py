import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.tag.loki import Loki, tree_distances

LINE = np.abs(np.arange(5)[:, None] - np.arange(5)[None]).astype(float)


def test_the_label_in_the_middle_wins_though_it_was_never_observed():
    loki = Loki(LINE, observed=[0, 4])
    assert loki.decide(np.array([[0.5, 0.5], [0.95, 0.05], [0.25, 0.75]])).tolist() == [2, 0, 3]
    assert loki.can_win().tolist() == [0, 1, 2, 3, 4]


def test_where_all_labels_are_equally_far_the_most_probable_wins():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(6), 50)
    decided = Loki(1.0 - np.eye(6)).decide(probabilities)
    np.testing.assert_array_equal(decided, probabilities.argmax(axis=1))


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_it_is_the_smallest_expected_squared_distance(raw):
    probabilities = np.array(raw) / sum(raw)
    observed = [0, 1, 4]
    expected = [
        sum(p * LINE[y, k] ** 2 for p, k in zip(probabilities, observed, strict=True)) for y in range(5)
    ]
    decided = Loki(LINE, observed).decide(probabilities[None])[0]
    assert expected[decided] == pytest.approx(min(expected), abs=1e-4)


def test_a_tree_has_a_metric():
    d = tree_distances([("cs", "cs.LG"), ("cs", "cs.CV"), ("math", "math.CO"), ("hep-th",)])
    assert (d == d.T).all()
    assert (np.diag(d) == 0).all()
    assert (d[:, :, None] + d[None] >= d[:, None] - 1e-6).all()
    assert d[0, 3] == 3


def test_what_cannot_be_is_refused():
    with pytest.raises(ShapeError, match="symmetric"):
        Loki(np.triu(LINE))
    with pytest.raises(ShapeError, match=r"\(Y, Y\)"):
        Loki(LINE[:2])
    with pytest.raises(ShapeError, match="labels below 5"):
        Loki(LINE, observed=[7])
    with pytest.raises(ShapeError, match="sum to 1"):
        Loki(LINE).decide(np.full((2, 5), 0.5))
    with pytest.raises(ShapeError, match="probabilities"):
        Loki(LINE).decide(np.full((2, 4), 0.25))
