"""Two encoders' vectors searched as one: with an exact bridge it is as if all were of one encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.search.crossing import Crossed, Crossing, crossing
from broadsheet.search.meaning import Neighbourhood
from broadsheet.search.vectors import Manifest, Stored
from octavo.exceptions import SavedFileError

DIM, PAPERS = 12, 120
rng = np.random.default_rng(0)
NEW = rng.standard_normal((PAPERS, DIM))
NEW = (NEW / np.linalg.norm(NEW, axis=1, keepdims=True)).astype(np.float16).astype(np.float32)
TURN = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0].astype(np.float32)
OLD = NEW @ TURN


def neighbourhood(folder, x, ids):
    stored = Stored(
        Manifest("any", DIM, rows=len(ids), position=1),
        x.astype(np.float16),
        np.asarray(ids, np.int64),
        np.zeros(len(ids), np.int64),
        np.ones(len(ids), np.bool_),
    )
    return Neighbourhood(folder, stored, (1,))


@pytest.fixture(scope="module")
def exact():
    return crossing("new", (OLD, NEW), None)


@given(
    fresh=st.sets(st.integers(0, PAPERS - 1)),
    among=st.none() | st.sets(st.integers(0, PAPERS - 1), min_size=1),
    asked=st.integers(0, 10_000),
    k=st.integers(1, 30),
)
@settings(max_examples=60)
def test_whichever_papers_are_encoded_anew_the_same_are_found(
    tmp_path_factory, exact, fresh, among, asked, k
):
    folder = tmp_path_factory.getbasetemp()
    some = np.array(sorted(fresh), np.int64)
    both = Crossed(
        exact,
        neighbourhood(folder, OLD, np.arange(PAPERS)),
        neighbourhood(folder, NEW[some], some) if len(some) else None,
        None,
    )
    query = np.random.default_rng(asked).standard_normal(DIM).astype(np.float32)
    query /= np.linalg.norm(query)
    allowed = np.arange(PAPERS) if among is None else np.array(sorted(among))
    scores = NEW[allowed] @ query
    hits = both.nearest(query, k, among=None if among is None else allowed)
    assert len(hits) == min(k, len(allowed))
    # by rounding alone may two neighbours change places
    plain = np.sort(scores)[::-1][: len(hits)]
    np.testing.assert_allclose([score for _, score in hits], plain, atol=0.02)
    np.testing.assert_allclose([NEW[i] @ query for i, _ in hits], plain, atol=0.02)
    assert len({i for i, _ in hits}) == len(hits)
    assert len(both) == PAPERS
    assert both.known.tolist() == list(range(PAPERS))
    assert both.has(np.arange(PAPERS + 3)).tolist() == [True] * PAPERS + [False] * 3
    np.testing.assert_allclose(both.vectors_of([5, PAPERS + 1, 9]), NEW[[5, 9]], atol=0.03)


def test_a_paper_that_neither_is_encoded_nor_waits_is_gone(tmp_path, exact):
    some = np.arange(0, 50)
    fresh = neighbourhood(tmp_path, NEW[some], some)
    both = Crossed(exact, neighbourhood(tmp_path, OLD, np.arange(PAPERS)), fresh, np.arange(60, 100))
    assert both.has([10, 55, 70, 110]).tolist() == [True, False, True, False]
    assert len(both) == 90
    assert {i for i, _ in both.nearest(NEW[55], 90)} == {*range(50), *range(60, 100)}


def test_the_old_cosines_are_brought_to_the_scale_of_the_new(tmp_path):
    # The same directions, but the old encoder crowds everything into a corner: cosines from .9 up.
    corner = np.hstack([0.3 * OLD, np.ones((PAPERS, 1))]).astype(np.float32)
    corner /= np.linalg.norm(corner, axis=1, keepdims=True)
    learned = crossing("new", (corner, NEW), None)
    old = Stored(
        Manifest("any", DIM + 1, rows=PAPERS, position=1),
        corner.astype(np.float16),
        np.arange(PAPERS),
        np.zeros(PAPERS, np.int64),
        np.ones(PAPERS, np.bool_),
    )
    half = np.arange(0, PAPERS, 2)
    both = Crossed(
        learned, Neighbourhood(tmp_path, old, (1,)), neighbourhood(tmp_path, NEW[half], half), None
    )
    odd = [sum(i % 2 for i, _ in both.nearest(query, 20)) for query in NEW]
    assert 7 < np.mean(odd) < 13  # neither side crowds out the other


def test_it_is_kept_on_the_disk_and_checked(tmp_path, exact):
    kept = replace(exact, ids=np.array([3, 4]), asked=NEW[:2])
    kept.save(tmp_path)
    again = Crossing.load(tmp_path)
    assert again.encoder == "new"
    np.testing.assert_array_equal(again.asked, NEW[:2])
    np.testing.assert_array_equal(again.to_old.to_old(NEW), exact.to_old.to_old(NEW))
    np.testing.assert_array_equal(again.to_new.to_old(OLD), exact.to_new.to_old(OLD))
    next(tmp_path.glob("asked-*.npy")).write_bytes(b"")
    with pytest.raises(SavedFileError):
        Crossing.load(tmp_path)
