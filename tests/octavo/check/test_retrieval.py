import math

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.retrieval import average_precision, mean, ndcg, recall, reciprocal_rank

documents = st.integers(0, 30).map(lambda i: f"d{i}")
# trec_eval keeps scores in single precision, where these are exact; few of them, so that ties are common.
scores = st.integers(-8, 8).map(lambda i: i / 4)
queries = st.integers(0, 4).map(lambda i: f"q{i}")
qrels = st.dictionaries(queries, st.dictionaries(documents, st.integers(-1, 3), min_size=1), min_size=1)
runs = st.dictionaries(queries, st.dictionaries(documents, scores, min_size=1))


@given(qrels, runs)
def test_agrees_with_trec_eval(qrels, run):
    names = {"ndcg_cut.1,5,10", "recall.1,5,10", "map", "recip_rank"}
    for query, expected in pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run).items():
        judged, scored = qrels[query], run[query]
        for k in (1, 5, 10):
            assert ndcg(judged, scored, k) == pytest.approx(expected[f"ndcg_cut_{k}"], abs=1e-9)
            assert recall(judged, scored, k) == pytest.approx(expected[f"recall_{k}"], abs=1e-9)
        assert average_precision(judged, scored) == pytest.approx(expected["map"], abs=1e-9)
        assert reciprocal_rank(judged, scored) == pytest.approx(expected["recip_rank"], abs=1e-9)


def test_by_hand():
    judged = {"a": 3, "b": 1, "c": 1, "n": 0}
    ranking = {"n": 9.0, "a": 8.0, "x": 7.0, "b": 6.0}
    gained = 3 / math.log2(3) + 1 / math.log2(5)
    best = 3 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(judged, ranking, 10) == pytest.approx(gained / best)
    assert recall(judged, ranking, 2) == pytest.approx(1 / 3)
    assert average_precision(judged, ranking) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert reciprocal_rank(judged, ranking) == 1 / 2


@pytest.mark.parametrize("measure", [ndcg, recall, average_precision, reciprocal_rank])
def test_the_perfect_ranking_measures_one_and_no_ranking_nothing(measure):
    judged = {"a": 2, "b": 1}
    assert measure(judged, {"a": 2.0, "b": 1.0, "x": 0.0}) == 1.0
    assert measure(judged, {}) == 0.0
    assert measure({}, {"a": 1.0}) == 0.0


def test_a_query_without_an_answer_counts_as_nothing():
    qrels = {"q1": {"a": 1}, "q2": {"b": 1}}
    assert mean(recall, qrels, {"q1": {"a": 1.0}, "unasked": {"b": 1.0}}, k=5) == 0.5
    assert mean(reciprocal_rank, qrels, {}) == 0.0


def test_the_mean_of_no_queries_is_refused():
    with pytest.raises(ValueError, match="at least one query"):
        mean(ndcg, {}, {})


@pytest.mark.parametrize("measure", [ndcg, recall])
def test_the_cutoff_is_at_least_one(measure):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        measure({"a": 1}, {"a": 1.0}, 0)


@pytest.mark.parametrize("measure", [ndcg, recall, average_precision, reciprocal_rank])
def test_nan_is_no_score(measure):
    with pytest.raises(ValueError, match="NaN for 'b'"):
        measure({"a": 1}, {"a": 1.0, "b": math.nan})
