"""Shelves completed: a planted field found, papers without readers among them, and each part by hand."""

from math import exp, log

import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.rank.shelf_completion import ShelfCompletion, contrast
from octavo.training import batches, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def planted(seed=0):
    """Sixty papers of three fields, their words, what readers say (of the last twelve nothing), and shelves."""
    rng = np.random.default_rng(seed)
    field = np.arange(60) % 3
    words = (np.eye(3)[field] @ rng.standard_normal((3, 8)) + 0.3 * rng.standard_normal((60, 8))).astype("f4")
    readers = (np.eye(3)[field] @ rng.standard_normal((3, 5)) + 0.3 * rng.standard_normal((60, 5))).astype(
        "f4"
    )
    readers[48:] = 0
    shelves = [rng.choice(np.arange(one % 3, 48, 3), 6, replace=False) for one in range(90)]
    return words, readers, shelves, field


@pytest.fixture(scope="module")
def taught():
    torch.set_num_threads(1)
    words, readers, shelves, field = planted()
    model = ShelfCompletion(words, readers, dim=16, drawn=30)
    chosen = batches(len(shelves), 30, steps=60, seed=0)
    torch.manual_seed(0)
    losses = [
        step.loss
        for step in train(model, lambda rows: model.loss([shelves[i] for i in rows]), chosen, rate=5e-3)
    ]
    return model, field, losses


def test_a_shelf_of_a_field_is_completed_from_the_field(taught):
    model, field, losses = taught
    assert losses[-1] < losses[0] - 0.5
    scores = model.scores([np.array([0, 3]), np.array([4])])
    for row, own, given in ((scores[0], 0, [0, 3]), (scores[1], 1, [4])):
        row[given] = -np.inf
        assert (field[np.argsort(-row[:48])[:10]] == own).all()


def test_papers_that_nobody_keeps_are_found_by_their_words(taught):
    model, field, _ = taught
    scores = model.scores([np.array([0, 3, 6])])[0]
    assert (field[48 + np.argsort(-scores[48:])[:4]] == 0).all()


def test_a_shelf_has_no_order_and_no_company(taught):
    model, _, _ = taught
    there = model.scores([np.array([9, 3, 27, 3]), np.arange(20)])
    np.testing.assert_allclose(there[0], model.scores([np.array([3, 9, 27])])[0], atol=1e-5)


def test_of_a_paper_without_readers_only_the_words_are_seen():
    words, readers, _, _ = planted()
    model = ShelfCompletion(words, readers, dim=8)
    with torch.no_grad():
        before = model._seen(model.shown, torch.arange(60))
        model.shown.own.weight[48:] += 5.0
        model.shown.own.weight[:2] += 5.0
        after = model._seen(model.shown, torch.arange(60))
    torch.testing.assert_close(before[48:], after[48:])
    torch.testing.assert_close(before[2:48], after[2:48])
    assert (before[:2] - after[:2]).abs().max() > 0.1


def test_views_are_weighed_as_the_attention_says():
    words, readers, _, _ = planted()
    model = ShelfCompletion(words, readers, dim=8)
    views, number = model.shown, torch.tensor([7])
    with torch.no_grad():
        seen = [views.words(model.given_words[7]), views.readers(model.given_readers[7]), views.own.weight[7]]
        mixed = torch.zeros(8)
        for one in seen:
            weights = [exp(float(views.asking(one) @ views.asked(other)) / 8**0.5) for other in seen]
            mixed += (
                sum(weight / sum(weights) * other for weight, other in zip(weights, seen, strict=True)) / 3
            )
        torch.testing.assert_close(model._seen(views, number)[0], mixed / mixed.norm())


def test_the_contrast_by_hand():
    x = torch.nn.functional.normalize(torch.tensor([[1.0, 0], [0, 1], [1, 1]]), dim=1)
    y = torch.nn.functional.normalize(torch.tensor([[1.0, 0.2], [0, 1], [1, -1]]), dim=1)
    by_hand = 0.0
    for i in range(3):
        terms = [exp(float(x[i] @ y[j]) / 0.2) for j in range(3)]
        by_hand -= log(terms[i] / sum(terms)) / 3
    assert contrast(x, y).item() == pytest.approx(by_hand, rel=1e-5)


def test_what_cannot_be_used_is_refused():
    words, readers, _, _ = planted()
    with pytest.raises(ShapeError, match="as many papers, got 60 and 59"):
        ShelfCompletion(words, readers[:59])
    with pytest.raises(ShapeError, match="words must be finite"):
        ShelfCompletion(np.full_like(words, np.nan), readers)
    with pytest.raises(ValueError, match="got 0, 1000"):
        ShelfCompletion(words, readers, dim=0)
    model = ShelfCompletion(words, readers, dim=8)
    for shelf, complaint in (
        ([], r"\(T,\) with T ≥ 1"),
        ([60], "papers from 0 to 59, got 60"),
        ([0.5], "integers"),
    ):
        with pytest.raises(ShapeError, match=complaint):
            model.scores([np.array(shelf)])
    with pytest.raises(ShapeError, match="at least two papers"):
        model.loss([np.array([1, 2]), np.array([3])])
