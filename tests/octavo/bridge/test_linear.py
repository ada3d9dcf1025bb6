"""Procrustes, ridge and canonical correlation against plain loops, against each other, and on the disk."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.bridge.anchors import anchors
from octavo.bridge.linear import Canonical, Procrustes, Ridge, load_linear, whitening
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.testing import check_bridge

METHODS = (Procrustes, Ridge, Canonical)


def pairs(rows=200, old=6, new=8, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, new)) * np.linspace(2, 0.5, new) + 0.5
    y = x @ rng.standard_normal((new, old)) + noise * rng.standard_normal((rows, old))
    return tuple((z / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32) for z in (y, x))


@pytest.mark.parametrize("make", [Procrustes, lambda: Ridge(1e-3), Canonical])
def test_it_keeps_the_promises_of_a_bridge(make):
    check_bridge(make)


def test_the_rotation_is_one_and_no_other_is_better():
    old, new = pairs(old=5, new=5)
    learned = Procrustes().fit(old, new)
    kept = anchors(old, new)
    x, y = kept.new - learned.new_mean_, kept.old - learned.old_mean_
    spread = np.linalg.norm(y) / np.linalg.norm(x)
    turn = learned.matrix_ / spread
    np.testing.assert_allclose(turn @ turn.T, np.eye(5), atol=1e-5)
    best = np.linalg.norm(x @ turn - y)
    rng = np.random.default_rng(1)
    for _ in range(200):
        other = np.linalg.qr(rng.standard_normal((5, 5)))[0]
        assert np.linalg.norm(x @ other - y) >= best - 1e-6
    # nor does any small turn from it help
    for i in range(5):
        for j in range(i):
            for angle in (0.01, -0.01):
                small = np.eye(5)
                small[i, i] = small[j, j] = np.cos(angle)
                small[i, j], small[j, i] = np.sin(angle), -np.sin(angle)
                assert np.linalg.norm(x @ turn @ small - y) >= best - 1e-6


def test_the_regression_has_no_gradient_left():
    old, new = pairs()
    learned = Ridge(0.5).fit(old, new)
    kept = anchors(old, new)
    x, y = kept.new - learned.new_mean_, kept.old - learned.old_mean_
    # undo the spread: the regression alone minimises |X W - Y|² + λ |W|²
    weight = 0.5 * sum((x[:, column] ** 2).sum() for column in range(8)) / 8
    w = learned.matrix_
    scale = (y * (x @ w)).sum() / (((x @ w) ** 2).sum() + weight * (w**2).sum())
    gradient = x.T @ (x @ (w * scale) - y) + weight * w * scale
    assert np.abs(gradient).max() < 1e-3 * np.abs(x.T @ y).max()


def test_whitening_gives_every_direction_the_same_variance_and_goes_back():
    _, x = pairs(rows=500)
    x = (x - x.mean(axis=0)).astype(np.float64)
    white, back = whitening(x, 1e-9)
    np.testing.assert_allclose(np.cov((x @ white).T, bias=True), np.eye(8), atol=1e-4)
    np.testing.assert_allclose(white @ back, np.eye(8), atol=1e-6)


def test_of_two_shared_directions_canonical_correlation_keeps_those():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((600, 2))
    x = np.hstack([rng.standard_normal((600, 4)) * 3, shared]).astype(np.float32)
    y = np.hstack([shared @ np.array([[0.6, 0.8], [-0.8, 0.6]]), rng.standard_normal((600, 3)) * 3])
    learned = Canonical(2, floor=1e-6).fit(y.astype(np.float32), x)
    weights = np.linalg.norm(learned.matrix_, axis=1)
    assert weights[4:].min() > 20 * weights[:4].max()


@given(st.integers(0, 10_000), st.sampled_from(METHODS))
def test_a_rotation_of_the_new_space_changes_nothing(seed, method):
    old, new = pairs(seed=seed % 7)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((8, 8)))[0].astype(np.float32)
    before = method().fit(old, new).to_old(new[:20])
    after = method().fit(old, new @ turn).to_old(new[:20] @ turn)
    np.testing.assert_allclose(after, before, atol=2e-3)


def test_the_report_is_of_anchors_it_did_not_learn_from():
    old, new = pairs(rows=300)
    report = Ridge().fit(old, new).report()
    assert (report.anchors, report.aside) == (270, 30)
    shuffled = old[np.random.default_rng(0).permutation(300)]
    lost = Ridge().fit(shuffled, new).report()
    assert lost.found < 0.2 < 0.5 < report.found
    assert lost.cosine < report.cosine


@pytest.mark.parametrize("make", [lambda: Ridge(0), lambda: Canonical(0), lambda: Canonical(5, floor=0)])
def test_what_cannot_be_asked_is_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_same_bridge_in_another_process(method, tmp_path):
    old, new = pairs()
    bridge = method().fit(old, new)
    bridge.save(tmp_path)
    np.save(tmp_path / "x.npy", new[:9])
    code = (
        "import sys, numpy as np; from pathlib import Path; from octavo.bridge.linear import load_linear\n"
        "folder = Path(sys.argv[1]); bridge = load_linear(folder)\n"
        "np.save(folder / 'y.npy', bridge.to_old(np.load(folder / 'x.npy'))); print(type(bridge).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == method.__name__
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), bridge.to_old(new[:9]))
    assert load_linear(tmp_path).report() == pytest.approx(bridge.report())


def test_a_saved_bridge_that_was_tampered_with_or_is_of_another_version_is_refused(tmp_path):
    Procrustes().fit(*pairs()).save(tmp_path)
    content = json.loads((tmp_path / "saved.json").read_text())
    (tmp_path / "saved.json").write_text(json.dumps(content | {"version": 99}))
    with pytest.raises(SavedFileError):
        load_linear(tmp_path)
    Procrustes().fit(*pairs()).save(tmp_path)
    array = next(tmp_path.glob("matrix-*.npy"))
    array.write_bytes(array.read_bytes()[:-8] + b"\0" * 8)
    with pytest.raises(SavedFileError, match="altered"):
        load_linear(tmp_path)
    with pytest.raises(NotFittedError):
        Ridge().save(tmp_path)


def test_three_anchors_are_too_few():
    with pytest.raises(ShapeError, match=r"old must have at least 4 rows, got \(3, 6\)"):
        Ridge().fit(*(x[:3] for x in pairs()))
