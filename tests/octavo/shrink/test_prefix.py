import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.find.exact import ExactIndex
from octavo.shrink.prefix import Funnel, Importance
from octavo.testing import check_transform, planted_vectors


def test_contract():
    check_transform(Importance)


@settings(max_examples=20)
@given(st.integers(0, 50), st.integers(2, 12))
def test_whole_inner_products_stay(seed, dim):
    rng = np.random.default_rng(seed)
    x, other = (
        rng.standard_normal((30, dim)).astype(np.float32),
        rng.standard_normal((4, dim)).astype(np.float32),
    )
    turn = Importance().fit(x)
    np.testing.assert_allclose(turn.transform(x) @ turn.transform(other).T, x @ other.T, atol=1e-4)


def test_no_prefix_of_another_order_keeps_more():
    """The order is by energy, and the first m keep at least as much of it as any m others."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((200, 8)) * np.arange(1, 9)) @ np.linalg.qr(rng.standard_normal((8, 8)))[0]
    turned = Importance().fit(x.astype(np.float32)).transform(x.astype(np.float32))
    energy = np.square(turned).sum(axis=0)
    assert (np.diff(energy) <= 1e-2).all()
    for m in range(1, 8):
        assert energy[:m].sum() >= np.square(x[:, :m]).sum() - 1e-2


def test_stages_in_plain_loops():
    rng = np.random.default_rng(3)
    x, queries = (
        rng.standard_normal((60, 10)).astype(np.float32),
        rng.standard_normal((5, 10)).astype(np.float32),
    )
    found = Funnel(x, [(2, 20), (5, 8)]).search(queries, 4)
    for query, ids, scores in zip(queries, found.ids, found.scores, strict=True):
        left = list(range(60))
        for dims, kept in ((2, 20), (5, 8), (10, 4)):
            left = sorted(left, key=lambda i: -float(x[i, :dims] @ query[:dims]))[:kept]
        assert ids.tolist() == left
        np.testing.assert_allclose(scores, [x[i] @ query for i in left], atol=1e-5)


def test_it_is_the_exact_search_where_everything_is_kept():
    x, queries, _ = planted_vectors(documents=80)
    found = Funnel(x, [(4, 80), (16, 80)]).search(queries, 6)
    assert found.ids.tolist() == ExactIndex().add(x).search(queries, 6).ids.tolist()


def test_more_hits_than_candidates_and_than_documents():
    x, queries, _ = planted_vectors(documents=30)
    assert (Funnel(x, [(4, 5)]).search(queries, 12).ids >= 0).all()
    assert Funnel(x, [(4, 5)]).search(queries, 99).ids.shape == (20, 30)
    assert Funnel(x, [(4, 5)]).search(queries[:0], 3).ids.shape == (0, 3)


def test_equal_scores_stand_by_id():
    twins = np.ones((9, 4), np.float32)
    assert Funnel(twins, [(2, 5)]).search(twins[:1], 3).ids.tolist() == [[0, 1, 2]]


def test_the_price_by_hand():
    x = np.ones((100, 10), np.float32)
    assert Funnel(x, [(2, 50), (4, 10)]).products == pytest.approx((100 * 2 + 50 * 2 + 10 * 6) / 100)


def test_saved_and_read_again(tmp_path):
    x = planted_vectors().documents
    turn = Importance().fit(x)
    turn.save(tmp_path)
    np.testing.assert_array_equal(Importance.load(tmp_path).transform(x), turn.transform(x))
    (tmp_path / "saved.json").unlink()
    with pytest.raises(SavedFileError):
        Importance.load(tmp_path)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([], "ascending dimensions"),
        ([(4, 10), (2, 5)], "ascending dimensions"),
        ([(2, 5), (4, 10)], "descending candidates"),
        ([(2, 0)], "descending candidates"),
        ([(0, 5)], "between 1 and 32"),
        ([(33, 5)], "between 1 and 32"),
    ],
)
def test_bad_stages(stages, message):
    with pytest.raises(ValueError, match=message):
        Funnel(planted_vectors(documents=10, queries=2).documents, stages)


def test_bad_arrays():
    x, queries, _ = planted_vectors(documents=20, queries=3)
    with pytest.raises(ShapeError, match="at least 1 rows"):
        Funnel(x[:0], [(2, 3)])
    funnel = Funnel(x, [(2, 3)])
    with pytest.raises(ShapeError, match=r"queries must have the shape \(N, 32\)"):
        funnel.search(queries[:, 1:], 2)
    with pytest.raises(ShapeError, match="queries must be finite"):
        funnel.search(queries * np.nan, 2)
    with pytest.raises(ShapeError, match="k must be at least 1, got 0"):
        funnel.search(queries, 0)
    with pytest.raises(NotFittedError):
        Importance().transform(x)
    with pytest.raises(NotFittedError):
        Importance().save("nowhere")
