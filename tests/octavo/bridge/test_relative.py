"""Relative representations: cosines with anchors, whichever way the space is turned, and the way back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from octavo.bridge.relative import RelativeBridge, relative
from octavo.testing import check_bridge


def test_it_keeps_the_promises_of_a_bridge():
    check_bridge(RelativeBridge)


def test_it_is_the_cosine_with_every_anchor():
    rng = np.random.default_rng(0)
    x, to = rng.standard_normal((5, 4)).astype(np.float32), rng.standard_normal((3, 4)).astype(np.float32)
    for i, row in enumerate(x.tolist()):
        for j, anchor in enumerate(to.tolist()):
            dot = sum(a * b for a, b in zip(row, anchor, strict=True))
            lengths = math.sqrt(sum(a * a for a in row)) * math.sqrt(sum(b * b for b in anchor))
            assert relative(x, to)[i, j] == pytest.approx(dot / lengths, abs=1e-6)


def test_turning_and_stretching_a_space_leaves_it_alone():
    rng = np.random.default_rng(0)
    x, to = rng.standard_normal((50, 6)).astype(np.float32), rng.standard_normal((20, 6)).astype(np.float32)
    turn = (3.0 * np.linalg.qr(rng.standard_normal((6, 6)))[0]).astype(np.float32)
    np.testing.assert_allclose(relative(x @ turn, to @ turn), relative(x, to), atol=1e-5)


def test_spaces_that_are_rotations_of_each_other_have_the_same_representations_and_lead_back():
    rng = np.random.default_rng(1)
    new = rng.standard_normal((100, 6)).astype(np.float32)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0].astype(np.float32)
    bridge = RelativeBridge(cut=0.0).fit(new @ turn, new)
    np.testing.assert_allclose(bridge.relative_old(new @ turn), bridge.relative_new(new), atol=1e-4)
    assert bridge.report().found == 1.0
    # the way back solves the least squares: no other vector has a representation nearer to the one asked for
    asked = bridge.relative_new(new[:1])[0]
    back = bridge.back_.T @ asked
    best = np.linalg.norm(bridge.old_anchors_ @ back - asked)
    for _ in range(50):
        other = back + 0.01 * rng.standard_normal(6)
        assert np.linalg.norm(bridge.old_anchors_ @ other - asked) >= best - 1e-6


def test_a_cut_of_everything_is_refused():
    with pytest.raises(ValueError, match="cut must be"):
        RelativeBridge(cut=1.0)
