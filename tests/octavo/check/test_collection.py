import json

import pytest

from octavo.check.collection import Collection
from octavo.check.retrieval import mean, recall


@pytest.fixture
def folder(tmp_path):
    corpus = [
        {"_id": "a", "title": "Owls", "text": "hunt"},
        {"_id": "b", "text": "Bread"},
        {"_id": "c", "text": "Ice"},
    ]
    queries = [{"_id": "2", "text": "birds"}, {"_id": "1", "text": "food"}, {"_id": "3", "text": "unjudged"}]
    for name, lines in (("corpus", corpus), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n2\ta\t2\n2\tc\t0\n")
    return tmp_path


def test_a_folder_is_read(folder):
    collection = Collection.read(folder)
    assert collection.documents == {"a": "Owls\nhunt", "b": "Bread", "c": "Ice"}
    assert collection.queries == {"2": "birds", "1": "food"}
    assert list(collection.qrels.items()) == [("2", {"a": 2, "c": 0}), ("1", {"b": 1})]
    assert collection.name == folder.name


def test_rankings_become_a_run_in_the_order_of_the_queries(folder):
    collection = Collection.read(folder)
    run = collection.run([[0, 2, -1], [2]])
    assert run == {"2": {"a": 0.0, "c": -1.0}, "1": {"c": 0.0}}
    assert mean(recall, collection.qrels, run) == 0.5


def test_fewer_keeps_what_is_judged(folder):
    fewer = Collection.read(folder).fewer(1, 1)
    assert list(fewer.queries) == ["2"]
    assert list(fewer.documents) == ["a", "c"]
    assert list(Collection.read(folder).fewer(3, 1).documents) == ["a", "b", "c"]


def test_a_split_that_is_not_there_is_an_error(folder):
    with pytest.raises(FileNotFoundError):
        Collection.read(folder, "train")
