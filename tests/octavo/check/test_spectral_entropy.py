import math

import numpy as np
import pytest

from octavo.check.spectral_entropy import (
    LARGEST,
    bandwidth,
    diffusion_spectral_entropy,
    diffusion_spectral_information,
)
from octavo.exceptions import ShapeError
from octavo.testing import check_measure

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 6)).astype(np.float32)


def by_hand(x, sigma, t):
    n = len(x)
    g = [
        [math.exp(-sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) / (2 * sigma**2)) for q in x]
        for p in x
    ]
    degree = [sum(row) for row in g]
    # The walk's own matrix, which is not symmetric, has the same eigenvalues.
    walk = np.array([[g[i][j] / degree[i] for j in range(n)] for i in range(n)])
    values = np.abs(np.linalg.eigvals(walk)) ** t
    return -sum(p * math.log2(p) for p in values / values.sum() if p > 0)


@pytest.mark.parametrize(("sigma", "t"), [(0.5, 1), (2.0, 1), (2.0, 4)])
def test_it_is_the_entropy_of_the_walk(sigma, t):
    expected = by_hand(X.astype(float).tolist(), sigma, t)
    assert diffusion_spectral_entropy(X, sigma=sigma, t=t) == pytest.approx(expected, abs=1e-6)


def test_it_keeps_to_the_contract_of_a_measure():
    turn = np.linalg.qr(RNG.standard_normal((6, 6)))[0].astype(np.float32)
    changes = [lambda x: x @ turn, lambda x: x + np.float32(3), lambda x: x[::-1].copy(), lambda x: 7 * x]
    check_measure(
        diffusion_spectral_entropy, [X], diffusion_spectral_entropy(X), unchanged_by=changes, tolerance=1e-3
    )


def test_so_many_distant_clusters_so_many_bits():
    centres = 100 * np.eye(8, dtype=np.float32)
    x = np.repeat(centres, 16, axis=0) + 0.01 * RNG.standard_normal((128, 8)).astype(np.float32)
    assert diffusion_spectral_entropy(x, sigma=1.0) == pytest.approx(3, abs=0.05)
    assert diffusion_spectral_information(x, np.repeat(np.arange(8), 16), sigma=1.0) == pytest.approx(
        3, abs=0.3
    )


def test_equal_rows_have_no_entropy_and_distinct_ones_under_no_width_all_of_it():
    assert diffusion_spectral_entropy(np.ones((9, 3), np.float32)) == pytest.approx(0, abs=1e-9)
    assert diffusion_spectral_entropy(X, sigma=1e-6) == pytest.approx(math.log2(40))


def test_the_default_width_of_the_paper_fails_among_unit_vectors_and_ours_does_not():
    x = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert diffusion_spectral_entropy(x, sigma=10) < 0.2
    assert diffusion_spectral_entropy(x) > 1


def test_labels_without_meaning_tell_nothing():
    x = RNG.standard_normal((200, 4)).astype(np.float32)
    meant = (x[:, 0] > 0).astype(int)
    x[:, 0] += 8 * meant
    told = diffusion_spectral_information(x, meant, draws=10)
    assert told > 0.5
    assert abs(diffusion_spectral_information(x, RNG.permutation(meant), draws=10)) < told / 5
    assert diffusion_spectral_information(x, np.zeros(200, int)) == pytest.approx(0, abs=1e-9)


def test_noise_is_forgotten_by_more_steps():
    angles = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    noisy = np.concatenate([circle, np.zeros((150, 18))], axis=1) + 0.1 * RNG.standard_normal((150, 20))
    grown = [
        diffusion_spectral_entropy(noisy.astype(np.float32), sigma=0.5, t=t)
        - diffusion_spectral_entropy(circle.astype(np.float32), sigma=0.5, t=t)
        for t in (1, 8)
    ]
    assert abs(grown[1]) < grown[0] / 2


def test_the_width_scales_with_the_vectors():
    assert bandwidth(3 * X) == pytest.approx(3 * bandwidth(X), rel=1e-4)
    assert bandwidth(X[:3]) > 0


def test_what_cannot_be_measured_is_refused():
    for wrong in (X[:1], np.zeros((LARGEST + 1, 1), np.float32), X.astype(int), X[0]):
        with pytest.raises(ShapeError, match="x must"):
            diffusion_spectral_entropy(wrong)
    with pytest.raises(ShapeError, match=r"y must have the shape \(40,\), got \(39,\)"):
        diffusion_spectral_information(X, np.zeros(39, int))
    with pytest.raises(ShapeError, match="y must label every row"):
        diffusion_spectral_information(X, np.r_[0, np.full(39, -1)])
    with pytest.raises(ValueError, match="sigma must be positive"):
        diffusion_spectral_entropy(X, sigma=-1)
