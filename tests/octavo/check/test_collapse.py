"""Neural collapse: nought where it is whole, something where it is not, and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.collapse import disagreement, duality, frame, lengths, within
from octavo.exceptions import ShapeError
from octavo.testing import check_measure

CLASSES = 4
LABELS = np.arange(40) % CLASSES


def collapsed(kind="simplex", spread=0.0, seed=0):
    rng = np.random.default_rng(seed)
    corners = np.eye(CLASSES) - (1 / CLASSES if kind == "simplex" else 0)
    turn = np.linalg.qr(rng.standard_normal((6, CLASSES)))[0].T
    means = corners @ turn
    x = means[LABELS] + spread * rng.standard_normal((40, 6))
    return (x + (0.3 if kind == "simplex" else 0)).astype(np.float32), means.astype(np.float32)


@pytest.mark.parametrize("kind", ["simplex", "orthogonal"])
def test_where_collapse_is_whole_all_four_are_nought(kind):
    x, means = collapsed(kind)
    assert within(x, LABELS) == pytest.approx(0, abs=1e-8)
    assert frame(x, LABELS, kind=kind) == pytest.approx(0, abs=1e-6)
    assert duality(x, LABELS, means, kind=kind) == pytest.approx(0, abs=1e-6)
    assert disagreement(x, LABELS, means[LABELS] @ means.T) == 0


def test_where_it_is_not_none_is():
    x, means = collapsed(spread=0.5)
    assert within(x, LABELS) > 0.1
    assert frame(x, LABELS) > 0.05
    assert duality(x, LABELS, means[::-1].copy()) > 0.5
    assert disagreement(x, LABELS, -(means[LABELS] @ means.T)) > 0.5


def test_the_numbers_are_the_equations():
    x, means = collapsed(spread=0.3, seed=2)
    h = x.astype(float)
    middle = h.mean(axis=0)
    centres = [h[c == LABELS].mean(axis=0) for c in range(CLASSES)]
    inner = sum(np.outer(row - centres[c], row - centres[c]) for row, c in zip(h, LABELS, strict=True)) / 40
    between = sum(np.outer(c - middle, c - middle) for c in centres) / CLASSES
    assert within(x, LABELS) == pytest.approx(np.trace(inner @ np.linalg.pinv(between, rcond=1e-6)) / CLASSES)
    gram = np.array([[(a - middle) @ (b - middle) for b in centres] for a in centres])
    ideal = [
        [((i == j) - 1 / CLASSES) / np.sqrt(CLASSES - 1) for j in range(CLASSES)] for i in range(CLASSES)
    ]
    assert frame(x, LABELS) == pytest.approx(np.sqrt(((gram / np.sqrt((gram**2).sum()) - ideal) ** 2).sum()))
    apart = np.array(centres) - middle
    wanted = means / np.sqrt((means**2).sum()) - apart / np.sqrt((apart**2).sum())
    assert duality(x, LABELS, means) == pytest.approx(np.sqrt((wanted**2).sum()), rel=1e-5)
    scores = np.random.default_rng(0).standard_normal((40, CLASSES)).astype(np.float32)
    other = 0
    for row, best in zip(h, scores.argmax(axis=1), strict=True):
        other += min(range(CLASSES), key=lambda c: ((row - centres[c]) ** 2).sum()) != best
    assert disagreement(x, LABELS, scores) == other / 40
    np.testing.assert_allclose(lengths(x, LABELS), [np.sqrt((c**2).sum()) for c in centres], rtol=1e-5)


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_turning_and_stretching_changes_nothing(seed, stretch):
    x, _ = collapsed(spread=0.3)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    moved = (stretch * x @ turn).astype(np.float32)
    assert within(moved, LABELS) == pytest.approx(within(x, LABELS), rel=1e-3)
    assert frame(moved, LABELS) == pytest.approx(frame(x, LABELS), rel=1e-3)


@pytest.mark.parametrize("measure", [within, frame])
def test_it_keeps_the_promises_of_a_measure(measure):
    x, _ = collapsed()
    check_measure(lambda rows: measure(rows, LABELS), [x], 0.0, tolerance=1e-5)


def test_rows_without_a_label_are_left_out():
    x, _ = collapsed(spread=0.3)
    labels = np.where(np.arange(40) < 30, LABELS, -1)
    assert within(x, labels) == pytest.approx(within(x[:30], LABELS[:30]))


@pytest.mark.parametrize(
    ("x", "labels", "said"),
    [
        (np.ones((40, 6), np.float32), LABELS, "x must hold vectors that differ"),
        (collapsed()[0], np.zeros(40, np.int64), "labels must be of at least 2 classes, got 1"),
        (collapsed()[0], LABELS[1:], "labels must have the shape"),
        (collapsed()[0][:1], LABELS[:1], "x must have at least 2 rows"),
    ],
)
def test_what_has_no_classes_is_refused(x, labels, said):
    with pytest.raises(ShapeError, match=said):
        within(x, labels)


def test_weights_and_scores_must_be_of_the_classes():
    x, means = collapsed()
    with pytest.raises(ShapeError, match=r"weights must have the shape \(4, 6\), got \(3, 6\)"):
        duality(x, LABELS, means[:3])
    with pytest.raises(ShapeError, match=r"scores must have the shape \(40, 4\)"):
        disagreement(x, LABELS, means)
