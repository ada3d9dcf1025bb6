"""Models of clicks: each layer by hand, planted interactions that are found and named, and what is refused."""

from math import exp, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from octavo.exceptions import ShapeError
from octavo.lab.click_models import FactorisationMachine
from octavo.rank.arm_net import ARMNet, entmax15
from octavo.rank.autoint import AutoInt, Interaction
from octavo.rank.clicks import Embeddings, fidelity, learn, lines_of, moved_by, odds
from octavo.rank.feature_selection import GatedEmbeddings
from octavo.rank.interest_network import Dice, InterestNetwork
from octavo.rank.unified_embedding import UnifiedEmbedding
from octavo.testing import check_click_model

TAUGHT = {"rate": 0.01, "decay": 0.3, "blanked": 0.05}


@pytest.fixture(scope="module")
def planted():
    """Five fields of which the second and the fourth matter, and only together."""
    lines = np.random.default_rng(0).integers(0, 4, (1200, 5))
    return lines, lines[:, 1] == lines[:, 3]


def test_a_value_that_was_never_there_counts_as_nothing():
    table = Embeddings([3, 2], 4)
    made = table(torch.tensor([[0, 1], [2, -1], [3, 2]]))
    assert made.shape == (3, 2, 4)
    torch.testing.assert_close(made[0], torch.stack([table.weight[0], table.weight[4]]))
    torch.testing.assert_close(made[1, 0], table.weight[2])
    assert not made[1, 1].any()
    assert not made[2].any()


@pytest.mark.parametrize(
    "make",
    [
        lambda: AutoInt(Embeddings([4] * 5, 8, spread=0.5), layers=1),
        lambda: ARMNet(Embeddings([4] * 5, 8, spread=0.5)),
    ],
)
def test_a_planted_interaction_is_learned_and_its_fields_are_named(make, planted):
    lines, opened = planted
    model = learn(make(), lines[:1000], opened[:1000], epochs=30, size=100, **TAUGHT)
    said = odds(model, lines[1000:])
    assert ((said > 0) == opened[1000:]).mean() > 0.95
    moved = moved_by(model, lines[1000:])
    assert set(np.argsort(-moved.mean(axis=0))[:2]) == {1, 3}
    again = make()
    learn(again, lines[:1000], opened[:1000], epochs=30, size=100, **TAUGHT)
    np.testing.assert_array_equal(odds(again, lines[1000:]), said)
    weights = model.weights(lines[1000:])
    assert weights.shape == (200, 5)
    assert set(np.argsort(-weights.mean(axis=0))[:2]) == {1, 3}
    reasons = model.reasons(lines[1000:], 2)
    assert [len(each) for each in reasons] == [2] * 200
    if isinstance(model, AutoInt):
        assert np.mean([(each[0].one, each[0].other) == (1, 3) for each in reasons]) > 0.7
    else:
        assert np.mean([set(each[0].fields[:2]) == {1, 3} for each in reasons]) > 0.4  # by chance a tenth
        assert all(set(each[0].fields) <= set(range(5)) for each in reasons)


def attended(table):
    return AutoInt(table, layers=1)


def pairs(table):
    return FactorisationMachine(table)


@pytest.mark.parametrize(
    ("network", "table"),
    [
        (attended, lambda: Embeddings([4] * 4, 8, spread=0.5)),
        (ARMNet, lambda: UnifiedEmbedding(4, 256, 4, spread=0.5)),
        (pairs, lambda: GatedEmbeddings(Embeddings([4] * 4, 8, spread=0.3))),
    ],
)
def test_it_keeps_the_promises_of_a_model_of_clicks(network, table):
    def scored(lines, opened, asked):
        model = learn(network(table()), lines, opened, epochs=12, size=100, rate=0.03)
        return odds(model, asked)

    check_click_model(scored)


def test_a_model_that_does_not_keep_them_is_told():
    def alone(lines, opened, asked):
        return np.zeros(len(asked), np.float32)

    with pytest.raises(AssertionError, match="sign must be right"):
        check_click_model(alone)


def test_a_layer_of_attention_by_hand():
    torch.manual_seed(0)
    layer, e = Interaction(3, 4, 2).requires_grad_(False), torch.randn(2, 3, 3)
    made, attention = layer(e)
    for n in range(2):
        for f in range(3):
            taken = []
            for head in range(2):
                part = slice(2 * head, 2 * head + 2)
                q = layer.query(e[n, f])[part]
                fit = [exp(float(q @ layer.key(e[n, g])[part]) / sqrt(2)) for g in range(3)]
                share = [value / sum(fit) for value in fit]
                np.testing.assert_allclose(attention[n, head, f], share, rtol=1e-4)
                taken += [sum(a * layer.value(e[n, g])[part][i] for g, a in enumerate(share)) for i in (0, 1)]
            row = torch.relu(torch.stack(taken) + layer.stay(e[n, f]))
            row = (row - row.mean()) / (row.var(correction=0) + 1e-5).sqrt()
            torch.testing.assert_close(made[n, f], row, rtol=1e-3, atol=1e-4)


