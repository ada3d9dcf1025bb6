import numpy as np
import pytest

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.exact import ExactIndex
from octavo.find.quantised import QuantisedIndex
from octavo.find.rows import Rows, in_steps
from octavo.testing import check_index, planted_vectors

MANY = 6000
TRAINED = {"exact_below": 1000, "oversample": 20}


@pytest.fixture(scope="module")
def planted():
    return planted_vectors(documents=MANY, dim=48)


@pytest.fixture(scope="module")
def index(planted):
    return QuantisedIndex(**TRAINED).add(planted.documents)


def recall(hits, expected):
    return np.mean([len(np.intersect1d(a, b)) / len(b) for a, b in zip(hits.ids, expected.ids, strict=True)])


def test_contract_while_few():
    check_index(QuantisedIndex)


def test_contract_when_trained():
    check_index(lambda: QuantisedIndex(**TRAINED), documents=MANY, dim=48, recall=0.95)


def test_the_scores_are_those_of_the_exact_index(index, planted):
    assert index.untrained == 0
    hits = index.search(planted.queries, 10)
    exact = ExactIndex(dtype="float16").add(planted.documents)
    assert recall(hits, exact.search(planted.queries, 10)) > 0.95
    for query, ids, scores in zip(planted.queries, hits.ids, hits.scores, strict=True):
        of_these = exact.search(query[None], 10, among=ids)
        assert of_these.ids[0].tolist() == ids.tolist()
        assert of_these.scores[0].tolist() == scores.tolist()


def test_more_candidates_find_more(planted):
    exact = ExactIndex(dtype="float16").add(planted.documents).search(planted.queries, 100)
    found = []
    for oversample in (1, 3, 10):
        index = QuantisedIndex(exact_below=1000, oversample=oversample).add(planted.documents)
        found.append(recall(index.search(planted.queries, 100), exact))
    assert found == sorted(found)
    assert found[0] < found[2]


def test_among_is_exact(index, planted):
    some = np.random.default_rng(0).choice(MANY, 2000, replace=False)
    exact = ExactIndex(dtype="float16").add(planted.documents).search(planted.queries, 20, among=some)
    hits = index.search(planted.queries, 20, among=some)
    np.testing.assert_array_equal(hits.ids, exact.ids)
    np.testing.assert_array_equal(hits.scores, exact.scores)


def test_steps_are_searched_as_the_vectors_they_stand_for(planted, tmp_path):
    steps = in_steps(planted.documents)
    index = QuantisedIndex(**TRAINED, dtype="int8").attach(steps)
    exact = ExactIndex().add(Rows.of("int8", steps).take(np.arange(MANY)))
    hits = index.search(planted.queries, 10)
    assert recall(hits, exact.search(planted.queries, 10)) > 0.95
    some = np.arange(0, MANY, 3)
    among, wanted = (each.search(planted.queries, 20, among=some) for each in (index, exact))
    np.testing.assert_array_equal(among.ids, wanted.ids)
    index.save(tmp_path, vectors=False)
    again = QuantisedIndex.load(tmp_path, vectors=steps).search(planted.queries, 10)
    np.testing.assert_array_equal(again.ids, hits.ids)
    np.testing.assert_array_equal(again.scores, hits.scores)
    added = QuantisedIndex(**TRAINED, dtype="int8").add(planted.documents).search(planted.queries, 10)
    np.testing.assert_array_equal(added.ids, hits.ids)


def test_documents_added_after_training_are_found_at_once(planted):
    index = QuantisedIndex(**TRAINED).add(planted.documents)
    late = planted_vectors(documents=300, dim=48, seed=1)
    index.add(late.documents)
    assert index.untrained == 300
    assert (index.search(late.queries, 1).ids[:, 0] == MANY + late.answers).all()
    assert (index.search(planted.queries, 1).ids[:, 0] == planted.answers).mean() > 0.95
    assert index.train().untrained == 0
    assert (index.search(late.queries, 1).ids[:, 0] == MANY + late.answers).mean() > 0.95


def test_when_it_trains(planted):
    index = QuantisedIndex(exact_below=1000)
    assert index.add(planted.documents[:999]).untrained == 999
    assert index.train().untrained == 999
    assert index.add(planted.documents[999:1000]).untrained == 0
    assert index.add(planted.documents[:4095]).untrained == 4095
    assert index.add(planted.documents[:1]).untrained == 0


