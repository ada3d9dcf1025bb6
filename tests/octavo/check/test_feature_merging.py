import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.feature_merging import merge
from octavo.exceptions import ShapeError

RNG = np.random.default_rng(0)
W, V = (RNG.standard_normal((12, d)).astype(np.float32) for d in (5, 3))


def answers(x, incoming, outgoing):
    return np.maximum(x @ incoming.T, 0) @ outgoing


def by_hand(w, v, keep):
    groups = [(list(map(float, a)), list(map(float, b)), 1) for a, b in zip(w, v, strict=True)]
    while len(groups) > keep:
        pairs = [
            (sum((p - q) ** 2 for p, q in zip(groups[i][0], groups[j][0], strict=True)), i, j)
            for i in range(len(groups))
            for j in range(i + 1, len(groups))
        ]
        _, i, j = min(pairs)
        (a, va, n), (b, vb, m) = groups[i], groups[j]
        groups[i] = (
            [(n * p + m * q) / (n + m) for p, q in zip(a, b, strict=True)],
            [p + q for p, q in zip(va, vb, strict=True)],
            n + m,
        )
        del groups[j]
    return groups


@pytest.mark.parametrize("keep", [1, 4, 11, 12])
def test_it_merges_as_in_plain_loops(keep):
    merged = merge(W, V, keep=keep)
    expected = by_hand(W, V, keep)
    assert merged.incoming == pytest.approx(np.array([g[0] for g in expected]), abs=1e-5)
    assert merged.outgoing == pytest.approx(np.array([g[1] for g in expected]), abs=1e-5)


@given(st.integers(2, 5), st.integers(0, 99))
def test_copies_merge_without_any_change_of_the_answers(copies, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.repeat(np.arange(12), copies))
    parts = rng.uniform(0.1, 1, len(order)).astype(np.float32)
    shares = parts / np.bincount(order, parts)[order]
    x = rng.standard_normal((20, 5)).astype(np.float32)
    merged = merge(W[order], (V[order] * shares[:, None]).astype(np.float32), threshold=1e-4)
    assert len(merged) == 12
    assert answers(x, merged.incoming, merged.outgoing) == pytest.approx(answers(x, W, V), abs=1e-4)
    assert all(len(set(merged.units[order == unit])) == 1 for unit in range(12))


def test_a_wide_layer_is_merged_by_the_same_rule():
    w = RNG.standard_normal((80, 4)).astype(np.float32)
    v = RNG.standard_normal((80, 2)).astype(np.float32)
    merged, expected = merge(w, v, keep=60), by_hand(w, v, 60)
    assert merged.incoming == pytest.approx(np.array([g[0] for g in expected]), abs=1e-4)


def test_outgoing_weights_keep_their_sum_and_a_threshold_of_nothing_keeps_all():
    assert merge(W, V, keep=3).outgoing.sum(axis=0) == pytest.approx(V.sum(axis=0), abs=1e-4)
    assert len(merge(W, V, threshold=0)) == 12
    assert merge(W, V, keep=12).units.tolist() == list(range(12))


def test_what_is_given_is_not_altered():
    before = W.copy(), V.copy()
    merge(W, V, keep=2)
    assert np.array_equal(W, before[0])
    assert np.array_equal(V, before[1])


def test_what_cannot_be_merged_is_refused():
    with pytest.raises(ShapeError, match=r"outgoing must have the shape \(12, D\), got \(11, 3\)"):
        merge(W, V[1:])
    with pytest.raises(ShapeError, match="incoming must hold floating-point"):
        merge(W.astype(int), V)
    with pytest.raises(ValueError, match=r"keep must be 1 .. 12, got 13"):
        merge(W, V, keep=13)
