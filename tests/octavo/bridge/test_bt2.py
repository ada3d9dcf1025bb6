"""BT²: rotations that keep all the new encoder says, its loss in plain loops, and a bridge like any other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from octavo.bridge.bt2 import BasisTransformation, Bt2Bridge, CompatibilityLoss
from octavo.testing import check_bridge


def test_it_keeps_the_promises_of_a_bridge():
    check_bridge(lambda: Bt2Bridge(extra=4, steps=120), dim=16)


def test_both_bases_are_orthogonal_and_nothing_the_new_encoder_says_is_lost():
    torch.manual_seed(0)
    layer = BasisTransformation(6, 8, 3)
    with torch.no_grad():
        layer.first.weight = torch.linalg.qr(torch.randn(8, 8))[0]
        layer.second.weight = torch.linalg.qr(torch.randn(11, 11))[0]
        f = torch.randn(20, 8)
        v = layer(f)
        beside = layer.beside(f)
        torch.testing.assert_close(v @ v.T, beside @ beside.T + 9 * f @ f.T, atol=1e-3, rtol=0)
        # undone, the new vector is there again
        back = (v @ layer.second.weight)[:, 3:] @ layer.first.weight / 3
        torch.testing.assert_close(back, f, atol=1e-4, rtol=0)


def test_the_loss_is_the_equation():
    rng = np.random.default_rng(0)
    b, old = (rng.standard_normal((4, 3)) for _ in range(2))
    total = 0.0
    for i in range(4):
        cosines = []
        for j in range(4):
            dot = sum(x * y for x, y in zip(b[i], old[j], strict=True))
            cosines.append(dot / math.sqrt(sum(b[i] ** 2)) / math.sqrt(sum(old[j] ** 2)))
        total += 10 * (math.log(sum(math.exp(7 * c) for c in cosines)) - 7 * cosines[i]) / 4
        total += 5 * (1 - cosines[i]) / 4
    loss = CompatibilityLoss(scale=7)(torch.from_numpy(b), torch.from_numpy(old))
    assert loss.item() == pytest.approx(total, rel=1e-6)


def test_a_wider_old_space_gets_the_dimensions_it_needs():
    layer = BasisTransformation(20, 8, 3)
    assert layer.extra == 12
    assert layer(torch.randn(2, 8)).shape == (2, 20)
    assert BasisTransformation(4, 8, 0)(torch.randn(2, 8)).shape == (2, 8)


def test_the_same_seed_gives_the_same_bridge():
    rng = np.random.default_rng(0)
    old, new = (rng.standard_normal((40, d)).astype(np.float32) for d in (4, 6))
    one, other, third = (Bt2Bridge(steps=5, seed=seed).fit(old, new).to_old(new) for seed in (1, 1, 2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize("given", [{"extra": -1}, {"steps": 0}])
def test_what_cannot_be_asked_is_refused(given):
    with pytest.raises(ValueError, match="must be at least"):
        Bt2Bridge(**given)
