"""Orders written by pointing: sorting is learned, sets have no order, the loss and the beam by hand."""

from itertools import permutations

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.rank.pointer_network import PointerNetwork
from octavo.rank.read_process import ReadProcess, ReadProcessWrite
from octavo.training import train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def numbers(count, length, seed):
    x = np.random.default_rng(seed).random((count, length, 1), dtype=np.float32)
    return x, np.argsort(x[..., 0], axis=1)


MAKERS = {
    "pointer network": lambda: PointerNetwork(1, width=16),
    "read, process, write": lambda: ReadProcessWrite(1, width=16, steps=3),
}


@pytest.mark.parametrize("name", MAKERS)
def test_three_numbers_are_sorted(name):
    model, (x, order) = MAKERS[name](), numbers(64 * 80, 3, 0)
    chosen = [slice(low, low + 64) for low in range(0, len(x), 64)]
    given, right = torch.from_numpy(x), torch.from_numpy(order)
    for _ in train(model, lambda rows: model.loss(given[rows], right[rows]), chosen, rate=1e-2):
        pass
    fresh, wanted = numbers(200, 3, 1)
    assert (model.orders(fresh) == wanted).all(axis=1).mean() > 0.9


@pytest.mark.parametrize("name", MAKERS)
def test_every_answer_is_an_order(name):
    model, (x, _) = MAKERS[name](), numbers(20, 6, 2)
    for beam in (1, 3):
        written = model.orders(x, beam=beam)
        assert (np.sort(written, axis=1) == np.arange(6)).all()
    assert model.orders(x[:, :1]).tolist() == [[0]] * 20


@pytest.mark.parametrize("name", MAKERS)
def test_a_wide_beam_finds_the_most_likely_order(name):
    model, (x, _) = MAKERS[name](), numbers(5, 4, 3)
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 3  # orders far from equally likely
        every = np.array(list(permutations(range(4))))
        found = model.orders(x, beam=24)
        for row, best in zip(x, found, strict=True):
            repeated = torch.from_numpy(np.repeat(row[None], 24, axis=0))
            losses = [model.loss(repeated[:1], torch.from_numpy(order[None])).item() for order in every]
            assert model.loss(repeated[:1], torch.from_numpy(best[None])).item() == pytest.approx(
                min(losses), abs=1e-5
            )
            # All orders together are certain: the losses are -log p / 4.
            assert sum(np.exp(-4 * np.array(losses))) == pytest.approx(1, abs=1e-4)


def test_where_it_may_point_twice_all_sequences_together_are_certain():
    model, (x, _) = PointerNetwork(1, width=8, once=False), numbers(1, 2, 4)
    every = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    losses = [model.loss(torch.from_numpy(x), order[None]).item() for order in every]
    assert sum(np.exp(-2 * np.array(losses))) == pytest.approx(1, abs=1e-5)
    assert model.orders(x, beam=4).tolist() == [every[int(np.argmin(losses))].tolist()]


def test_a_set_has_no_order():
    model = ReadProcessWrite(2, width=8, steps=4)
    x = torch.rand(6, 5, 2)
    turn = torch.randperm(5)
    one, _ = model.process(x)
    other, _ = model.process(x[:, turn])
    torch.testing.assert_close(one, other)
    written = torch.from_numpy(model.orders(x.numpy()))
    again = torch.from_numpy(model.orders(x[:, turn].numpy()))
    torch.testing.assert_close(written, turn[again])


def test_a_list_has_one():
    model, x = PointerNetwork(2, width=8), torch.rand(6, 5, 2)
    one, _ = model.read(x)
    other, _ = model.read(x.flip(1))
    assert (one - other.flip(1)).abs().max() > 1e-3


def test_without_steps_every_set_is_the_same_and_fillers_do_not_count():
    x = torch.rand(4, 3, 2)
    still, _ = ReadProcess(2, steps=0)(x)
    assert (still == 0).all()
    process = ReadProcess(2, width=8, steps=3)
    longer = torch.cat([x, torch.rand(4, 2, 2)], dim=1)
    there = torch.tensor([[True] * 3 + [False] * 2] * 4)
    torch.testing.assert_close(process(x)[0], process(longer, there)[0])


@pytest.mark.parametrize("name", MAKERS)
def test_what_cannot_be_used_is_refused(name):
    model = MAKERS[name]()
    for x in (np.zeros((2, 3)), np.zeros((2, 0, 1)), np.zeros((2, 3, 2))):
        with pytest.raises(ShapeError, match=r"\(N, T, 1\)"):
            model.orders(x)
    with pytest.raises(ShapeError, match="finite"):
        model.orders(np.full((1, 2, 1), np.nan))
    with pytest.raises(ShapeError, match=r"order must be \(2, 3\)"):
        model.loss(torch.zeros(2, 3, 1), torch.zeros(2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="want a beam"):
        model.orders(np.zeros((1, 2, 1)), beam=0)
    with pytest.raises(ValueError, match="want a dim"):
        type(model)(0)
