import numpy as np
import pytest
import torch

from octavo.exceptions import ShapeError
from octavo.teach.head import Head
from octavo.tensors import paired
from octavo.training import batches, train


def test_batches_hold_no_repeat_and_an_epoch_sees_all():
    made = batches(10, 4, steps=5, seed=3)
    assert [len(batch) for batch in made] == [4] * 5
    for batch in made:
        assert len(set(batch.tolist())) == 4
    assert len(set(np.concatenate(made[:2]).tolist())) == 8
    assert [b.tolist() for b in batches(10, 4, steps=5, seed=3)] == [b.tolist() for b in made]
    assert sorted(batches(3, 99, steps=1, seed=0)[0].tolist()) == [0, 1, 2]


@pytest.mark.parametrize(("n", "size"), [(0, 4), (4, 0)])
def test_no_batch_without_an_example(n, size):
    with pytest.raises(ValueError, match="at least one"):
        batches(n, size, steps=1, seed=0)


def test_a_head_learns_a_planted_rotation():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0].astype(np.float32)
    x = torch.from_numpy(rng.standard_normal((256, 8)).astype(np.float32))
    y = torch.nn.functional.normalize(x @ torch.from_numpy(turn), dim=1)
    head = Head(8)
    steps = list(
        train(
            head,
            lambda i: (head(x[i]) - y[i]).square().sum(1).mean(),
            batches(256, 64, steps=400, seed=0),
            rate=0.03,
        )
    )
    assert steps[-1].number == 399
    assert steps[-1].loss < 0.01 < steps[0].loss
    assert not head.training


def test_an_untaught_head_keeps_the_beginning():
    x = np.array([[3.0, 4.0, 12.0]], dtype=np.float32)
    np.testing.assert_allclose(Head(3, 2).apply_to(x), [[0.6, 0.8]], atol=1e-6)


def test_a_loss_that_is_no_number_stops_the_loop():
    head = Head(2)
    loop = train(head, lambda _: head.linear.weight.sum() * float("nan"), batches(4, 2, steps=3, seed=0))
    with pytest.raises(ValueError, match="step 0 is nan"):
        next(loop)


@pytest.mark.parametrize(
    ("x", "complaint"),
    [
        (np.zeros((0, 3), np.float32), r"\(0, 3\)"),
        (np.zeros(3, np.float32), r"\(3,\)"),
        (np.full((2, 3), np.nan, np.float32), "finite"),
        (np.ones((2, 3), np.int64), "int64"),
        (np.ones((2, 4), np.float32), r"\(2, 4\)"),
    ],
)
def test_a_head_names_what_it_cannot_take(x, complaint):
    with pytest.raises(ShapeError, match=complaint):
        Head(3).apply_to(x)


def test_pairs_must_fit():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(3, 3\)"):
        paired(np.ones((2, 3), np.float32), np.ones((3, 3), np.float32))
    with pytest.raises(ValueError, match="between 1 and dim"):
        Head(3, 4)
