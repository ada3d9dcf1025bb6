"""Adapters side by side: they begin as nothing, their mixture as their mean, and only the mixing learns."""

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.rank.x_cross import Adapter, XCross


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def stirred(seed, dim=6, layers=2):
    """An adapter that has learned something."""
    adapter, chance = Adapter(dim, layers=layers, width=5, seed=seed), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in adapter.parameters():
            weight += 0.5 * torch.randn(weight.shape, generator=chance)
    return adapter


def test_an_adapter_begins_as_nothing():
    x = torch.randn(4, 6)
    torch.testing.assert_close(Adapter(6)(x), x)
    made = Adapter(6).apply_to(x.numpy())
    np.testing.assert_allclose(made, x.numpy() / np.linalg.norm(x.numpy(), axis=1, keepdims=True), rtol=1e-5)


def test_a_mixture_begins_as_the_mean_of_its_adapters():
    adapters, x = [stirred(seed) for seed in range(3)], torch.randn(5, 6)
    torch.testing.assert_close(XCross(adapters)(x), torch.stack([each(x) for each in adapters]).mean(dim=0))


def test_the_mixing_in_plain_loops():
    adapters, x = [stirred(seed) for seed in range(3)], torch.randn(6)
    model = XCross(adapters)
    with torch.no_grad():
        for weight in model.integrators.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(9))
        states = [x, x, x]
        for depth in range(2):
            states = [h + each.layers[depth](h) for h, each in zip(states, adapters, strict=True)]
            after = []
            for i in range(3):
                others = [j for j in range(3) if j != i]
                taken = states[i]
                for place, j in enumerate(others):
                    integrator = model.integrators[depth][2 * i + place]
                    taken = taken + torch.tanh(integrator(torch.cat([states[i], states[j]]))) * states[j]
                after.append(taken)
            states = after
        torch.testing.assert_close(model(x), sum(states) / 3)


def test_only_the_mixing_learns_and_the_adapters_given_stay():
    adapters = [stirred(seed) for seed in range(2)]
    before = [weight.detach().clone() for each in adapters for weight in each.parameters()]
    model = XCross(adapters)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    assert sum(map(torch.numel, learning)) == 2 * 2 * 13  # layers, pairs, two states and a constant
    optimiser = torch.optim.SGD(learning, lr=1.0)
    for _ in range(2):
        loss = (model(torch.randn(8, 6)) - 1).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert max(weight.abs().max() for weight in learning) > 0
    for weight, was in zip(
        (weight for each in adapters for weight in each.parameters()), before, strict=True
    ):
        torch.testing.assert_close(weight, was)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="want a dim"):
        Adapter(0)
    for wrong in ([stirred(0)], [stirred(0), stirred(1, dim=5)], [stirred(0), stirred(1, layers=1)]):
        with pytest.raises(ShapeError, match="two or more of one dim and depth"):
            XCross(wrong)
    for model in (stirred(0), XCross([stirred(0), stirred(1)])):
        with pytest.raises(ShapeError, match=r"x must have the shape \(N, 6\)"):
            model.apply_to(np.ones((2, 5)))
