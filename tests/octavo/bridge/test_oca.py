"""OCA: its loss in plain loops, angles that the orthogonal layer leaves alone, and a bridge like any other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from octavo.bridge.oca import OcaBridge, OcaLayer, OcaLoss
from octavo.testing import check_bridge


def test_it_keeps_the_promises_of_a_bridge():
    check_bridge(lambda: OcaBridge(extra=4, steps=120), recall=0.8)


def length(x):
    return math.sqrt(sum(a * a for a in x))


def test_the_loss_is_the_equation():
    rng = np.random.default_rng(0)
    z, o, old, new = (rng.standard_normal((4, d)).astype(np.float32) for d in (6, 6, 3, 5))
    o /= np.linalg.norm(o, axis=1, keepdims=True)
    total = 0.0
    for i in range(4):
        scores_new, scores_old = [], []
        for j in range(4):
            scores_new.append(7 * sum(a * b for a, b in zip(o[i], new[j], strict=False)) / length(new[j]))
            dot = sum(a * b for a, b in zip(z[i], old[j], strict=False))
            scores_old.append(7 * dot / length(z[i][:3]) / length(old[j]))
        total += 5 * (math.log(sum(map(math.exp, scores_new))) - scores_new[i]) / 4
        total += 10 * (math.log(sum(map(math.exp, scores_old))) - scores_old[i]) / 4
        total += 5 * (1 - scores_old[i] / 7) / 4
    loss = OcaLoss(scale=7)(*map(torch.from_numpy, (z, o, old, new)))
    assert loss.item() == pytest.approx(total, rel=1e-4)


def test_the_orthogonal_layer_changes_no_angle():
    torch.manual_seed(0)
    layer = OcaLayer(6, 8, 3)
    with torch.no_grad():
        layer.turn.weight = torch.linalg.qr(torch.randn(9, 9))[0]
        z, o = layer(torch.randn(20, 8))
    assert z.shape == o.shape == (20, 9)
    torch.testing.assert_close(o @ o.T, z @ z.T, atol=1e-5, rtol=0)
    assert not torch.allclose(o, z, atol=0.1)


def test_among_themselves_new_vectors_stay_as_near_as_they_were():
    rng = np.random.default_rng(0)
    new = rng.standard_normal((300, 12)).astype(np.float32)
    old = new[:, :5] @ rng.standard_normal((5, 5)).astype(np.float32)
    bridge = OcaBridge(extra=4, steps=300).fit(old, new)
    z = bridge.transform(new)
    new /= np.linalg.norm(new, axis=1, keepdims=True)
    above = np.triu_indices(300, 1)
    assert np.corrcoef((z @ z.T)[above], (new @ new.T)[above])[0, 1] > 0.7
    np.testing.assert_allclose(
        bridge.to_old(new[:3]), z[:3, :5] / np.linalg.norm(z[:3, :5], axis=1)[:, None], rtol=1e-5
    )


def test_the_same_seed_gives_the_same_bridge_and_torch_keeps_its_chance():
    rng = np.random.default_rng(0)
    old, new = (rng.standard_normal((40, d)).astype(np.float32) for d in (4, 6))
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    one, other, third = (OcaBridge(steps=5, seed=seed).fit(old, new).to_old(new) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize("given", [{"extra": -1}, {"steps": 0}])
def test_what_cannot_be_asked_is_refused(given):
    with pytest.raises(ValueError, match="must be at least"):
        OcaBridge(**given)
