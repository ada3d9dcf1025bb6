"""Gates of values: by hand, noise that is shut out, and what a second learning starts from."""

import numpy as np
import pytest
import torch

from octavo.exceptions import NotFittedError, ShapeError
from octavo.lab.click_models import FactorisationMachine
from octavo.rank.clicks import Embeddings, odds
from octavo.rank.feature_selection import GatedEmbeddings, select


def test_gates_by_hand():
    table = Embeddings([3, 2], 4)
    gated, lines = GatedEmbeddings(table), torch.tensor([[0, 1], [2, -1]])
    torch.testing.assert_close(gated(lines), table(lines))
    with torch.no_grad():
        gated.gates.copy_(torch.tensor([1.0, -1.0, -0.2, 0.0, 0.3]))
    gated.temperature = 5.0
    sigmoid = [1 / (1 + np.exp(-5 * m)) for m in (1.0, -0.2, 0.3)]
    first = 1 / (1 + np.exp(-0.5))
    made = gated(lines)
    torch.testing.assert_close(made[0, 0], table.weight[0] * sigmoid[0] / first)
    torch.testing.assert_close(made[0, 1], table.weight[4] * sigmoid[2] / first)
    torch.testing.assert_close(made[1, 0], table.weight[2] * sigmoid[1] / first)
    assert not made[1, 1].any()
    gated.hard = True
    torch.testing.assert_close(gated(lines)[0, 0], table.weight[0])
    assert not gated(lines)[1].any()
    assert [each.tolist() for each in gated.kept()] == [[True, False, False], [False, True]]


@pytest.fixture(scope="module")
def planted():
    """Two fields that matter together, and one of noise with many values."""
    rng = np.random.default_rng(0)
    lines = np.column_stack([rng.integers(0, 4, (1500, 2)), rng.integers(0, 300, 1500)])
    return lines, lines[:, 0] == lines[:, 1]


def test_noise_is_shut_out_and_what_tells_stays(planted):
    lines, opened = planted
    table = GatedEmbeddings(Embeddings([4, 4, 300], 8, spread=0.3))
    model = select(
        FactorisationMachine(table), table, lines[:1200], opened[:1200], strength=2.0, epochs=20, size=100
    )
    kept = table.kept()
    assert kept[0].all()
    assert kept[1].all()
    assert kept[2].mean() < 0.3
    assert ((odds(model, lines[1200:]) > 0) == opened[1200:]).mean() > 0.95


def test_without_a_strength_little_is_left_out_and_it_is_the_same_again(planted):
    lines, opened = planted
    found = []
    for _ in range(2):
        table = GatedEmbeddings(Embeddings([4, 4, 300], 8))
        model = FactorisationMachine(table)
        select(model, table, lines, opened, strength=0.0, epochs=2)
        select(model, table, lines, opened, strength=0.0, epochs=2)
        found.append(table.gates.detach().numpy().copy())
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] > 0).mean() > 0.9


def test_what_has_no_sense_is_refused(planted):
    lines, opened = planted
    table = GatedEmbeddings(Embeddings([4, 4, 300], 2))
    model = FactorisationMachine(table)
    with pytest.raises(NotFittedError, match="call select"):
        table.kept()
    with pytest.raises(ValueError, match="strength"):
        select(model, table, lines, opened, strength=-1)
    with pytest.raises(ShapeError, match=r"\(N, 3\)"):
        select(model, table, lines[:, 1:], opened)
    with pytest.raises(ShapeError, match="every gate is shut"):
        select(model, table, lines, opened, strength=1e6, epochs=30, size=100, rate=0.1)
