import numpy as np
import pytest

from octavo.check.collection import Collection
from octavo.lab.ranking import bm25, gain
from octavo.testing import planted_corpus


def test_words_find_the_planted_documents():
    documents, queries = planted_corpus()
    ids = bm25(documents, queries, 3)
    assert ids.shape == (len(queries), 3)
    assert np.mean(ids[:, 0] == np.arange(len(queries))) > 0.8
    assert bm25(documents, ["xylophone"], 2).tolist() == [[-1, -1]]


def test_a_gain_and_its_error_by_hand():
    qrels = {"1": {"a": 1}, "2": {"b": 1}, "3": {"a": 1}}
    collection = Collection("c", {"a": "", "b": ""}, dict.fromkeys(qrels, ""), qrels)
    better, worse = collection.run([[0], [1], [1]]), collection.run([[1], [1], [1]])
    assert gain(collection, better, worse) == pytest.approx((1 / 3, np.std([1, 0, 0], ddof=1) / np.sqrt(3)))
