import numpy as np
import pytest

from octavo.find.hnsw import HNSWIndex
from octavo.testing import check_index, planted_vectors


def test_contract_while_few():
    check_index(HNSWIndex)


def test_contract_of_the_graph():
    check_index(lambda: HNSWIndex(reach=256), documents=3000, dim=32, recall=0.95)


def test_the_same_documents_make_the_same_graph():
    x, queries, _ = planted_vectors(documents=2000)
    one, other = (HNSWIndex(links=4, build=8, reach=8).add(x).search(queries, 5).ids for _ in range(2))
    assert one.tolist() == other.tolist()


def test_more_reach_finds_more():
    x, queries, answers = planted_vectors(documents=3000, queries=200, dim=48)
    queries = queries + 0.15 * np.random.default_rng(0).standard_normal(queries.shape).astype(np.float32)
    found = [
        np.mean(HNSWIndex(links=2, build=4, reach=r).add(x).search(queries, 1).ids[:, 0] == answers)
        for r in (1, 400)
    ]
    assert found[0] < found[1]


@pytest.mark.parametrize("name", ["links", "build", "reach", "exact_below"])
def test_bad_options(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        HNSWIndex(**{name: 0})
