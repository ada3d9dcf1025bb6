import numpy as np
import pytest
import torch

from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.respects import Respects, pair_loss

RNG = np.random.default_rng(0)


def planted(n=360, seed=0):
    """Six labels in 24 dimensions: 0, 1, 2 share a direction, 3, 4, 5 another; each has one of its own."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 6
    x = 0.4 * rng.standard_normal((n, 24))
    x[np.arange(n), y // 3] += 2
    x[np.arange(n), 6 + y] += 2
    return x.astype(np.float32), y


X, Y = planted()
MODEL = Respects(16, steps=120).fit(X, Y)


def by_hand(likeness, labels, partners):
    losses = []
    for i, row in enumerate(likeness):
        positive = [v for j, v in enumerate(row) if labels[j] == partners[i] and j != i]
        negative = [v for j, v in enumerate(row) if labels[j] not in (labels[i], partners[i])]
        if positive and negative:
            below = sum(np.exp(v) for v in negative)
            losses.append(np.mean([np.log(np.exp(p) + below) - p for p in positive]))
    return np.mean(losses)


@pytest.mark.parametrize("gated", [True, False])
def test_the_loss_by_hand(gated):
    labels = RNG.integers(0, 4, 12)
    partners = np.array([2, 3, 0, 1])[labels] if gated else labels
    likeness = RNG.standard_normal((12, 12))
    found = pair_loss(*(torch.from_numpy(each) for each in (likeness, labels, partners)))
    assert float(found) == pytest.approx(by_hand(likeness, labels, partners))


def test_rows_that_have_no_partner_in_the_batch_do_not_count():
    likeness = torch.zeros(3, 3)
    loss = pair_loss(likeness, torch.tensor([0, 1, 1]), torch.tensor([2, 0, 0]))
    assert torch.isnan(loss)  # no row has both a partner and others
    loss = pair_loss(likeness, torch.tensor([0, 1, 2]), torch.tensor([1, 9, 9]))
    assert float(loss) == pytest.approx(np.log(2))


def test_gates_are_open_between_nothing_and_all_and_the_same_both_ways():
    assert MODEL.gates_.shape == (6, 6, 16)
    assert ((MODEL.gates_ >= 0) & (MODEL.gates_ <= 1)).all()
    np.testing.assert_allclose(MODEL.gates_, MODEL.gates_.transpose(1, 0, 2), atol=1e-6)


def test_parts_sum_to_the_gated_likeness_which_tells_a_pair_from_others():
    zero, one, others = X[Y == 0], X[Y == 1], X[Y == 4]
    parts = MODEL.alike(zero, one, 0, 1)
    by_product = (MODEL.transform(zero) * MODEL.gates_[0, 1] ** 2 * MODEL.transform(one)).sum(axis=1)
    assert parts.sum(axis=1) == pytest.approx(by_product, abs=1e-5)
    within = parts.sum(axis=1)
    apart = MODEL.alike(zero, others, 0, 1).sum(axis=1)
    assert (within > apart).mean() > 0.9


def test_planted_relatives_are_found():
    relations = MODEL.relations()
    np.testing.assert_allclose(np.diag(relations), 1, atol=1e-5)
    np.testing.assert_allclose(relations, relations.T, atol=1e-5)


def test_rows_are_transformed_each_alone_and_at_unit_length():
    z = MODEL.transform(X)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(MODEL.transform(X[:3]), z[:3], atol=1e-6)


def test_the_same_seed_gives_the_same():
    one, two = (Respects(8, steps=5).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(one.gates_, two.gates_)


def test_without_gates_all_is_open():
    assert (Respects(8, steps=3, gated=False).fit(X, Y).gates_ == 1).all()


def test_what_cannot_be_learned_from_is_refused():
    for ask in (lambda m: m.transform(X), lambda m: m.relations(), lambda m: m.save(None)):
        with pytest.raises(NotFittedError):
            ask(Respects())
    with pytest.raises(ShapeError, match="labels must be three or more"):
        Respects().fit(X, Y % 2)
    with pytest.raises(ShapeError, match=r"labels must have the shape \(360,\)"):
        Respects().fit(X, Y[1:])
    with pytest.raises(ShapeError, match="x must be finite"):
        Respects().fit(np.full_like(X, np.inf), Y)
    with pytest.raises(ShapeError, match="as many, got 3 and 2"):
        MODEL.alike(X[:3], X[:2], 0, 1)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Respects(0)