def test_the_seed_decides(planted, tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        QuantisedIndex(seed=seed, exact_below=1000).add(planted.documents).save(folder, vectors=False)
    codes = [next(folder.glob("codes-*")).name for folder in folders]
    assert codes[0] == codes[1] != codes[2]


def test_attached_vectors_are_neither_copied_nor_read(planted, tmp_path):
    path = tmp_path / "vectors.npy"
    np.save(path, planted.documents.astype(np.float16))
    mapped = np.load(path, mmap_mode="r")
    index = QuantisedIndex(**TRAINED).attach(mapped[:5000])
    assert (len(index), index.untrained) == (5000, 0)
    index.attach(mapped)
    assert (len(index), index.untrained) == (MANY, 1000)
    assert (index.search(planted.queries, 1).ids[:, 0] == planted.answers).mean() > 0.95
    index.add(planted.queries)
    assert index.search(planted.queries, 1, among=np.arange(MANY, MANY + 20)).ids[:, 0].tolist() == list(
        range(MANY, MANY + 20)
    )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((10, 48)), "x must hold the 6000 documents of the index first, got 10"),
        (np.ones((MANY, 47)), r"x must have the shape \(N, 48\), got \(6000, 47\)"),
        (np.ones((MANY, 48), int), "x must hold floating-point numbers, got int64"),
    ],
)
def test_what_cannot_be_attached(index, x, message):
    with pytest.raises(ShapeError, match=message):
        index.attach(x)


@pytest.mark.parametrize("dim", [1, 2, 3, 33])
def test_odd_dimensions(dim):
    x, queries, _ = planted_vectors(documents=2000, dim=dim)
    hits = QuantisedIndex(exact_below=100, oversample=30).add(x).search(queries, 5)
    exact = ExactIndex(dtype="float16").add(x).search(queries, 5)
    np.testing.assert_allclose(hits.scores, exact.scores, atol=0.02)


@pytest.mark.parametrize("vectors", [True, False])
def test_saving_and_loading(index, planted, tmp_path, vectors):
    index.save(tmp_path, vectors=vectors)
    given = None if vectors else planted.documents.astype(np.float16)
    loaded = QuantisedIndex.load(tmp_path, vectors=given)
    assert (len(loaded), loaded.untrained, loaded.oversample) == (MANY, 0, 20)
    hits, expected = loaded.search(planted.queries, 10), index.search(planted.queries, 10)
    np.testing.assert_array_equal(hits.ids, expected.ids)
    np.testing.assert_array_equal(hits.scores, expected.scores)
    assert len(loaded.add(planted.documents[:5])) == MANY + 5


def test_vectors_that_came_after_the_save_are_new_documents(index, planted, tmp_path):
    index.save(tmp_path, vectors=False)
    longer = np.concatenate([planted.documents, planted.queries]).astype(np.float16)
    loaded = QuantisedIndex.load(tmp_path, vectors=longer)
    assert loaded.untrained == len(planted.queries)
    assert (loaded.search(planted.queries, 1).ids[:, 0] >= MANY).all()


def test_codes_of_other_vectors_are_noticed(index, planted, tmp_path):
    index.save(tmp_path, vectors=False)
    with pytest.raises(SavedFileError, match="codes of other vectors"):
        QuantisedIndex.load(tmp_path, vectors=planted.documents[::-1].astype(np.float16))
    with pytest.raises(SavedFileError, match="codes of other vectors"):
        QuantisedIndex.load(tmp_path, vectors=planted.documents[:-1].astype(np.float16))
    with pytest.raises(SavedFileError, match="saved without vectors"):
        QuantisedIndex.load(tmp_path)


def test_an_untrained_and_an_empty_index_are_saved_too(tmp_path):
    x, queries, answers = planted_vectors()
    QuantisedIndex().add(x).save(tmp_path)
    assert (QuantisedIndex.load(tmp_path).search(queries, 1).ids[:, 0] == answers).all()
    QuantisedIndex().save(tmp_path)
    assert len(QuantisedIndex.load(tmp_path).add(x)) == len(x)


def test_a_folder_of_another_index_is_refused(tmp_path):
    ExactIndex().add(np.eye(3)).save(tmp_path)
    with pytest.raises(SavedFileError, match=r"octavo\.find\.quantised"):
        QuantisedIndex.load(tmp_path)


@pytest.mark.parametrize("options", [{"oversample": 0}, {"exact_below": 15}, {"dtype": "int16"}])
def test_bad_options(options):
    with pytest.raises(ValueError, match="must be"):
        QuantisedIndex(**options)
