import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.find.convex import convex
from octavo.find.learned_fusion import LearnedFusion, features


def planted(queries, seed=0, documents=20):
    """Three rankings: one that nearly knows, one of chance, one that is nearly the wrong way round."""
    rng = np.random.default_rng(seed)
    made, judged = [], []
    for _ in range(queries):
        truth = (rng.permutation(documents) < 3).astype(int)
        rankings = [truth + 0.4 * rng.standard_normal(documents), rng.standard_normal(documents)]
        rankings.append(-truth + 0.4 * rng.standard_normal(documents))
        made.append([dict(enumerate(each.tolist())) for each in rankings])
        judged.append({document: int(grade) for document, grade in enumerate(truth)})
    return made, judged


def loss(weights, queries, judged, ridge, order_by, cutoff=10):
    """The paper's sum in plain loops, with the places of `order_by`."""
    plain = np.zeros(len(weights))
    plain[::3] = 3 / len(weights)
    total = ridge * float(((weights - plain) ** 2).sum())
    for scorings, judgements in zip(queries, judged, strict=True):
        documents, x = features(scorings)
        order = sorted(range(len(documents)), key=lambda i: (-float(x[i] @ order_by), i))
        discount = {i: 1 / math.log2(rank + 2) for rank, i in enumerate(order[:cutoff])}
        gains = [2 ** judgements.get(int(d), 0) - 1 for d in documents]
        best = sum(g / math.log2(r + 2) for r, g in enumerate(sorted(gains, reverse=True)[:cutoff]))
        for i, better in enumerate(gains):
            for j, worse in enumerate(gains):
                if better > worse:
                    worth = abs((better - worse) * (discount.get(i, 0) - discount.get(j, 0))) / best
                    apart = float((x[i] - x[j]) @ weights)
                    total += worth * math.log1p(math.exp(-apart)) / len(queries)
    return total


def test_it_learns_whom_to_trust():
    fusion = LearnedFusion(ridge=0.01).fit(*planted(40))
    scores = fusion.weights_[::3]
    assert scores[0] > 0 > scores[2]
    assert abs(scores[1]) < scores[0] / 2
    queries, judged = planted(20, seed=1)
    right = [judged[q][fusion.fuse(each)[0][0]] for q, each in enumerate(queries)]
    plain = [judged[q][convex(each)[0][0]] for q, each in enumerate(queries)]
    assert np.mean(right) > 0.9 > np.mean(plain)


def test_the_weights_make_the_loss_small():
    queries, judged = planted(6)
    fusion = LearnedFusion(ridge=0.2).fit(queries, judged)
    found = fusion.weights_.astype(np.float64)
    here = loss(found, queries, judged, 0.2, found)
    rng = np.random.default_rng(0)
    for _ in range(10):
        elsewhere = found + 0.3 * rng.standard_normal(len(found))
        assert loss(elsewhere, queries, judged, 0.2, found) > here


def test_without_anything_to_learn_it_is_the_convex_combination():
    queries, _ = planted(3)
    for judged in ([{}] * 3, [dict.fromkeys(range(20), 1)] * 3):
        fusion = LearnedFusion().fit(queries, judged)
        assert dict(fusion.fuse(queries[0])) == pytest.approx(dict(convex(queries[0])), abs=1e-5)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.integers(0, 9), st.floats(-5, 5), max_size=6), min_size=1, max_size=3))
def test_what_rankings_say(scorings):
    documents, x = features(scorings)
    assert documents.tolist() == sorted(set().union(*scorings))
    assert x.shape == (len(documents), 3 * len(scorings))
    assert np.isfinite(x).all()
    assert ((x >= 0) & (x <= 1)).all()
    for leg, scoring in enumerate(scorings):
        held = [document in scoring for document in documents.tolist()]
        assert x[:, 3 * leg + 2].astype(bool).tolist() == held


def test_saving(tmp_path):
    queries, judged = planted(5)
    fusion = LearnedFusion(ridge=0.3, cutoff=5).fit(queries, judged)
    fusion.save(tmp_path)
    again = LearnedFusion.load(tmp_path)
    assert again.fuse(queries[0]) == fusion.fuse(queries[0])
    assert (again.ridge, again.cutoff) == (0.3, 5)
    (tmp_path / "saved.json").write_text("{")
    with pytest.raises(SavedFileError):
        LearnedFusion.load(tmp_path)


def test_bad_input_is_refused(tmp_path):
    queries, judged = planted(2)
    with pytest.raises(NotFittedError):
        LearnedFusion().fuse(queries[0])
    with pytest.raises(NotFittedError):
        LearnedFusion().save(tmp_path)
    with pytest.raises(ShapeError, match="one for each of 2"):
        LearnedFusion().fit(queries, judged[:1])
    with pytest.raises(ShapeError, match="same rankings"):
        LearnedFusion().fit([queries[0], queries[1][:2]], judged)
    with pytest.raises(ShapeError, match="same rankings"):
        LearnedFusion().fit([], [])
    with pytest.raises(ShapeError, match="3 rankings"):
        LearnedFusion().fit(queries, judged).fuse(queries[0][:1])
    with pytest.raises(ValueError, match="finite"):
        LearnedFusion().fit([[{1: math.nan, 2: 1.0}]], [{1: 1}])
    with pytest.raises(ValueError, match="ridge"):
        LearnedFusion(ridge=-1)
    with pytest.raises(ValueError, match="cutoff"):
        LearnedFusion(cutoff=0)


def test_nothing_found_is_nothing_fused():
    queries, judged = planted(2)
    assert LearnedFusion().fit(queries, judged).fuse([{}, {}, {}]) == []
