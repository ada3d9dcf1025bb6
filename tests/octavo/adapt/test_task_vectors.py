"""Mixing task vectors: by hand, a community that is found again, and what is refused."""

import numpy as np
import pytest
import torch

from octavo.adapt.task_vectors import TaskVectors, task_vector
from octavo.exceptions import ShapeError
from octavo.lab.newcomers import Scalar


@pytest.fixture
def communities():
    """Everybody's network knows nothing; each of three communities likes what is high in a place of its own."""
    network = Scalar(6, 8)
    vectors = []
    x = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
    for place in range(3):
        taught = Scalar(6, 8)
        optimiser = torch.optim.Adam(taught.parameters(), lr=0.02)
        for _ in range(150):
            loss = torch.nn.functional.mse_loss(taught(x), x[:, place])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        vectors.append(task_vector(network, taught))
    return network, vectors, x.numpy()


def test_mixing_by_hand(communities):
    network, vectors, x = communities
    model = TaskVectors(network, vectors)
    np.testing.assert_allclose(model.scores(x), network(torch.from_numpy(x)).detach(), atol=1e-6)
    with torch.no_grad():
        model.scales.copy_(torch.arange(12.0).view(3, 4))
    for place, (name, value) in enumerate(network.named_parameters()):
        wanted = value + sum((4 * i + place) * vectors[i][name] for i in range(3))
        torch.testing.assert_close(model.moved()[name], wanted)
    one = TaskVectors(network, vectors, blockwise=False)
    with torch.no_grad():
        one.scales.copy_(torch.tensor([[0.0], [1.0], [0.0]]))
    np.testing.assert_allclose(np.corrcoef(one.scores(x), x[:, 1])[0, 1], 1, atol=0.05)
    assert one.numbers.shape == (3, 1)


@pytest.mark.parametrize("blockwise", [True, False])
def test_a_newcomer_of_a_community_is_known_from_few_signals(communities, blockwise):
    network, vectors, x = communities
    liked = np.where(x[:, 2] > 0, 1, -1)
    model = TaskVectors(network, vectors, blockwise=blockwise).fit(x[:8], liked[:8])
    assert ((model.scores(x[8:]) > 0) == (liked[8:] > 0)).mean() > 0.75
    again = TaskVectors(network, vectors, blockwise=blockwise).fit(x[:8], -liked[:8]).fit(x[:8], liked[:8])
    np.testing.assert_array_equal(again.numbers, model.numbers)


def test_loyalty_keeps_to_everybody(communities):
    network, vectors, x = communities
    free, loyal = (
        TaskVectors(network, vectors, loyalty=loyalty).fit(x[:1], [1]).numbers for loyalty in (0.01, 10)
    )
    assert np.abs(loyal).sum() < np.abs(free).sum()


def test_what_does_not_fit_is_refused(communities):
    network, vectors, x = communities
    with pytest.raises(ShapeError, match="at least one"):
        TaskVectors(network, [])
    with pytest.raises(ShapeError, match="taught must have"):
        task_vector(network, Scalar(6, 9))
    with pytest.raises(ShapeError, match="make it by task_vector"):
        TaskVectors(Scalar(6, 9), vectors)
    with pytest.raises(ValueError, match="rate above 0"):
        TaskVectors(network, vectors, rate=0)
    with pytest.raises(ShapeError, match=r"of \+1 and -1"):
        TaskVectors(network, vectors).fit(x[:2], [0, 1])
    with pytest.raises(ShapeError, match="finite"):
        TaskVectors(network, vectors).scores(np.full((1, 6), np.inf, np.float32))
