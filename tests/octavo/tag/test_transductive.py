import numpy as np
import pytest

from octavo.arrays import unit
from octavo.tag.transductive import Transductive, neighbours
from octavo.testing import check_tagger


@pytest.fixture
def clusters():
    """Ninety rows of three clusters, the first two of each with their label; the truth beside."""
    rng = np.random.default_rng(3)
    truth = np.arange(90) % 3
    x = (rng.standard_normal((3, 16))[truth] + 0.6 * rng.standard_normal((90, 16))).astype(np.float32)
    return x, np.where(np.arange(90) < 6, truth, -1), truth


@pytest.mark.parametrize("pull", [0.0, 1.0])
def test_it_keeps_the_contract(pull):
    check_tagger(lambda: Transductive(pull=pull))


def test_one_round_is_the_update_of_the_paper(clusters):
    x, given, _ = clusters
    tagger = Transductive(pull=0.7, neighbours=4, sharpness=8, rounds=1, trust=10).fit(x, given)
    rows = unit(x - x.mean(axis=0))
    likeness = rows @ rows.T
    near = np.zeros((90, 90))
    for p in range(90):
        for q in sorted((q for q in range(90) if q != p), key=lambda q: -likeness[p, q])[:4]:
            near[p, q] = near[q, p] = 1
    means = np.array([rows[given == label].mean(axis=0) for label in range(3)])
    s = np.full((90, 3), 1 / 3)
    s[given >= 0] = np.eye(3)[given[given >= 0]]
    for _ in range(5):
        new = s.copy()
        for q in np.flatnonzero(given < 0):
            drawn = sum(near[q, p] * s[p] for p in range(90))
            raised = np.exp(0.7 * drawn - 8 * ((rows[q] - means) ** 2).sum(axis=1))
            new[q] = raised / raised.sum()
        s = new
    np.testing.assert_allclose(tagger.assignments_, s, atol=1e-4)
    weights = np.where(given >= 0, 10.0, 1.0)
    by_hand = [(s[:, c] * weights) @ rows / (s[:, c] * weights).sum() for c in range(3)]
    np.testing.assert_allclose(tagger.prototypes_, by_hand, atol=1e-4)


def test_the_energy_never_rises_while_the_prototypes_stand(clusters):
    x, given, _ = clusters
    energy = Transductive(pull=2.0, rounds=4).fit(x, given).energy_
    for start in range(0, len(energy), 5):
        assert (np.diff(energy[start : start + 5]) <= 1e-3).all()


def test_known_labels_stay_and_unknown_ones_are_found(clusters):
    x, given, truth = clusters
    told = Transductive().fit(x, given).assignments_
    np.testing.assert_allclose(told.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(told[:6].argmax(axis=1), truth[:6])
    assert (told.argmax(axis=1) == truth).mean() > 0.95


def test_neighbours_go_both_ways_and_nobody_is_their_own():
    rows = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    one, other = neighbours(rows, 3)
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    assert pairs == {(q, p) for p, q in pairs}
    assert all(p != q for p, q in pairs)
    assert np.bincount(one).min() >= 3


def test_one_row_and_equal_rows_are_no_trouble():
    one = Transductive().fit(np.ones((1, 3), np.float32), np.array([0]))
    assert one.scores(np.ones((2, 3), np.float32)).tolist() == [[1.0], [1.0]]
    same = Transductive().fit(np.ones((6, 3), np.float32), np.array([0, 1, -1, -1, -1, -1]))
    np.testing.assert_allclose(same.assignments_[2:], 0.5, atol=1e-5)


@pytest.mark.parametrize("wrong", [{"pull": -1}, {"sharpness": 0}, {"neighbours": 0}, {"rounds": 0}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Transductive(**wrong)
