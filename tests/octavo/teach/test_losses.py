"""Every loss against its equation in plain loops, and what the mathematics says of it."""

from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import ShapeError
from octavo.teach.codiemb import Similarity, pearson, preference, rank_divergence, ranks
from octavo.teach.dynamic_distillation import DynamicDistillation
from octavo.teach.info_nce import InfoNCE
from octavo.teach.matryoshka import Matryoshka, prefix
from octavo.teach.metrix import Metrix, utilisation
from octavo.teach.order_negatives import OrderAware, swapped


def unit(n, dim, seed=0):
    x = torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(x, dim=1)


def dot(a, b):
    return sum(float(x) * float(y) for x, y in zip(a, b, strict=True))


def test_info_nce_by_hand():
    q, d, more = unit(4, 3, 0), unit(4, 3, 1), unit(2, 3, 2)
    there = back = 0.0
    for i in range(4):
        there -= log(exp(dot(q[i], d[i]) / 0.1) / sum(exp(dot(q[i], e) / 0.1) for e in (*d, *more)))
        back -= log(exp(dot(q[i], d[i]) / 0.1) / sum(exp(dot(e, d[i]) / 0.1) for e in q))
    assert InfoNCE(0.1)(q, d, more).item() == pytest.approx((there + back) / 8, rel=1e-5)
    assert InfoNCE(0.1, both=False)(q, d, more).item() == pytest.approx(there / 4, rel=1e-5)


def test_matryoshka_is_the_mean_over_prefixes():
    a, b = unit(5, 8, 0), unit(5, 8, 1)
    by_hand = (InfoNCE()(prefix(a, 2), prefix(b, 2)) + InfoNCE()(a, b)) / 2
    torch.testing.assert_close(Matryoshka(InfoNCE(), [2, 8])(a, b), by_hand)
    with pytest.raises(ShapeError, match="no prefix of 9"):
        Matryoshka(InfoNCE(), [9])(a, b)


def test_metrix_without_mixtures_is_the_multi_similarity_loss():
    x, labels = unit(5, 3), torch.tensor([0, 0, 1, 1, 2])
    total = 0.0
    for i in range(5):
        near = sum(exp(-2 * (dot(x[i], x[j]) - 0.5)) for j in range(5) if j != i and labels[i] == labels[j])
        far = sum(exp(20 * (dot(x[i], x[j]) - 0.5)) for j in range(5) if labels[i] != labels[j])
        total += log(1 + near) / 2 + log(1 + far) / 20
    assert Metrix(0)(x, labels).item() == pytest.approx(total / 5, rel=1e-5)


def test_a_mixture_between_the_two_extremes_counts_as_either():
    loss = Metrix(0)
    scores = torch.tensor([[0.3, 0.7]])
    positive = loss.contrast(scores, torch.ones(1, 2), torch.zeros(1, 2))
    negative = loss.contrast(scores, torch.zeros(1, 2), torch.ones(1, 2))
    half = loss.contrast(scores, torch.full((1, 2), 0.5), torch.full((1, 2), 0.5))
    assert half.item() < positive.item() + negative.item()
    x, labels = unit(6, 4), torch.tensor([0, 0, 1, 1, 2, 2])
    same = [Metrix(0.4, seed=3)(x, labels).item() for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] > Metrix(0)(x, labels).item()


def test_metrix_of_one_class_has_no_mixtures():
    x = unit(3, 4)
    assert Metrix(0.4)(x, torch.zeros(3)).item() == pytest.approx(Metrix(0)(x, torch.zeros(3)).item())
    with pytest.raises(ShapeError, match="labels must be"):
        Metrix()(x, torch.zeros(2))


def test_utilisation_is_the_mean_distance_to_the_nearest():
    x, queries = torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 2.0], [3.0, 0.0]])
    assert utilisation(queries, x) == pytest.approx((4 + 4) / 2)


def test_ranks_of_equal_scores_are_shared():
    assert ranks(torch.tensor([5.0, 1.0, 5.0, 3.0])).tolist() == [1.5, 4.0, 1.5, 3.0]


def test_preference_by_hand():
    scores, y, t = [0.9, 0.1, 0.4], [4.0, 0.0, 1.0], 0.05
    total = 0.0
    for k in (0, 2):  # no score is lower than that of 1
        gaps = [(y[k] - other) / 4 for other in y]
        own = exp(scores[k] * max(gaps) / t)
        total -= log(own / (own + sum(exp(scores[j] * gaps[j] / t) for j in range(3) if gaps[j] > 0)))
    assert preference(torch.tensor(scores), torch.tensor(y), t).item() == pytest.approx(total / 2, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=3, max_size=8), st.integers(0, 99))
