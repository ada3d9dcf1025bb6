import numpy as np
import pytest

from broadsheet.search import probing
from broadsheet.search.probing import recall


class Nearby:
    """Papers 10, 12, 14, .. with vectors; `missing` of every ten nearest are not found."""

    def __init__(self, count, missing=0):
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((count, 8)).astype(np.float32)
        self.x /= np.linalg.norm(self.x, axis=1, keepdims=True)
        self.known = np.arange(count, dtype=np.int64) * 2 + 10
        self.missing = missing

    def vectors_of(self, paper_ids):
        return self.x[np.searchsorted(self.known, paper_ids)]

    def nearest(self, query, k, *, among=None):
        order = np.argsort(-(self.x @ query))[self.missing : k]
        return [(int(self.known[i]), float(self.x[i] @ query)) for i in order]


@pytest.mark.parametrize(("missing", "share"), [(0, 1.0), (3, 0.7), (10, 0.0)])
def test_what_is_missed_is_told(missing, share):
    assert recall(Nearby(200, missing)) == pytest.approx(share)


def test_equal_papers_are_as_good_as_each_other():
    near = Nearby(50)
    near.x[:] = near.x[0]
    assert recall(near) == 1.0


def test_too_few_and_too_many_are_not_probed(monkeypatch):
    assert recall(Nearby(10)) is None
    monkeypatch.setattr(probing, "MOST", 20)
    assert recall(Nearby(21)) is None


def test_the_live_index_finds_its_own(search, store, make_paper):
    store.put(*(make_paper(i, title=f"kites {i} over harbour {i % 7} at {i % 5}") for i in range(1, 40)))
    search.sync()
    search.encode()
    assert recall(search.meaning.snapshot()) == 1.0
