"""Learning from wrong labels: each method by hand, and on labels that are wrong by construction."""

from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from octavo.denoise.early_learning import EarlyLearning
from octavo.denoise.flat_regions import flat_gradients, flat_step, pcgrad
from octavo.denoise.nested_dropout import NestedDropout, co_teaching_losses, small_losses
from octavo.denoise.source_selection import relevance, shares
from octavo.exceptions import ShapeError


def test_early_learning_by_hand():
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0]])
    labels, numbers = torch.tensor([0, 2]), torch.tensor([4, 1])
    loss = EarlyLearning(6, 3, memory=0.7, strength=3)
    first = loss(logits, labels, numbers).item()
    second = loss(logits, labels, numbers).item()
    by_hand = []
    for rounds in (1, 2):
        total = 0.0
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
            p = [exp(v) / sum(map(exp, row)) for v in row]
            remembered = [(1 - 0.7**rounds) * q for q in p]
            inner = sum(a * b for a, b in zip(p, remembered, strict=True))
            total += -log(p[label]) + 3 * log(1 - inner)
        by_hand.append(total / 2)
    assert first == pytest.approx(by_hand[0], rel=1e-5)
    assert second == pytest.approx(by_hand[1], rel=1e-5)
    assert loss.remembered[0].sum() == 0
    assert loss.remembered[4].sum().item() == pytest.approx(1 - 0.49)


def test_without_strength_it_is_cross_entropy():
    logits, labels = torch.randn(8, 4), torch.arange(8) % 4
    plain = nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(EarlyLearning(8, 4, strength=0)(logits, labels, torch.arange(8)), plain)


def test_what_was_believed_pulls_against_a_wrong_label():
    """After the network was sure of class 0, a label 1 pulls less than it would without a memory."""
    loss = EarlyLearning(1, 2, memory=0.5)
    sure = torch.tensor([[4.0, 0.0]], requires_grad=True)
    for _ in range(20):
        loss(sure, torch.tensor([0]), torch.tensor([0]))
    pull = []
    for criterion in (loss, EarlyLearning(1, 2, strength=0)):
        (gradient,) = torch.autograd.grad(criterion(sure, torch.tensor([1]), torch.tensor([0])), sure)
        pull.append(gradient[0, 0].item())
    assert pull[0] < pull[1]
    with pytest.raises(ShapeError, match=r"\(N, 2\), got \(1, 3\)"):
        loss(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([0]))


def test_nested_dropout_keeps_a_beginning_and_draws_as_it_says():
    layer = NestedDropout(12, 4, seed=1)
    x = torch.ones(3, 12)
    torch.testing.assert_close(layer(x, 5), torch.cat([torch.ones(3, 5), torch.zeros(3, 7)], dim=1))
    drawn = np.bincount([layer.draw() for _ in range(4000)], minlength=13)[1:] / 4000
    wanted = np.exp(-((np.arange(1, 13) / 4) ** 2))
    np.testing.assert_allclose(drawn, wanted / wanted.sum(), atol=0.03)
    dropped = layer(x).sum(dim=1)
    assert (dropped == dropped[0]).all()
    torch.testing.assert_close(layer.eval()(x), x)


def test_peers_learn_from_what_the_other_believes():
    first = torch.tensor([[5.0, 0], [0, 5.0], [5.0, 0], [1.0, 0]])
    second = torch.tensor([[5.0, 0], [5.0, 0], [0, 5.0], [1.0, 0]])
    labels = torch.tensor([0, 1, 0, 0])
    assert sorted(small_losses(first, labels, 0.75).tolist()) == [0, 1, 2]
    a, b = co_teaching_losses(first, second, labels, 0.5)
    picked_by_second, picked_by_first = small_losses(second, labels, 0.5), small_losses(first, labels, 0.5)
    torch.testing.assert_close(
        a, nn.functional.cross_entropy(first[picked_by_second], labels[picked_by_second])
    )
    torch.testing.assert_close(
        b, nn.functional.cross_entropy(second[picked_by_first], labels[picked_by_first])
    )
    with pytest.raises(ValueError, match="share"):
        small_losses(first, labels, 0)


def test_agreeing_gradients_stay_and_opposing_ones_lose_what_opposes():
    agree = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(pcgrad(agree), agree.mean(dim=0))
    oppose = torch.tensor([[1.0, 0.0], [-1.0, 1.0]])
    by_hand = (torch.tensor([0.5, 0.5]) + torch.tensor([0.0, 1.0])) / 2
    torch.testing.assert_close(pcgrad(oppose), by_hand)
    for gradient in oppose:
        assert torch.dot(pcgrad(oppose), gradient) > -1e-6


def test_flat_gradients_by_hand_and_weights_stay():
    weight = nn.Parameter(torch.tensor([3.0, -1.0]))
    losses = [lambda: (weight**4).sum(), lambda: weight[0] * 2]
    flat, sharp = flat_gradients([weight], losses, 0.1)
    here = 4 * weight.detach() ** 3
    climbed = weight.detach() + 0.1 * here / here.norm()
    torch.testing.assert_close(flat, torch.stack([here, torch.tensor([2.0, 0.0])]))
    torch.testing.assert_close(sharp[0], 4 * climbed**3 - here)
    torch.testing.assert_close(sharp[1], torch.zeros(2))
    torch.testing.assert_close(weight.detach(), torch.tensor([3.0, -1.0]))
    flat_step([weight], losses, 0.0)
    torch.testing.assert_close(weight.grad, pcgrad(flat))


def test_the_sparse_combination_that_was_planted_is_found():
    rng = np.random.default_rng(0)
    heads = rng.standard_normal((20, 30))
    target = 2 * heads[3] / np.linalg.norm(heads[3]) - heads[7] / np.linalg.norm(heads[7])
    sparse, spread = (relevance(heads, target, norm=norm) for norm in ("l1", "l2"))
    assert set(np.argsort(-np.abs(sparse))[:2]) == {3, 7}
    assert (np.abs(sparse) > 1e-3).sum() <= 6
    assert (np.abs(spread) > 1e-3).sum() > (np.abs(sparse) > 1e-3).sum()
    assert sparse[3] > 0 > sparse[7]


@settings(max_examples=50)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), st.integers(0, 200))
def test_shares_are_whole_and_add_up(relevances, budget):
    found = shares(relevances, budget)
    assert found.sum() == budget
    assert (found >= 0).all()
    weights = np.abs(relevances)
    for one, other in zip(*np.triu_indices(len(found), 1), strict=True):
        if weights[one] > weights[other]:
            assert found[one] >= found[other]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: EarlyLearning(0, 2), "at least one example"),
        (lambda: EarlyLearning(2, 2, memory=1), "memory"),
        (lambda: NestedDropout(3, 0), "sigma"),
        (lambda: pcgrad(torch.zeros(3)), r"\(3,\)"),
        (lambda: relevance(np.zeros((2, 3)), np.zeros(4)), r"\(2, 3\) and \(4,\)"),
        (lambda: relevance(np.full((2, 3), np.nan), np.zeros(3)), "finite"),
        (lambda: relevance(np.zeros((2, 3)), np.zeros(3), penalty=0), "penalty"),
        (lambda: shares([], 3), "relevances"),
    ],
)
def test_what_has_no_sense_is_refused(make, error):
    with pytest.raises(ValueError, match=error):
        make()
