import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.find.anncur import Anncur


class LowRank:
    """A scorer whose matrix has rank 4: texts are numbers, and it counts how often it is asked."""

    def __init__(self, count=200, seed=0, noise=0.0):
        rng = np.random.default_rng(seed)
        self.queries, self.documents = rng.standard_normal((60, 4)), rng.standard_normal((count, 4))
        self.table = self.queries @ self.documents.T + noise * rng.standard_normal((60, count))
        self.calls = 0

    def score(self, queries, documents):
        self.calls += len(documents)
        pairs = zip(queries, documents, strict=True)
        return np.array([self.table[int(q), int(d)] for q, d in pairs], np.float32)

    @property
    def names(self):
        return [str(i) for i in range(self.table.shape[1])]


ANCHORS = [str(i) for i in range(20)]


def test_the_best_of_a_matrix_of_low_rank_are_found_with_few_calls():
    """Planted: rank 4, so a dozen scores tell all the others."""
    scorer = LowRank()
    search = Anncur(scorer, calls=24, rounds=2, ridge=1e-6).fit(scorer.names, ANCHORS)
    asked = [str(q) for q in range(20, 60)]
    found = search.search(asked, 5)
    best = np.argsort(-scorer.table[20:], axis=1)[:, :5]
    assert np.mean([np.isin(b, f).mean() for b, f in zip(best, found.ids, strict=True)]) > 0.97


def test_no_more_calls_than_allowed_and_none_twice():
    scorer = LowRank(noise=0.5)
    search = Anncur(scorer, calls=30, rounds=3).fit(scorer.names, ANCHORS)
    assert scorer.calls == 20 * 200
    scorer.calls = 0
    found = search.search(["40", "41"], 50)
    assert scorer.calls == 60
    assert all(len(set(row[row >= 0].tolist())) == 30 for row in found.ids)
    assert (found.ids[:, 30:] == -1).all()
    assert np.isneginf(found.scores[:, 30:]).all()


def test_scores_are_the_scorers_own():
    scorer = LowRank(noise=1.0)
    found = Anncur(scorer, calls=20).fit(scorer.names, ANCHORS).search(["33"], 10)
    np.testing.assert_allclose(found.scores[0], scorer.table[33, found.ids[0]], rtol=1e-5)
    assert (np.diff(found.scores[0]) <= 0).all()


def test_all_calls_there_could_be_are_the_exact_search():
    scorer = LowRank(40, noise=2.0)
    found = Anncur(scorer, calls=999).fit(scorer.names, ANCHORS).search(["50"], 40)
    assert found.ids[0].tolist() == np.argsort(-scorer.table[50], kind="stable").tolist()


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(0, 50))
def test_the_guess_is_the_ridge_of_the_equation(count, seed):
    """A second derivation: in the space of the anchors, by the normal equations."""
    rng = np.random.default_rng(seed)
    scorer = LowRank(30, seed)
    search = Anncur(scorer, ridge=0.05).fit(scorer.names, ANCHORS[:6])
    ids, scores = rng.permutation(30)[:count], rng.standard_normal(count).astype(np.float32)
    r = search.anchors_.astype(np.float64)
    seen = r[:, ids]
    ridge = 0.05 * 6 * np.mean(seen**2)
    w = np.linalg.solve(seen @ seen.T + ridge * np.eye(6), seen @ scores)
    np.testing.assert_allclose(search.guessed(ids, scores), w @ r, atol=1e-3)


def test_it_begins_with_what_a_first_stage_proposes():
    scorer = LowRank(noise=0.2)
    search = Anncur(scorer, calls=10, rounds=1).fit(scorer.names, ANCHORS)
    proposed = np.array([7, 3, 7, 150, 12, 1, 2, 4, 5, 6, 8, 9, 10])
    found = search.search(["45"], 10, first=[proposed])
    assert set(found.ids[0].tolist()) == {7, 3, 150, 12, 1, 2, 4, 5, 6, 8}


def test_the_guess_helps_more_than_chance():
    scorer = LowRank(noise=0.3)
    best = np.argsort(-scorer.table[20:], axis=1)[:, :5]
    asked = [str(q) for q in range(20, 60)]
    recall = {
        rounds: np.mean(
            [
                np.isin(b, f).mean()
                for b, f in zip(
                    best,
                    Anncur(scorer, calls=30, rounds=rounds).fit(scorer.names, ANCHORS).search(asked, 5).ids,
                    strict=True,
                )
            ]
        )
        for rounds in (1, 3)
    }
    assert recall[3] > 2 * recall[1]


def test_saved_and_read_again(tmp_path):
    scorer = LowRank(noise=0.3)
    search = Anncur(scorer, calls=20, rounds=2, ridge=0.1, seed=3).fit(scorer.names, ANCHORS)
    search.save(tmp_path)
    again = Anncur.load(tmp_path, scorer, scorer.names)
    assert again.search(["30"], 5).ids.tolist() == search.search(["30"], 5).ids.tolist()
    with pytest.raises(ShapeError, match=r"scores must have the shape \(A, 3\)"):
        Anncur.load(tmp_path, scorer, ["a", "b", "c"])
    (tmp_path / "saved.json").unlink()
    with pytest.raises(SavedFileError):
        Anncur.load(tmp_path, scorer, scorer.names)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "rounds must be at least 1, got 0"),
        ({"calls": 2, "rounds": 3}, "calls must be at least the 3 rounds, got 2"),
        ({"ridge": 0.0}, "ridge must be above 0"),
        ({"ridge": float("nan")}, "ridge must be above 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        Anncur(LowRank(), **options)


def test_bad_input():
    scorer = LowRank(20)
    with pytest.raises(NotFittedError):
        Anncur(scorer).search(["1"], 3)
    with pytest.raises(NotFittedError):
        Anncur(scorer).save("nowhere")
    with pytest.raises(ShapeError, match="must not be empty"):
        Anncur(scorer).fit([], ANCHORS)
    with pytest.raises(ShapeError, match="must not be empty"):
        Anncur(scorer).fit(scorer.names, [])
    search = Anncur(scorer).fit(scorer.names, ANCHORS)
    with pytest.raises(ShapeError, match="one for each of 1 queries, got 2"):
        search.search(["1"], 3, first=[np.array([1]), np.array([2])])
    with pytest.raises(ShapeError, match="ids of documents"):
        search.search(["1"], 3, first=[np.array([99])])
    with pytest.raises(ShapeError, match="k must be an integer"):
        search.search(["1"], 0)
    scorer.table[30] = np.nan
    with pytest.raises(ShapeError, match="finite scores"):
        search.search(["30"], 3)
    with pytest.raises(ShapeError, match="finite"):
        search.given(["a"], np.array([[np.nan]], np.float32))
    assert search.search([], 3).ids.shape == (0, 3)
