"""What is taught: adapters, batches by cluster, and encoders that teach each other."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from octavo.exceptions import NotFittedError, ShapeError
from octavo.teach.distinct_batches import cluster_batches, clusters
from octavo.teach.matryoshka import MatryoshkaAdapter, principal
from octavo.teach.trans_encoder import CrossHead, TransEncoder, scaled


def unit(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def pairs():
    """Two noisy views of what they share in four hidden dimensions among sixteen."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((16, 16)))[0]
    shared = np.zeros((400, 16))
    shared[:, 12:] = rng.standard_normal((400, 4))
    x, y = shared.copy(), shared.copy()
    x[:, :12] = rng.standard_normal((400, 12)) * 1.2
    y[:, :12] = rng.standard_normal((400, 12)) * 1.2
    return unit(x @ turn), unit(y @ turn)


def found(x, y):
    return float(((x @ y.T).argmax(axis=1) == np.arange(len(x))).mean())


def test_the_adapter_finds_what_pairs_share_in_its_first_numbers(pairs):
    x, y = pairs
    adapter = MatryoshkaAdapter((4, 8), steps=300, size=100, rate=5e-3).fit(x[:300], y[:300])
    a, b = adapter.transform(x[300:]), adapter.transform(y[300:])
    turned = principal(np.concatenate([x[:300], y[:300]])).T
    taught = found(unit(a[:, :4]), unit(b[:, :4]))
    untaught = found(unit(x[300:] @ turned[:, :4]), unit(y[300:] @ turned[:, :4]))
    assert taught > untaught + 0.3
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, atol=1e-5)
    again = MatryoshkaAdapter((4, 8), steps=300, size=100, rate=5e-3).fit(x[:300], y[:300])
    np.testing.assert_array_equal(again.transform(x), adapter.transform(x))


def test_principal_directions_turn_and_are_in_order(pairs):
    x, _ = pairs
    turn = principal(x)
    np.testing.assert_allclose(turn @ turn.T, np.eye(16), atol=1e-5)
    widths = ((x @ turn.T) ** 2).sum(axis=0)
    assert all(a >= b - 1e-4 for a, b in pairwise(widths))


def test_an_adapter_says_what_it_needs(pairs):
    with pytest.raises(NotFittedError, match="fitted before"):
        MatryoshkaAdapter().transform(pairs[0])
    adapter = MatryoshkaAdapter((4,), steps=1, size=10).fit(*pairs)
    with pytest.raises(ShapeError, match=r"\(N, 16\), got \(2, 3\)"):
        adapter.transform(np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match="at least one step"):
        MatryoshkaAdapter(steps=0)


@pytest.mark.parametrize("size", [1, 3, 8])
def test_no_two_of_a_cluster_share_a_batch(size):
    labels = np.random.default_rng(0).integers(0, 6, 90)
    made = cluster_batches(labels, size, steps=40, seed=1)
    assert len(made) == 40
    for batch in made:
        assert len(set(labels[batch].tolist())) == len(batch) <= size


def test_hard_batches_are_of_few_clusters():
    labels = np.repeat(np.arange(8), 16)
    for batch in cluster_batches(labels, 16, steps=8, seed=0, order="hard"):
        assert len(set(labels[batch].tolist())) == 1
    with pytest.raises(ValueError, match="labels of shape"):
        cluster_batches([], 4, steps=1, seed=0)


def test_clusters_are_found_where_they_are_planted():
    centres = np.eye(4, dtype=np.float32)
    x = np.repeat(centres, 20, axis=0) + 0.01 * np.random.default_rng(0).standard_normal((80, 4)).astype(
        np.float32
    )
    found_labels = clusters(x, 4, seed=0).reshape(4, 20)
    assert all(len(set(row)) == 1 for row in found_labels.tolist())
    assert len(set(found_labels[:, 0].tolist())) == 4
    with pytest.raises(ValueError, match="between 1 and N"):
        clusters(x, 81, seed=0)


def test_an_untaught_cross_head_says_the_cosine_and_sides_are_equal():
    x, y = torch.randn(5, 6), torch.randn(5, 6)
    cross = CrossHead(6)
    torch.testing.assert_close(cross(x, y), 4 * torch.nn.functional.cosine_similarity(x, y))
    torch.nn.init.normal_(cross.outer.weight)
    torch.testing.assert_close(cross(x, y), cross(y, x))
    assert scaled(torch.tensor([2.0, 4.0, 3.0])).tolist() == [0, 1, 0.5]
    assert scaled(torch.ones(2)).tolist() == [0.5, 0.5]


def test_encoders_that_teach_each_other_agree_more_than_before(pairs):
    x, y = pairs
    views = [(x[:, :8], y[:, :8]), (x[:, 8:], y[:, 8:])]
    model = TransEncoder(rounds=2, steps=400, size=64).fit(views)
    taught = [
        (model.transform(a, view=v) * model.transform(b, view=v)).sum(1) for v, (a, b) in enumerate(views)
    ]
    before = [(unit(a) * unit(b)).sum(1) for a, b in views]
    assert np.corrcoef(*taught)[0, 1] > np.corrcoef(*before)[0, 1] + 0.1
    assert model.judge(*views[0]).shape == (400,)


def test_a_trans_encoder_says_what_it_needs(pairs):
    with pytest.raises(NotFittedError, match="fitted before"):
        TransEncoder().transform(pairs[0])
    with pytest.raises(ValueError, match="at least one view"):
        TransEncoder().fit([])
    with pytest.raises(ValueError, match="same pairs"):
        TransEncoder().fit([pairs, (pairs[0][:9], pairs[1][:9])])
    with pytest.raises(ValueError, match="rounds"):
        TransEncoder(rounds=0)
