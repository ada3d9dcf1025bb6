import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.exact import ExactIndex
from octavo.find.rows import BLOCK
from octavo.testing import check_index, planted_vectors

# Small whole numbers: their inner products are exact in any order of summation, and ties are common.
whole = st.integers(-3, 3).map(float)


def vectors(rows):
    return hnp.arrays(np.float32, st.tuples(st.integers(0, rows), st.just(4)), elements=whole)


def by_hand(x, query, k, among):
    scores = [(float(query @ x[i]), int(i)) for i in among]
    return sorted(scores, key=lambda pair: (-pair[0], pair[1]))[:k]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("documents", [500, 3 * BLOCK + 1])
def test_contract(dtype, documents):
    recall = 1.0 if dtype == "float32" else 0.98  # some neighbours change places when rounded
    check_index(lambda: ExactIndex(dtype=dtype), documents=documents, recall=recall)


@given(vectors(30), vectors(5), st.integers(1, 40), st.data())
def test_the_best_by_a_plain_sort(x, queries, k, data):
    index = ExactIndex().add(x)
    among = data.draw(st.none() | st.lists(st.integers(0, len(x) - 1)) if len(x) else st.none())
    hits = index.search(queries, k, among=among if among is None else np.array(among, np.int64))
    assert hits.ids.shape == hits.scores.shape == (len(queries), min(k, len(x)))
    for query, ids, scores in zip(queries, hits.ids, hits.scores, strict=True):
        expected = by_hand(x, query, k, range(len(x)) if among is None else set(among))
        assert ids[: len(expected)].tolist() == [document for _, document in expected]
        assert scores[: len(expected)].tolist() == [score for score, _ in expected]
        assert (ids[len(expected) :] == -1).all()
        assert np.isneginf(scores[len(expected) :]).all()


@given(st.lists(st.integers(0, 300), max_size=6), st.sampled_from(["float32", "float16"]))
def test_adding_in_blocks_changes_nothing(sizes, dtype):
    x, queries, _ = planted_vectors(documents=sum(sizes) + 20, dim=8)
    index, start = ExactIndex(dtype=dtype), 0
    for size in sizes:
        index.add(x[start : start + size])
        start += size
    index.add(x[start:])
    expected = ExactIndex(dtype=dtype).add(x).search(queries, 7)
    hits = index.search(queries, 7)
    np.testing.assert_array_equal(hits.ids, expected.ids)
    np.testing.assert_array_equal(hits.scores, expected.scores)


def test_equal_documents_tie_wherever_they_stand():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2 * BLOCK + 77, 96)).astype(np.float32)
    twins = [3, BLOCK - 1, BLOCK, 2 * BLOCK, len(x) - 1]
    x[twins] = 2 * x[0]
    hits = ExactIndex().add(x[:100]).add(x[100:]).search(x[:1], 5)
    assert hits.ids[0].tolist() == twins
    assert len(set(hits.scores[0].tolist())) == 1


def test_a_larger_k_only_lengthens_the_hits():
    x, queries, _ = planted_vectors()
    index = ExactIndex().add(x)
    everything = index.search(queries, 10**15)
    assert everything.ids.shape == (len(queries), len(x))
    np.testing.assert_array_equal(index.search(queries, 9).ids, everything.ids[:, :9])


def test_half_precision_scores_are_those_of_the_rounded_vectors():
    x, queries, _ = planted_vectors()
    rounded = x.astype(np.float16).astype(np.float32)
    hits, expected = (
        ExactIndex(dtype="float16").add(x).search(queries, 9),
        ExactIndex().add(rounded).search(queries, 9),
    )
    np.testing.assert_array_equal(hits.ids, expected.ids)
    np.testing.assert_array_equal(hits.scores, expected.scores)


def test_a_search_goes_on_while_documents_are_added():
    x, queries, answers = planted_vectors(documents=2000)
    index, wrong = ExactIndex().add(x), []

    def search():
        wrong.extend(1 for _ in range(50) if (index.search(queries, 1).ids[:, 0] != answers).any())

    threads = [threading.Thread(target=search) for _ in range(3)]
    threads += [
        threading.Thread(target=lambda: [index.add(-0.1 * x[:10]) for _ in range(50)]) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(index) == 2000 + 2 * 50 * 10


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_saving_and_loading(tmp_path, dtype):
    x, queries, _ = planted_vectors()
    index = ExactIndex(dtype=dtype).add(x[:300])
    index.save(tmp_path / "index")
    index.add(x[300:]).save(tmp_path / "index")
    loaded = ExactIndex.load(tmp_path / "index")
    assert len(loaded) == len(x)
    assert loaded.dtype == dtype
    np.testing.assert_array_equal(loaded.search(queries, 9).scores, index.search(queries, 9).scores)
    assert len(loaded.add(x[:5])) == len(x) + 5


def test_an_empty_index_is_saved_too(tmp_path):
    ExactIndex().save(tmp_path)
    assert len(ExactIndex.load(tmp_path).add(np.eye(3))) == 3


def test_a_folder_of_another_index_is_refused(tmp_path):
    with pytest.raises(SavedFileError, match="nothing can be read"):
        ExactIndex.load(tmp_path)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([[1.0, np.nan]]), "x must be finite in float16, got NaN"),
        (
            np.array([[1.0, 1e6]]),
            "x must be finite in float16, got a number that is infinite or does not fit",
        ),
        (np.ones((2, 3)), r"x must have the shape \(N, 2\), got \(2, 3\)"),
        (np.ones(2), r"x must have the shape \(N, 2\), got \(2,\)"),
        (np.ones((2, 2), int), "x must hold floating-point numbers, got int64"),
        ([[1.0], [1.0, 2.0]], "got rows of different lengths"),
        ([["a", "b"]], "x must hold floating-point numbers, got <U1"),
    ],
)
def test_bad_vectors(x, message):
    index = ExactIndex(dtype="float16").add(np.eye(2))
    with pytest.raises(ShapeError, match=message):
        index.add(x)
    assert len(index) == 2


@pytest.mark.parametrize(
    ("k", "among", "message"),
    [
        (0, None, "k must be an integer of at least 1, got 0"),
        (2.0, None, "k must be an integer of at least 1, got 2.0"),
        (True, None, "got True"),
        (1, np.array([[0]]), r"among must have the shape \(M,\), got \(1, 1\)"),
        (1, np.array([0.0]), "among must hold integers, got float64"),
        (1, np.array([0, 2]), "below 2, got 2"),
        (1, np.array([-1]), "below 2, got -1"),
    ],
)
def test_bad_searches(k, among, message):
    index = ExactIndex().add(np.eye(2))
    with pytest.raises(ShapeError, match=message):
        index.search(np.eye(2), k, among=among)


def test_bad_options():
    with pytest.raises(ValueError, match="'float32' or 'float16', got 'int8'"):
        ExactIndex(dtype="int8")
    with pytest.raises(ShapeError, match=r"got \(2, 0\)"):
        ExactIndex().add(np.empty((2, 0)))
