"""The next item of histories: the loss by hand, who may look at whom, and a rule that has to be found."""

from math import exp, log

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.rank.bert4rec import Bert4Rec
from octavo.training import batches, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def rings(count, seed):
    """Histories that go round a ring of six, each from a place of its own, and what comes next."""
    rng = np.random.default_rng(seed)
    starts, lengths = rng.integers(0, 6, count), rng.integers(3, 7, count)
    histories = [(start + np.arange(length)) % 6 for start, length in zip(starts, lengths, strict=True)]
    return histories, (starts + lengths) % 6


@pytest.mark.parametrize("causal", [False, True])
def test_what_comes_next_on_a_ring_is_learned(causal):
    histories, _ = rings(200, 0)
    model = Bert4Rec(6, dim=16, layers=1, length=12, dropout=0.0, causal=causal)
    chosen = batches(200, 50, steps=120, seed=0)
    for _ in train(model, lambda rows: model.loss([histories[row] for row in rows]), chosen, rate=1e-2):
        pass
    asked, wanted = rings(100, 1)
    assert (model.scores(asked).argmax(axis=1) == wanted).mean() > 0.95


def test_the_loss_is_the_cross_entropy_of_what_is_asked():
    model = Bert4Rec(6, dim=8, layers=1, dropout=0.0, causal=True)
    history = np.array([3, 1, 4, 0])
    by_hand = 0.0
    for place in range(3):
        scores = model.scores([history[: place + 1]])[0]
        by_hand -= log(exp(scores[history[place + 1]]) / sum(map(exp, scores))) / 3
    assert model.loss([history]).item() == pytest.approx(by_hand, rel=1e-4)


def test_a_drawn_softmax_is_the_whole_one_on_average():
    torch.manual_seed(0)
    whole = Bert4Rec(40, dim=8, layers=1, dropout=0.0, causal=True)
    drawn = Bert4Rec(40, dim=8, layers=1, dropout=0.0, causal=True, drawn=2000)
    histories = [np.array([3, 1, 4, 0]), np.array([7, 39])]
    assert drawn.loss(histories).item() == pytest.approx(whole.loss(histories).item(), abs=0.02)


def test_looking_back_only_sees_nothing_of_what_comes():
    model = Bert4Rec(20, dim=8, causal=True).eval()
    one = model(model.padded([np.array([1, 2, 3, 4])]))
    other = model(model.padded([np.array([1, 2, 9, 8])]))
    torch.testing.assert_close(one[:, :2], other[:, :2])
    assert (one[:, 2] - other[:, 2]).abs().max() > 1e-3
    both = Bert4Rec(20, dim=8).eval()
    one = both(both.padded([np.array([1, 2, 3, 4])]))
    other = both(both.padded([np.array([1, 2, 9, 8])]))
    assert (one[:, 0] - other[:, 0]).abs().max() > 1e-4


@pytest.mark.parametrize("causal", [False, True])
def test_scores_do_not_depend_on_company(causal):
    model = Bert4Rec(20, dim=8, length=6, causal=causal)
    histories = [np.array([5]), np.arange(12), np.array([2, 3, 4])]
    together = model.scores(histories)
    alone = np.concatenate([model.scores([each]) for each in histories])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(
        together[1], model.scores([np.arange(12)[-6 if causal else -5 :]])[0], atol=1e-5
    )
    assert model.training


def learned_losses(seed):
    torch.manual_seed(seed)  # of dropout, which is the caller's
    model = Bert4Rec(6, dim=8, seed=seed)
    histories, _ = rings(40, 0)
    chosen = batches(40, 10, steps=5, seed=1)
    steps = train(model, lambda rows: model.loss([histories[row] for row in rows]), chosen)
    return [step.loss for step in steps]


def test_the_same_seed_learns_the_same():
    assert learned_losses(3) == learned_losses(3)
    assert learned_losses(3) != learned_losses(4)


@pytest.mark.parametrize(
    ("history", "complaint"),
    [
        ([], r"shape \(T,\) with T ≥ 1, got \(0,\)"),
        ([[1, 2]], r"shape \(T,\) with T ≥ 1, got \(1, 2\)"),
        ([1.0, 2.0], "must hold integers, got float64"),
        ([0, 10], "items from 0 to 9, got 0 to 10"),
        ([-1, 3], "items from 0 to 9, got -1 to 3"),
    ],
)
def test_bad_histories_are_refused(history, complaint):
    model = Bert4Rec(10, dim=8)
    with pytest.raises(ShapeError, match=complaint):
        model.scores([np.array(history)])
    with pytest.raises(ShapeError, match=complaint):
        model.loss([np.array([1, 2]), np.array(history)])


def test_items_start_where_they_are_told():
    model, vectors = Bert4Rec(5, dim=8), np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    vectors[2] = 0
    before = model.vectors.weight.detach().clone()
    assert model.start_from(vectors) is model
    after = model.vectors.weight.detach()
    lengths = np.linalg.norm(vectors, axis=1)
    for item in (0, 1, 3, 4):
        np.testing.assert_allclose(after[item].numpy(), vectors[item] / lengths[item], rtol=1e-5)
    for kept in (2, 5, 6):
        torch.testing.assert_close(after[kept], before[kept])
    with pytest.raises(ShapeError, match=r"vectors must have the shape \(5, 8\), got \(5, 7\)"):
        model.start_from(vectors[:, 1:])


def test_sizes_that_cannot_be_are_refused():
    for wrong in ({"items": 0}, {"dim": 7}, {"length": 1}, {"drawn": -1}, {"dropout": 1.0}, {"hidden": 0.0}):
        with pytest.raises(ValueError, match="want"):
            Bert4Rec(**({"items": 5} | wrong))
    with pytest.raises(ShapeError, match="at least two"):
        Bert4Rec(5, dim=8, causal=True).loss([np.array([1]), np.array([2])])