def test_all_attention_adds_up(planted):
    model = AutoInt(Embeddings([4] * 5, 8), layers=3)
    attention = model.attention(planted[0][:7])
    assert attention.shape == (7, 5, 5)
    np.testing.assert_allclose(attention.sum(axis=2), 1, rtol=1e-5)


@settings(max_examples=60)
@given(st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=8))
def test_the_gate_is_the_entmax_of_its_definition(values):
    """It adds up to 1, and a threshold found by bisection gives the same."""
    found = entmax15(torch.tensor(values, dtype=torch.float64)).numpy()
    half = np.array(values) / 2
    low, high = half.max() - 1, half.max()
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if (np.clip(half - middle, 0, None) ** 2).sum() > 1 else (low, middle)
    np.testing.assert_allclose(found, np.clip(half - low, 0, None) ** 2, atol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-6)


def test_the_gate_can_be_learned_through():
    x = torch.tensor([[0.3, -0.2, 0.9], [5.0, -5.0, 4.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(entmax15, (x,))


def test_crosses_by_hand():
    model, e = ARMNet(Embeddings([4] * 3, 4), neurons=2), torch.randn(2, 3, 4)
    made = model.crossed(e)
    for n in range(2):
        for o in range(2):
            fit = torch.stack([model.queries[o] @ model.look(e[n, f]) / 2 for f in range(3)])
            gate = entmax15(fit)
            product = torch.ones(4)
            for f in range(3):
                product = product * torch.exp(e[n, f]) ** (gate[f] * model.powers[o, f])
            torch.testing.assert_close(made[n, o], product, rtol=1e-4, atol=1e-5)


def test_dice_by_hand_and_as_it_was_seen():
    dice = Dice(2)
    with torch.no_grad():
        dice.slope.copy_(torch.tensor([0.5, -1.0]))
    s = torch.tensor([[1.0, 4.0], [3.0, 0.0], [8.0, -1.0]])
    made = dice(s)
    for column in range(2):
        values = s[:, column].tolist()
        mean = sum(values) / 3
        spread = sqrt(sum((v - mean) ** 2 for v in values) / 3)
        for row, v in enumerate(values):
            p = 1 / (1 + exp(-(v - mean) / spread))
            wanted = p * v + (1 - p) * dice.slope[column].item() * v
            assert made[row, column].item() == pytest.approx(wanted, rel=1e-4)
    dice.eval()
    torch.testing.assert_close(dice(s[:1]), dice(s)[:1])


def interests(**more):
    """Papers 0 .. 11 of four topics; a reader opens what is of a topic that is on the shelf at all."""
    rng = np.random.default_rng(1)
    topics = (np.arange(12) % 4)[:, None]
    seen = np.stack([np.r_[rng.integers(12), rng.choice(12, 3, replace=False)] for _ in range(1500)])
    seen[rng.random((1500, 4)) < [0, 0, 0, 0.2]] = -1
    on_shelf = (seen[:, 1:] % 4 == seen[:, :1] % 4) & (seen[:, 1:] >= 0)
    return InterestNetwork(topics, 3, dim=8, **more), seen, on_shelf


def test_only_what_is_like_the_paper_in_hand_speaks():
    model, seen, on_shelf = interests()
    opened = on_shelf.any(axis=1)
    model.count(seen[:1200])
    learn(
        model,
        seen[:1200],
        opened[:1200],
        epochs=25,
        size=100,
        rate=0.01,
        penalty=lambda batch: model.penalty(batch, 1e-4),
    )
    assert ((odds(model, seen[1200:]) > 0) == opened[1200:]).mean() > 0.95
    asked = seen[1200:][opened[1200:]]
    first = [row[0].paper for row in model.reasons(asked)]
    assert np.mean([paper % 4 == line[0] % 4 for paper, line in zip(first, asked, strict=True)]) > 0.95
    weights = model.weights(asked)
    assert np.isnan(weights[asked[:, 1:] < 0]).all()
    assert fidelity(np.abs(weights), moved_by(model, asked)[:, 1:]) > 0.5


def test_the_activation_and_the_whole_by_hand():
    model, seen, _ = interests(vectors=np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32))
    model.eval()
    line = torch.from_numpy(seen[:1])
    v = model.papers_of(line[0, :1])[0]
    wanted = model.embed.weight[line[0, 0]] + model.embed.weight[12 + line[0, 0] % 4]
    torch.testing.assert_close(v, wanted + model.project(model.vectors[line[0, 0]]))
    there = [paper for paper in line[0, 1:] if paper >= 0]
    u = torch.zeros(8)
    for paper in there:
        e = model.papers_of(paper[None])[0]
        u = u + model.activation(torch.cat([v, e, v - e, v * e]))[0] * e / sqrt(len(there))
    deep = model.outer(model.dice(model.inner(torch.cat([u, v, u * v]))[None]))[0, 0]
    torch.testing.assert_close(model(line)[0], deep + u @ v, rtol=1e-4, atol=1e-5)


def test_the_penalty_is_of_the_values_in_the_batch_the_rare_ones_more():
    model, _, _ = interests()
    model.count(np.array([[0, 4, -1, -1], [0, 5, -1, -1]]))
    # Paper 0 was there twice, 4 and 5 once; topic 0 three times, topic 1 once.
    squares = model.embed.weight.square().sum(dim=1)
    wanted = (squares[0] / 2 + squares[4] + squares[12] / 3) / 2 * 0.1
    torch.testing.assert_close(model.penalty(torch.tensor([[0, 4, -1, -1]]), 0.1), wanted)


def test_pooled_it_does_not_look_at_the_paper():
    model, seen, _ = interests(pooled=True)
    weights = model._activations(*model._seen(torch.from_numpy(seen[:50])))
    there = seen[:50, 1:] >= 0
    np.testing.assert_allclose(weights, there / np.sqrt(there.sum(axis=1, keepdims=True)), rtol=1e-6)


def test_fidelity_is_the_mean_rank_correlation():
    rng = np.random.default_rng(0)
    said, did = rng.random((20, 6)).round(1), rng.random((20, 6))
    wanted = np.mean([spearmanr(a, b).statistic for a, b in zip(said, did, strict=True)])
    assert fidelity(said, did) == pytest.approx(wanted, abs=1e-6)
    said[0, 2] = np.nan
    some = [0, 1, 3, 4, 5]
    assert fidelity(said[:1], did[:1]) == pytest.approx(
        spearmanr(said[0, some], did[0, some]).statistic, abs=1e-6
    )
    assert np.isnan(fidelity(np.ones((3, 4)), did[:3, :4]))
    with pytest.raises(ShapeError, match=r"\(20, 6\) and \(20, 5\)"):
        fidelity(said, did[:, 1:])


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (np.zeros((3, 4), np.int64), r"\(N, 5\), got \(3, 4\)"),
        (np.zeros(5, np.int64), r"got \(5,\)"),
        (np.zeros((3, 5)), "integers, got float64"),
        (np.full((3, 5), -2), "value from 0, got -2"),
    ],
)
def test_lines_that_are_none_are_refused(lines, complaint):
    for model in (AutoInt(Embeddings([4] * 5, 4), out=4), ARMNet(Embeddings([4] * 5, 4))):
        for use in (lambda m=model: odds(m, lines), lambda m=model: m.reasons(lines)):
            with pytest.raises(ShapeError, match=complaint):
                use()


