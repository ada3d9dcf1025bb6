"""Weights made by a condition: by hand, of one length, and a condition that changes what is said."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from octavo.adapt.magnitude_invariant import Hypernetwork, encoded
from octavo.exceptions import ShapeError
from octavo.moving import flat, values_of


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_every_condition_is_told_at_the_same_length(values):
    made = encoded(torch.tensor(values))
    assert made.norm() ** 2 == pytest.approx(len(values), rel=1e-4)
    half = len(values)
    for place, value in enumerate(values):
        assert made[place] == pytest.approx(np.cos(np.pi * value / 2), abs=1e-5)
        assert made[half + place] == pytest.approx(np.sin(np.pi * value / 2), abs=1e-5)


@pytest.mark.parametrize("encode", [True, False])
@pytest.mark.parametrize("residual", [True, False])
def test_weights_by_hand(encode, residual):
    network = nn.Linear(3, 2)
    whole = Hypernetwork(network, 2, hidden=5, encode=encode, residual=residual)
    condition = torch.tensor([0.25, 0.8])
    told = encoded(condition) if encode else condition
    row = whole.outer(nn.functional.leaky_relu(whole.inner(told)))
    if residual:
        row = row + flat(values_of(network))
    weights = whole.weights(condition)
    torch.testing.assert_close(weights["weight"], row[:6].view(2, 3))
    torch.testing.assert_close(weights["bias"], row[6:])
    x = torch.randn(4, 3)
    torch.testing.assert_close(whole(condition, x), x @ weights["weight"].T + weights["bias"])
    np.testing.assert_allclose(
        whole.under(condition.numpy(), x.numpy()), whole(condition, x).detach(), rtol=1e-5
    )


def test_with_residuals_it_begins_near_the_network_itself():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    x = torch.randn(20, 4)
    near, far = (Hypernetwork(network, residual=residual) for residual in (True, False))
    condition = torch.tensor([0.3])
    apart = [float((whole(condition, x) - network(x)).detach().norm()) for whole in (near, far)]
    assert apart[0] < 0.1 * float(network(x).detach().norm()) < apart[1]


def test_it_learns_to_turn_with_its_condition():
    """The planted answer of a direction that the condition turns by up to a right angle."""
    chance = torch.Generator().manual_seed(0)
    x, network = torch.randn(400, 2, generator=chance), nn.Linear(2, 1)
    whole = Hypernetwork(network)
    optimiser = torch.optim.Adam(whole.parameters(), lr=0.02)
    for step in range(300):
        angle = torch.tensor([(step * 0.37) % 1])
        wanted = x @ torch.stack([torch.cos(angle * torch.pi / 2), torch.sin(angle * torch.pi / 2)])
        loss = (whole(angle, x) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for angle in (0.0, 0.5, 1.0):
        wanted = x.numpy() @ np.array([[np.cos(angle * np.pi / 2)], [np.sin(angle * np.pi / 2)]])
        assert np.abs(whole.under([angle], x.numpy()) - wanted).mean() < 0.05
    assert np.abs(whole.under(0.0, x.numpy()) - whole.under(1.0, x.numpy())).mean() > 0.5


def test_what_has_no_sense_is_refused():
    whole = Hypernetwork(nn.Linear(2, 1), 2)
    x = np.ones((3, 2), np.float32)
    with pytest.raises(ShapeError, match="from 0 to 1"):
        whole.under([0.2, 1.5], x)
    with pytest.raises(ShapeError, match=r"condition must have the shape \(N, 2\)"):
        whole.under([0.2], x)
    with pytest.raises(ShapeError, match="finite"):
        whole.under([np.nan, 0.2], x)
    with pytest.raises(ShapeError, match="floating-point"):
        whole.under([0, 1], x)
    with pytest.raises(ValueError, match="conditions and hidden"):
        Hypernetwork(nn.Linear(2, 1), 0)
