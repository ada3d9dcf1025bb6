import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from octavo.exceptions import ShapeError
from octavo.find.feedback import moved, richer

DIM = 6
rows = arrays(np.float32, (5, DIM), elements=st.floats(-4, 4, width=16)).filter(
    lambda x: (np.linalg.norm(x, axis=1) > 0.1).all()
)
terms = st.sampled_from("abcdefgh")
documents = st.lists(st.dictionaries(terms, st.integers(1, 9), max_size=6), max_size=4)
queries = st.dictionaries(terms, st.integers(1, 4), min_size=1, max_size=3)


@given(rows, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_a_vector_moves_as_the_equation_says(x, share):
    query, near = x[0], x[1:]
    mean = near.astype(float).mean(axis=0)
    if np.linalg.norm(mean) < 0.01:
        return
    by_hand = (1 - share) * query / np.linalg.norm(query) + share * mean / np.linalg.norm(mean)
    if np.linalg.norm(by_hand) < 0.01:
        return
    found = moved(query, near, share=share)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand / np.linalg.norm(by_hand), atol=1e-4)


def test_a_query_moves_towards_what_was_meant():
    """Planted: the first found stand for a direction that the query only half names."""
    meant, said = np.eye(DIM, dtype=np.float32)[:2]
    query = (meant + 2 * said) / np.sqrt(5)
    near = np.stack([meant, meant + 0.2 * said])
    assert moved(query, near) @ meant > query @ meant
    assert moved(query, near, share=1.0) @ meant > moved(query, near, share=0.2) @ meant


@pytest.mark.parametrize("near", [np.empty((0, DIM), np.float32), -np.eye(DIM, dtype=np.float32)[:1]])
def test_documents_that_say_nothing_leave_the_query(near):
    query = np.eye(DIM, dtype=np.float32)[0]
    assert moved(query, near).tolist() == query.tolist()


def test_the_smallest_and_the_largest_numbers():
    small, large = np.full(DIM, 1e-30, np.float32), np.full((1, DIM), 1e30, np.float32)
    assert np.linalg.norm(moved(small, large)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("query", "near", "message"),
    [
        (np.ones((1, 3), np.float32), np.ones((2, 3), np.float32), r"query must have the shape \(D,\)"),
        (np.array([1.0, np.nan]), np.ones((1, 2)), "query must be finite"),
        (np.array([1, 2]), np.ones((1, 2)), "query must hold floating-point numbers"),
        (np.ones(3), np.ones((2, 4)), r"documents must have the shape \(N, 3\), got \(2, 4\)"),
        (np.ones(2), np.array([[np.inf, 1.0]]), "documents must be finite"),
    ],
)
def test_bad_arrays(query, near, message):
    with pytest.raises(ShapeError, match=message):
        moved(query, near)


@given(queries, documents, st.integers(1, 5), st.sampled_from([0.0, 0.3, 1.0]))
def test_terms_are_weighed_as_the_equation_says(query, documents, most, share):
    rarity = {term: 1 + place / 7 for place, term in enumerate("abcdefgh")}
    value = {}
    for term in "abcdefgh":
        for document in documents:
            if term in document:
                times = document[term]
                value[term] = value.get(term, 0) + times / (times + 1.2)
    kept = sorted(value, key=lambda term: (-value[term] * rarity[term], term))[:most]
    whole, own = sum(value[term] for term in kept), sum(query.values())
    expected = {}
    for term in {*query, *kept}:
        new = value[term] / whole if term in kept else 0
        part = share if kept else 0
        expected[term] = (1 - part) * query.get(term, 0) / own + part * new
    found = richer(query, documents, rarity.__getitem__, terms=most, share=share)
    assert found == {term: pytest.approx(weight) for term, weight in expected.items()}
    assert math.fsum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_what_is_not_rare_is_not_added():
    rarity = {"the": 0.0, "owl": 2.0, "bird": 1.0}
    found = richer({"bird": 1}, [{"the": 50, "owl": 1}], rarity.__getitem__)
    assert set(found) == {"bird", "owl"}


def test_a_query_without_terms_takes_those_of_the_documents():
    assert richer({}, [{"owl": 1}], lambda term: 1.0) == {"owl": 1.0}
    assert richer({}, [], lambda term: 1.0) == {}


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ({"a": 1}, {"share": 1.5}, "share must be between 0 and 1, got 1.5"),
        ({"a": 1}, {"share": math.nan}, "share must be between 0 and 1"),
        ({"a": 1}, {"terms": 0}, "terms must be at least 1, got 0"),
        ({"a": -1}, {}, "finite and not negative"),
        ({"a": math.inf}, {}, "finite and not negative"),
    ],
)
def test_bad_options(query, options, message):
    with pytest.raises(ValueError, match=message):
        richer(query, [{"b": 1}], lambda term: 1.0, **options)


def test_a_share_that_is_none_moves_nothing():
    with pytest.raises(ValueError, match=r"share must be between 0 and 1, got -0\.1"):
        moved(np.ones(2), np.ones((1, 2)), share=-0.1)
