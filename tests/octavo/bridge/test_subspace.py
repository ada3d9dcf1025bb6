"""Subspace alignment: of two spaces that share some directions and a lot of noise, only those are used."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.bridge.linear import Procrustes
from octavo.bridge.subspace import SubspaceBridge
from octavo.testing import check_bridge


@pytest.mark.parametrize("alignment", ["affine", "orthogonal"])
def test_it_keeps_the_promises_of_a_bridge(alignment):
    check_bridge(lambda: SubspaceBridge(32, alignment=alignment))


def planted(rows, seed=0, shared=4, private=30, loud=3.0):
    """Two spaces that share four directions and are loud in thirty others."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((rows, shared))
    sides = []
    for _ in range(2):
        whole = np.hstack([common, loud * rng.standard_normal((rows, private))])
        sides.append((whole @ np.linalg.qr(rng.standard_normal((whole.shape[1],) * 2))[0]).astype(np.float32))
    return sides


@pytest.mark.parametrize("alignment", ["affine", "orthogonal"])
def test_it_uses_the_shared_directions_and_no_others(alignment):
    old, new = planted(2000)
    bridge = SubspaceBridge(4, alignment=alignment).fit(old, new)
    assert bridge.agreement_.min() > 0.95
    inside = (new - bridge.new_mean_) @ bridge.new_directions_
    wanted = (old - bridge.old_mean_) @ bridge.old_directions_
    correlations = [np.corrcoef(inside[:, i], wanted[:, i])[0, 1] for i in range(4)]
    assert min(correlations) > 0.95
    # and a fifth would be noise
    assert SubspaceBridge(5).fit(old, new).agreement_[4] < 0.4
    whole = Procrustes().fit(old, new).report()
    assert bridge.report().found > 3 * whole.found


def test_inside_the_directions_are_uncorrelated_with_unit_variance():
    old, new = planted(500)
    bridge = SubspaceBridge(6, floor=1e-9).fit(old, new)
    learned = np.arange(500) % 10 != 9
    inside = (new[learned] - bridge.new_mean_) @ bridge.new_directions_
    np.testing.assert_allclose(np.cov(inside.T, bias=True), np.eye(6), atol=1e-3)


@pytest.mark.parametrize("given", [{"dims": 0}, {"alignment": "bent"}, {"floor": 0.0}])
def test_what_cannot_be_asked_is_refused(given):
    with pytest.raises(ValueError, match="must be"):
        SubspaceBridge(**given)