@pytest.mark.parametrize(
    ("opened", "complaint"),
    [
        (np.ones(4), "both 0 and 1"),
        (np.array([0, 1, 2, 0]), "both 0 and 1"),
        (np.array([0.0, 1.0, np.nan, 0.0]), "both 0 and 1"),
        (np.zeros(3), r"\(4,\), got \(3,\)"),
        (np.array(["a", "b", "a", "b"]), "both 0 and 1"),
    ],
)
def test_what_was_opened_must_be_told(opened, complaint):
    with pytest.raises(ShapeError, match=complaint):
        learn(ARMNet(Embeddings([4, 4], 4)), np.ones((4, 2), np.int64), opened)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Embeddings([], 4), "at least one value"),
        (lambda: Embeddings([3, 0], 4), "at least one value"),
        (lambda: AutoInt(Embeddings([3], 4), heads=3, out=4), "multiple of heads"),
        (lambda: ARMNet(Embeddings([3], 4), neurons=0), "neurons"),
        (lambda: InterestNetwork(np.zeros((3, 1), int), 0), "history"),
        (lambda: InterestNetwork(np.zeros((3, 1), int), 2, vectors=np.zeros((2, 4))), "vectors must have"),
        (lambda: AutoInt(Embeddings([3, 3], 4), out=4).reasons([[0, 0]], 0), "most"),
        (lambda: lines_of([[0, 1]], least=2), "at least 2 rows"),
    ],
)
def test_what_has_no_sense_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()


def test_one_line_none_and_huge_values():
    model = ARMNet(Embeddings([4] * 2, 4))
    assert odds(model, np.empty((0, 2), np.int64)).shape == (0,)
    assert np.isfinite(odds(model, [[2**60, -1]])).all()
    learn(model, [[0, 1], [1, 0]], [0, 1], epochs=1, size=1)
    assert odds(model, [[0, 1]]).shape == (1,)