def test_the_order_that_people_gave_is_best(judged, seed):
    y = torch.tensor(judged)
    ideal = -ranks(y) / len(y)
    shuffled = ideal[torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))]
    assert rank_divergence(ideal, y, 1.0) <= rank_divergence(shuffled, y, 1.0) + 1e-5
    assert -1.001 <= pearson(shuffled, y).item() <= 1.001


def test_similarity_sums_its_parts_and_wants_pairs():
    x, y, judged = unit(6, 4, 0), unit(6, 4, 1), torch.arange(6.0)
    s = (x * y).sum(1)
    by_hand = (
        2 * (1 - pearson(s, judged)) + 5 * rank_divergence(s, judged, 0.05) + preference(s, judged, 0.05) / 2
    )
    torch.testing.assert_close(Similarity()(x, y, judged), by_hand)
    correlation = np.corrcoef(s.numpy(), judged.numpy())[0, 1]
    assert pearson(s, judged).item() == pytest.approx(correlation, abs=1e-5)
    assert torch.isfinite(Similarity()(x, y, torch.ones(6)))
    with pytest.raises(ShapeError, match="judged"):
        Similarity()(x, y, torch.ones(5))


def test_distillation_by_hand():
    q, c = unit(2, 3, 0), torch.stack([unit(3, 3, 1), unit(3, 3, 2)])
    teacher, t = torch.tensor([[0.9, 0.2, 0.1], [0.3, 0.5, 0.4]]), 0.5
    total = 0.0
    for i in range(2):
        s = [dot(q[i], c[i, j]) / t for j in range(3)]
        p = [exp(v) / sum(map(exp, s)) for v in s]
        o = [exp(float(v) / t) / sum(exp(float(w) / t) for w in teacher[i]) for v in teacher[i]]
        apart = sum(b * log(b / a) for a, b in zip(p, o, strict=True))
        total += 0.6 * -log(p[0]) + 0.4 * t**2 * apart
    loss = DynamicDistillation(t, share=0.4, dynamic=False)(q, c, teacher)
    assert loss.item() == pytest.approx(total / 2, rel=1e-5)


def test_what_the_teacher_is_sure_of_and_the_student_is_not_weighs_most():
    sure, unsure = [0.98, 0.01, 0.01], [0.34, 0.33, 0.33]
    wrong, right = [0.1, 0.8, 0.1], [0.9, 0.05, 0.05]
    student = torch.tensor([wrong, right, wrong]).log()
    weights = DynamicDistillation.weights(student, torch.tensor([sure, sure, unsure]).log())
    assert weights[0] > weights[1]
    assert weights[0] > weights[2]
    assert weights.mean().item() == pytest.approx(1)
    with pytest.raises(ShapeError, match="teacher"):
        DynamicDistillation()(unit(2, 3), torch.zeros(2, 4, 3), torch.zeros(2, 3))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.integers(0, 9))
def test_a_swap_keeps_every_letter(text, seed):
    after = swapped(text, np.random.default_rng(seed))
    assert sorted(after) == sorted(text)
    assert len(after) == len(text)


def test_a_swap_exchanges_two_different_words():
    found = {swapped("Learning Transfer from learning", np.random.default_rng(seed)) for seed in range(20)}
    assert "Learning Transfer from learning" not in found
    assert swapped("one fish", np.random.default_rng(0)) == "one fish"


def test_order_aware_also_meets_the_swaps():
    q, s, d = unit(4, 3, 0), unit(4, 3, 1), unit(4, 3, 2)
    forwards, backwards = InfoNCE(0.1, both=False)(q, d), InfoNCE(0.1, both=False)(d, q, s)
    torch.testing.assert_close(OrderAware(0.1)(q, s, d), (forwards + backwards) / 2)
    assert OrderAware(0.1)(q, q, q) > OrderAware(0.1)(q, -q, q)


@pytest.mark.parametrize(
    "make",
    [
        lambda: InfoNCE(0),
        lambda: Metrix(-1),
        lambda: Similarity(0),
        lambda: DynamicDistillation(share=2),
        lambda: DynamicDistillation(0),
        lambda: Matryoshka(InfoNCE(), []),
    ],
)
def test_settings_without_sense_are_refused(make):
    with pytest.raises(ValueError):
        make()
