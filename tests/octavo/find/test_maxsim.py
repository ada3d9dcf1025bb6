import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import SavedFileError, ShapeError
from octavo.find.bags import stacked
from octavo.find.maxsim import MaxSim, Rarity, chamfer

seeds = st.integers(0, 10**6)


def by_hand(query, document):
    """The equation, number by number."""
    if len(document) == 0:
        return 0.0
    total = 0.0
    for q in query:
        best = -math.inf
        for p in document:
            best = max(best, sum(float(a) * float(b) for a, b in zip(q, p, strict=True)))
        total += best
    return total


def random_bags(count, seed=0, dim=16, fewest=1):
    rng = np.random.default_rng(seed)
    made = [rng.standard_normal((rng.integers(fewest, 12), dim)).astype(np.float32) for _ in range(count)]
    return [bag / np.linalg.norm(bag, axis=1, keepdims=True) for bag in made]


@settings(max_examples=30)
@given(seeds)
def test_scores_by_plain_loops(seed):
    queries, documents = random_bags(3, seed, 3, fewest=0), random_bags(6, seed + 1, 3, fewest=0)
    for query in queries:
        expected = [by_hand(query, document) for document in documents]
        np.testing.assert_allclose(chamfer(query, stacked(documents, "documents", 3)), expected, atol=1e-3)


@settings(max_examples=30)
@given(seeds)
def test_neither_the_order_of_tokens_nor_a_repeated_one_in_the_document_counts(seed):
    documents, query = random_bags(6, seed, 3), random_bags(1, seed + 1, 3)[0]
    rng = np.random.default_rng(seed)
    mixed = [rng.permutation(document) for document in documents]
    mixed = [np.concatenate([document, document[:1]]) for document in mixed]
    scores = [chamfer(query, stacked(each, "documents", 3)) for each in (documents, mixed)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


@settings(max_examples=30)
@given(seeds, st.floats(0, 5))
def test_a_weight_moves_into_the_vector(seed, weight):
    documents, query = random_bags(6, seed, 3), random_bags(1, seed + 1, 3)[0][:1]
    whole = stacked(documents, "documents", 3)
    np.testing.assert_allclose(chamfer(query * weight, whole), weight * chamfer(query, whole), atol=1e-4)


@pytest.mark.parametrize(("bits", "overlap"), [(8, 0.97), (4, 0.8)])
def test_compressed_documents_rank_nearly_as_they_are(bits, overlap):
    documents, queries = random_bags(300), random_bags(20, seed=1)
    exact = np.array([chamfer(query, stacked(documents, "documents", None)) for query in queries])
    hits = MaxSim(bits=bits).add(documents[:100]).add(documents[100:]).search(queries, 10)
    best = np.argsort(-exact, axis=1)[:, :10]
    assert np.mean([np.isin(b, ids).mean() for b, ids in zip(best, hits.ids, strict=True)]) >= overlap
    np.testing.assert_allclose(
        hits.scores, np.take_along_axis(exact, hits.ids, axis=1), atol=0.03 if bits == 8 else 0.6
    )


def test_the_planted_document_is_found():
    documents = random_bags(200)
    queries = [documents[place][:3] for place in (0, 40, 199)]
    assert MaxSim().add(documents).search(queries, 5).ids[:, 0].tolist() == [0, 40, 199]


def test_candidates_alone_are_ranked():
    documents, queries = random_bags(50), random_bags(3, seed=1)
    maxsim = MaxSim().add(documents)
    everything = maxsim.search(queries, 50)
    some = [np.array([7, 3, 11]), np.array([], np.int64), np.arange(50)]
    hits = maxsim.search(queries, 4, candidates=some)
    assert hits.ids[0].tolist() == [i for i in everything.ids[0] if i in {3, 7, 11}] + [-1]
    assert hits.scores[0, 3] == -np.inf
    assert hits.ids[1].tolist() == [-1] * 4
    assert hits.ids[2].tolist() == everything.ids[2, :4].tolist()


def test_a_document_without_tokens_is_nothing_to_find():
    empty, text = np.empty((0, 4), np.float32), np.eye(4, dtype=np.float32)
    hits = MaxSim().add([empty, text, empty]).search([text[:2], empty], 3)
    assert hits.ids.tolist() == [[1, 0, 2], [0, 1, 2]]
    assert hits.scores.tolist() == [[2, 0, 0], [0, 0, 0]]


def test_without_documents_there_is_no_hit():
    assert MaxSim().search([np.ones((2, 3), np.float32)], 4).ids.shape == (1, 0)
    assert len(MaxSim().add([])) == 0


def test_what_cannot_be_used_is_refused():
    maxsim = MaxSim().add(random_bags(3))
    query = random_bags(1)
    with pytest.raises(ValueError, match="bits must be 4 or 8, got 2"):
        MaxSim(bits=2)
    with pytest.raises(ShapeError, match="documents"):
        maxsim.add(random_bags(1, dim=8))
    with pytest.raises(ShapeError, match="queries"):
        maxsim.search(random_bags(1, dim=8), 2)
    with pytest.raises(ShapeError, match="k must"):
        maxsim.search(query, 0)
    with pytest.raises(ShapeError, match="one for each of 1 queries, got 2"):
        maxsim.search(query, 1, candidates=[[0], [1]])
    with pytest.raises(ShapeError, match="below 3, got 3"):
        maxsim.search(query, 1, candidates=[[3]])
    assert len(maxsim) == 3


@pytest.mark.parametrize("bits", [4, 8])
def test_saved_and_loaded(tmp_path, bits):
    maxsim, queries = MaxSim(bits=bits).add(random_bags(30)), random_bags(4, seed=1)
    maxsim.save(tmp_path / "saved")
    loaded = MaxSim.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.search(queries, 7).scores, maxsim.search(queries, 7).scores)
    assert loaded.nbytes == maxsim.nbytes
    next((tmp_path / "saved").glob("scales-*")).write_bytes(b"")
    with pytest.raises(SavedFileError):
        MaxSim.load(tmp_path / "saved")


def test_rarity_by_hand():
    rarity = Rarity().add([[1, 1, 2], [1, 3]]).add([[1], []])
    expected = [math.log(1 + (4 - held + 0.5) / (held + 0.5)) for held in (3, 1, 0)]
    np.testing.assert_allclose(rarity.weights([1, 2, 5]), expected, rtol=1e-6)
    assert rarity.weights([]).shape == (0,)
    assert (Rarity().add([[1]] * 9).weights([1]) >= 0).all()
