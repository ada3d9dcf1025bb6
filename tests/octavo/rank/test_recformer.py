"""Texts read in order: it begins as the fading mean, knows papers nobody read, and learns a planted turn."""

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.rank.recformer import Recformer
from octavo.training import batches, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def texts(count=40, dim=8, seed=0):
    return unit(np.random.default_rng(seed).standard_normal((count, dim))).astype(np.float32)


def test_it_begins_as_the_fading_mean_of_what_was_read():
    x = texts()
    model = Recformer(x, fading=0.5, length=3)
    scores = model.scores([np.array([7, 1, 2, 3]), np.array([5])])
    mean = unit(0.25 * x[1] + 0.5 * x[2] + x[3])
    np.testing.assert_allclose(scores[0], x @ mean, atol=1e-5)
    np.testing.assert_allclose(scores[1], x @ x[5], atol=1e-5)
    np.testing.assert_allclose(model.vectors(), x, atol=1e-6)


def test_a_history_does_not_depend_on_company():
    model = Recformer(texts(), length=5)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    histories = [np.array([1]), np.arange(12), np.array([3, 4])]
    together = model.scores(histories)
    np.testing.assert_allclose(
        together, np.concatenate([model.scores([each]) for each in histories]), atol=1e-5
    )
    assert np.abs(model.scores([np.array([3, 4])]) - model.scores([np.array([4, 3])])).max() > 1e-3


def test_the_losses_by_hand():
    x = texts()
    model = Recformer(x, temperature=0.1, dropout=0.0)
    histories, following = [np.array([0, 1]), np.array([2])], np.array([8, 9])
    read = np.stack([unit(0.8 * x[0] + x[1]), x[2]])

    def by_hand(among, right):
        logits = read @ x[among].T / 0.1
        return -np.mean(
            [row[place] - np.log(np.exp(row).sum()) for row, place in zip(logits, right, strict=True)]
        )

    assert model.loss(histories, following).item() == pytest.approx(by_hand([8, 9], [0, 1]), rel=1e-4)
    still = model.vectors()
    assert model.loss(histories, following, still=still).item() == pytest.approx(
        by_hand(np.arange(40), [8, 9]), rel=1e-4
    )
    some = np.array([1, 8, 9, 30])
    assert model.loss(histories, following, still=still, among=some).item() == pytest.approx(
        by_hand(some, [1, 2]), rel=1e-4
    )
    np.testing.assert_allclose(
        model.scores(histories, still=2 * still), 2 * model.scores(histories), atol=1e-5
    )
    with pytest.raises(ShapeError, match="among those known"):
        model.loss(histories, following, still=still, among=np.array([1, 8]))


def test_a_turn_between_what_is_read_and_what_follows_is_learned_for_new_papers_too():
    """Texts follow each other in a circle of directions: after one at an angle comes one a quarter further."""
    rng = np.random.default_rng(0)
    angles = rng.random(80) * 2 * np.pi
    x = np.stack([np.cos(angles), np.sin(angles), 0.1 * rng.standard_normal(80), np.zeros(80)], axis=1)
    x = unit(x).astype(np.float32)

    def next_of(paper, among):
        apart = np.angle(np.exp(1j * (angles[among] - angles[paper] - np.pi / 2)))
        return among[np.abs(apart).argmin()]

    known = np.arange(60)
    model = Recformer(x, length=2, dropout=0.0, temperature=0.1)
    following = np.array([next_of(paper, known) for paper in known])
    chosen = batches(60, 30, steps=100, seed=0)
    for _ in train(
        model, lambda rows: model.loss([[row] for row in rows], following[rows]), chosen, rate=2e-2
    ):
        pass
    # Twenty papers nobody read: what follows them is found among them.
    new = np.arange(60, 80)
    scores = model.scores([[paper] for paper in new])[:, new]
    best = angles[new[scores.argmax(axis=1)]]
    off = np.abs(np.angle(np.exp(1j * (best - angles[new] - np.pi / 2))))
    assert np.median(off) < 0.5


def test_what_cannot_be_used_is_refused():
    x = texts()
    with pytest.raises(ShapeError, match="texts must be finite"):
        Recformer(np.full_like(x, np.nan))
    for wrong in ({"heads": 3}, {"length": 0}, {"fading": 0.0}, {"temperature": 0.0}):
        with pytest.raises(ValueError, match="want a layer"):
            Recformer(x, **wrong)
    model = Recformer(x)
    for history, complaint in (
        ([], r"\(T,\) with T ≥ 1"),
        ([40], "papers from 0 to 39, got 40"),
        ([0.5], "integers"),
    ):
        with pytest.raises(ShapeError, match=complaint):
            model.scores([np.array(history)])
    with pytest.raises(ShapeError, match="following must have the shape"):
        model.loss([np.array([1])], np.array([1, 2]))
    with pytest.raises(ShapeError, match="still must have the shape"):
        model.loss([np.array([1])], np.array([2]), still=x[:5])
