import random

import pytest
import pytrec_eval

from broadsheet.evaluation import judged
from broadsheet.evaluation.judged import Judged, Rules
from broadsheet.exceptions import NotFoundError, UnreadableInputError
from octavo.check.collection import Collection


def random_case(seed):
    rng = random.Random(seed)
    documents = [f"d{i}" for i in range(150)]
    qrels = {
        f"q{q}": {d: rng.randint(0, 3) for d in rng.sample(documents, rng.randint(1, 30))} for q in range(8)
    }
    run = {
        query: dict(zip(rng.sample(documents, 120), map(float, range(120, 0, -1)), strict=True))
        for query in qrels
    }
    return qrels, run


@pytest.mark.parametrize("seed", range(5))
def test_a_search_is_judged_as_trec_eval_judges_it(seed):
    qrels, run = random_case(seed)
    given = Judged(Collection("c", {}, dict.fromkeys(qrels, ""), qrels), Rules())
    names = {"ndcg_cut.10", "recall.100", "map", "recip_rank"}
    for query, expected in pytrec_eval.RelevanceEvaluator(qrels, names).evaluate(run).items():
        found = given.figures(query, run[query])
        assert list(found.values()) == pytest.approx(
            [expected[name] for name in ("ndcg_cut_10", "recall_100", "map", "recip_rank")]
        )


@pytest.mark.parametrize("seed", range(5))
def test_a_pool_is_judged_as_trec_eval_judges_the_pool_alone(seed):
    qrels, run = random_case(seed)
    given = Judged(Collection("c", {}, dict.fromkeys(qrels, ""), qrels), Rules(pooled=True, least=2))
    inside = {query: {d: s for d, s in run[query].items() if d in qrels[query]} for query in qrels}
    sure = {query: {d: int(grade >= 2) for d, grade in judged.items()} for query, judged in qrels.items()}
    precise = pytrec_eval.RelevanceEvaluator(sure, {"map"}).evaluate(inside)
    for query, judgements in qrels.items():
        fifth = max(1, len(judgements) // 5)
        cut = pytrec_eval.RelevanceEvaluator(qrels, {f"ndcg_cut.{fifth}"}).evaluate(inside)
        found = given.figures(query, run[query])
        if query in precise:
            assert found["MAP"] == pytest.approx(precise[query]["map"])
            assert found["NDCG%20"] == pytest.approx(cut[query][f"ndcg_cut_{fifth}"])


def test_collections_are_found_where_they_lie(data):
    inside = judged.collections(data)
    assert [path.name for path in inside] == ["csfcube", "planted"]
    assert judged.collections(data / "search") == inside
    assert judged.collections(inside[1]) == [inside[1]]


def test_a_folder_of_nothing_is_said_to_be_one(tmp_path):
    with pytest.raises(NotFoundError, match=r"corpus\.jsonl, queries\.jsonl and qrels"):
        judged.collections(tmp_path)
    with pytest.raises(NotFoundError, match="no collection in"):
        judged.collections(tmp_path / "missing")


def test_the_rules_follow_the_name(data):
    pooled, whole = map(judged.read, judged.collections(data))
    assert pooled.rules == Rules(pooled=True, least=2)
    assert whole.rules.measures == ("nDCG@10", "Recall@100", "MAP", "MRR")
    assert pooled.rules.measures == ("MAP", "NDCG%20")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("corpus.jsonl", "not json"),
        ("corpus.jsonl", '["a list"]'),
        ("corpus.jsonl", ""),
        ("queries.jsonl", '{"text": "no name"}'),
        ("queries.jsonl", "\x00\xff"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq0\tc0\tmuch\n"),
        ("qrels/test.tsv", "nothing\n"),
        ("qrels/test.tsv", ""),
    ],
)
def test_a_damaged_collection_is_refused(data, file, content):
    folder = data / "search" / "planted"
    (folder / file).write_text(content, encoding="latin-1")
    with pytest.raises(UnreadableInputError, match="planted"):
        judged.read(folder)
