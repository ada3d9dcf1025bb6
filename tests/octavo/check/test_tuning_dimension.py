"""Intrinsic dimension of fine-tuning: only d numbers move, along P, and the smallest d that is enough is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from octavo.check.tuning_dimension import InSubspace, d90
from octavo.lab.network import right, train


def test_at_the_start_it_is_the_network_itself_which_is_left_alone():
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    x = torch.randn(5, 4)
    small = InSubspace(network, 6)
    torch.testing.assert_close(small(x), network(x))
    with torch.no_grad():
        small.point += 1.0
    assert not torch.allclose(small(x), network(x))
    torch.testing.assert_close(InSubspace(network, 6)(x), network(x))
    assert sum(p.numel() for p in small.parameters() if p.requires_grad) == 6 + 4
    assert sum(p.numel() for p in InSubspace(network, 6, layered=False).parameters() if p.requires_grad) == 6


def test_every_parameter_moves_as_the_equation_says():
    network = nn.Linear(3, 2)
    small = InSubspace(network, 4, seed=1)
    with torch.no_grad():
        small.point.copy_(torch.tensor([1.0, -2.0, 0.5, 3.0]))
        small.strength.copy_(torch.tensor([2.0, -1.0]))
    point = small.point.tolist()
    step = [sum(p * t for p, t in zip(row, point, strict=True)) for row in small.projections.tolist()]
    moved = small.moved()
    flat = network.weight.detach().flatten().tolist()
    wanted = [value + 2.0 * part for value, part in zip(flat, step[:6], strict=True)]
    np.testing.assert_allclose(moved["weight"].detach().flatten(), wanted, rtol=1e-4)
    wanted = [value - part for value, part in zip(network.bias.tolist(), step[6:], strict=True)]
    np.testing.assert_allclose(moved["bias"].detach(), wanted, rtol=1e-4)


def test_a_few_numbers_learn_a_task_of_few_and_the_network_stays():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 2
    x = rng.standard_normal((300, 20)).astype(np.float32)
    x[:, 0] += 4 * labels
    network = nn.Linear(20, 2)
    before = network.weight.detach().clone()
    small = InSubspace(network, 25)
    for _ in train(small, x, labels, steps=300, rate=0.05):
        pass
    assert right(small, x, labels) > 0.9
    assert torch.equal(network.weight, before)


def test_the_same_seed_is_the_same_subspace():
    network = nn.Linear(4, 2)
    one, other, third = (InSubspace(network, 3, seed=seed).projections for seed in (1, 1, 2))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


def test_the_smallest_dimension_that_is_enough_is_found():
    scores = {4: 0.30, 16: 0.74, 64: 0.78, 256: 0.81}
    assert d90(scores, 0.80) == 16
    assert d90(scores, 0.80, least=0.30) == 64
    assert d90(scores, 0.80, share=1.0) == 256
    assert math.isinf(d90(scores, 0.95))


def test_what_is_no_dimension_is_refused():
    network = nn.Linear(4, 2)
    with pytest.raises(ValueError, match="dim must be at least 1"):
        InSubspace(network, 0)
    with pytest.raises(ValueError, match="dim must be at most 40000000 for"):
        InSubspace(network, 10**9)
    with pytest.raises(ValueError, match="scores must hold"):
        d90({}, 0.5)
    with pytest.raises(ValueError, match=r"full must be above 0\.5"):
        d90({1: 0.1}, 0.5, least=0.5)
