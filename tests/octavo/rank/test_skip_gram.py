"""Pairs drawn as they should be, the loss by hand, and likeness told apart from company."""

from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.rank.co_reading import CoReading
from octavo.rank.dual_embeddings import DualEmbeddings
from octavo.rank.skip_gram import SkipGram, basket_pairs, visit_pairs
from octavo.training import batches, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def taught(model, pairs, steps=150, rate=0.03):
    for _ in train(
        model, lambda rows: model.loss(pairs[rows]), batches(len(pairs), 512, steps=steps, seed=0), rate=rate
    ):
        pass
    return model


def test_the_loss_by_hand():
    model = SkipGram([5, 3, 2], dim=4, negatives=2, power=0.0, seed=1)
    with torch.no_grad():
        model.around[:] = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    u, w = model.vectors()

    def softly(x):
        return -log(1 / (1 + exp(-x)))

    # Drawn evenly, the draws' mean comes near that of all three items.
    losses = [model.loss([[0, 1], [2, 0]]).item() for _ in range(300)]
    near = (softly(u[0] @ w[1]) + softly(u[2] @ w[0])) / 2
    far = np.mean([softly(-u[i] @ w[j]) for i in (0, 2) for j in range(3)])
    assert np.mean(losses) == pytest.approx(near + 2 * far, rel=0.02)


def test_items_nobody_saw_are_never_drawn():
    model = SkipGram([1, 0, 1], dim=4, power=0.0)
    model.loss([[0, 2]] * 20).backward()
    assert model.around.grad[1].abs().max() == 0
    assert model.around.grad[0].abs().max() > 0


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6), st.integers(1, 3))
def test_pairs_of_baskets_are_of_two_items_of_one_basket(baskets, each):
    large = [set(basket) for basket in baskets if len(set(basket)) > 1]
    if not large:
        with pytest.raises(ShapeError, match="at least two items"):
            basket_pairs(baskets, each=each, seed=0)
        return
    pairs = basket_pairs(baskets, each=each, seed=0)
    assert len(pairs) == each * sum(map(len, large))
    assert all(a != b and any({a, b} <= basket for basket in large) for a, b in pairs.tolist())


def test_pairs_of_visits_keep_to_the_window_whatever_the_order_within():
    histories = [[[1, 2], [3], [], [4, 5]], [[7]]]
    seen = {
        tuple(pair) for seed in range(40) for pair in visit_pairs(histories, window=2, seed=seed).tolist()
    }
    assert seen == {(b, a) for a, b in seen}
    assert {(1, 2), (1, 3), (2, 3), (3, 4), (3, 5), (4, 5), (1, 4), (2, 5)} <= seen
    assert not any(7 in pair for pair in seen)
    once = {frozenset(pair) for pair in visit_pairs(histories, window=1, seed=0).tolist()}
    assert len(once) == 4  # a line of five has four neighbours
    with pytest.raises(ShapeError, match="at least two items"):
        visit_pairs([[[7]]], window=2, seed=0)


def pots_and_lids():
    """Baskets of a pot (0 .. 5) and a lid (6 .. 11), never two of one kind; of brands a or b, three each."""
    rng = np.random.default_rng(0)
    return [
        np.array([brand * 3 + rng.integers(3), 6 + brand * 3 + rng.integers(3)])
        for brand in rng.integers(0, 2, 600)
    ]


def test_a_lid_is_company_of_a_pot_and_another_pot_is_like_it():
    baskets = pots_and_lids()
    counts = np.bincount(np.concatenate(baskets), minlength=12)
    model = taught(DualEmbeddings(counts, dim=8), basket_pairs(baskets, each=1, seed=0))
    together, alike = model.together([0]), model.alike([0])
    assert set(np.argsort(-together[0])[:3]) == {6, 7, 8}
    assert set(np.argsort(-alike[0])[:3]) == {0, 1, 2}
    assert alike[0, 0] == pytest.approx(1.0, abs=1e-5)
    u, w = model.vectors()
    np.testing.assert_allclose(
        model.together([4], one_way=True)[0], [u[4] @ w[j] for j in range(12)], atol=1e-5
    )
    np.testing.assert_allclose(together[0], [(u[0] @ w[j] + w[0] @ u[j]) / 2 for j in range(12)], atol=1e-5)


def test_readers_stand_where_what_they_read_stands():
    rng = np.random.default_rng(1)
    histories = [[[one % 2 * 5 + code] for code in rng.permutation(5)] for one in range(120)]
    pairs = visit_pairs(histories, window=4, seed=0)
    model = taught(CoReading(np.ones(10), dim=6), pairs)
    a, b, c, none = model.readers([[0, 1], [3, 4], [5, 6], []])
    assert none.tolist() == [0] * 6
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.5 > a @ c / np.linalg.norm(a) / np.linalg.norm(c)
    u, _ = model.vectors()
    np.testing.assert_allclose(a, (u[0] + u[1]) / 2, atol=1e-6)
    faded = model.readers([[2, 7, 8]], fading=0.5)[0]
    np.testing.assert_allclose(faded, (0.25 * u[2] + 0.5 * u[7] + u[8]) / 1.75, atol=1e-6)


def test_what_cannot_be_used_is_refused():
    for wrong in ([[1, 2]], [1, np.nan], [-1, 2], [0, 0], []):
        with pytest.raises(ShapeError, match="counts must be"):
            SkipGram(wrong)
    with pytest.raises(ValueError, match="got 0, 5 and 500"):
        SkipGram([1, 2], dim=0)
    model = CoReading([1, 1, 1], dim=2)
    for pairs, complaint in (
        ([], r"\(M, 2\)"),
        ([[0, 3]], "from 0 to 2, got 0 to 3"),
        ([[0.0, 1.0]], "integers"),
    ):
        with pytest.raises(ShapeError, match=complaint):
            model.loss(pairs)
    with pytest.raises(ShapeError, match="codes from 0 to 2, got 3"):
        model.readers([[3]])
    with pytest.raises(ValueError, match="fading"):
        model.readers([[1]], fading=0)
    with pytest.raises(ShapeError, match="items must be from 0 to 2, got -1"):
        DualEmbeddings([1, 1, 1]).alike([-1])
    with pytest.raises(ValueError, match="window"):
        visit_pairs([[[1, 2]]], window=0, seed=0)
