"""What learns from many readers, against its formula in plain loops, and on readers of planted fields."""

import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import SparseRows
from octavo.rank.ease import Ease
from octavo.rank.histories import standard
from octavo.rank.item_knn import ItemKNN
from octavo.rank.like_readers import LikeReaders
from octavo.rank.low_pass import LowPass
from octavo.rank.read_words import ReadWords
from octavo.rank.sparse import dense, from_dense, taken
from octavo.rank.spread import regressed, spread
from octavo.testing import planted_texts


@pytest.fixture
def have():
    return (np.random.default_rng(5).random((12, 9)) < 0.4).astype(np.float32)


def test_ease_is_steps_closed_form(have):
    p = np.linalg.inv(have.T @ have + 2.0 * np.eye(9))
    b = -p / np.diag(p)[None]
    np.fill_diagonal(b, 0)
    new = (np.random.default_rng(6).random((3, 9)) < 0.5).astype(np.float32)
    model = Ease(regularisation=2.0).fit(from_dense(have))
    for asked in (have, new):
        np.testing.assert_allclose(model.scores(from_dense(asked)), asked @ b, atol=1e-4)


def test_item_knn_is_its_formula(have):
    near = np.zeros((9, 9))
    for i in range(9):
        for j in range(9):
            if i != j:
                both = sum(have[u, i] * have[u, j] for u in range(12))
                near[i, j] = both / (have[:, i].sum() ** 0.5 * have[:, j].sum() ** 0.5 + 3)
        kept = np.lexsort((np.arange(9), -near[i]))[:4]
        near[i, np.setdiff1d(np.arange(9), kept)] = 0
    found = ItemKNN(neighbours=4, shrinkage=3).fit(from_dense(have)).scores(from_dense(have))
    np.testing.assert_allclose(found, have @ near.T, atol=1e-5)


@pytest.mark.parametrize("dim", [2, 5])
def test_low_pass_is_the_first_directions_of_evened_histories(have, dim):
    many, much = have.sum(axis=0), have.sum(axis=1)
    even = have / np.sqrt(np.outer(much, many))
    _, _, turn = np.linalg.svd(even)
    root = np.sqrt(many)
    wanted = (have / root) @ turn[:dim].T @ turn[:dim] * root
    found = LowPass(dim=dim).fit(from_dense(have)).scores(from_dense(have))
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_low_pass_of_every_direction_gives_back_what_was_given(have):
    found = LowPass(dim=9).fit(from_dense(have)).scores(from_dense(have))
    np.testing.assert_allclose(found, have, atol=1e-4)


def fields():
    """Readers of three fields each with papers of it; the last forty papers are nobody's yet."""
    papers, subject = planted_texts(subjects=3, each=40)
    rng = np.random.default_rng(2)
    have = np.zeros((60, 120), np.float32)
    for reader in range(60):
        mine = np.flatnonzero((subject == reader % 3) & (np.arange(120) < 80))
        have[reader, rng.choice(mine, 6, replace=False)] = 1
    return papers.terms, subject, have


def test_read_words_is_ridge_regression_on_both_sides():
    terms, _, have = fields()
    x = dense(terms)
    model = ReadWords(dim=48, regularisation=0.5).fit(from_dense(have), terms)
    z = model.vectors(terms).astype(float)
    np.testing.assert_allclose(z @ z.T, x @ x.T, atol=1e-4)
    readers = np.maximum(have.sum(0), 1)
    both = np.zeros((120, 120))
    for mine in have:
        for i in np.flatnonzero(mine):
            for j in np.flatnonzero(mine):
                if i != j:
                    both[i, j] += 1 / mine.sum() / np.sqrt(readers[i] * readers[j])
    inner = np.linalg.inv(z.T @ z + 0.5 * np.eye(48))
    wanted = have @ z @ (inner @ z.T @ both @ z @ inner) @ z.T
    found = model.scores(from_dense(have), terms, terms)
    np.testing.assert_allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


def test_words_that_are_read_together_reach_new_papers():
    terms, subject, have = fields()
    new = np.arange(80, 120)
    learned = (
        ReadWords(dim=20).fit(from_dense(have), terms).scores(from_dense(have), terms, taken(terms, new))
    )
    lent = spread(
        Ease(regularisation=5).fit(from_dense(have)).scores(from_dense(have)), terms, taken(terms, new)
    )
    for scores in (learned, lent):
        mine = subject[new][None] == (np.arange(60) % 3)[:, None]
        assert scores[mine].mean() > scores[~mine].mean() + scores.std()


def test_like_readers_is_its_formula():
    terms, _, have = fields()
    profile = have @ dense(terms)
    profile /= np.linalg.norm(profile, axis=1, keepdims=True)
    wanted = np.zeros_like(have)
    for reader in range(60):
        near = profile @ profile[reader]
        near[reader] = 0
        for other in np.argsort(-near)[:7]:
            wanted[reader] += near[other] ** 2 * have[other]
    found = LikeReaders(neighbours=7, power=2).fit(from_dense(have), terms).scores(from_dense(have))
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_spread_is_its_formula():
    terms, _, have = fields()
    known, new = taken(terms, np.arange(80)), taken(terms, np.arange(80, 120))
    scores = have[:4, :80] + np.arange(80, dtype=np.float32) / 100
    near = dense(new) @ dense(known).T
    for each, row in zip(spread(scores, known, new, neighbours=3).T, near, strict=True):
        first = np.argsort(-row)[:3]
        np.testing.assert_allclose(each, scores[:, first] @ row[first], atol=1e-4)


def test_regressed_is_ridge_regression():
    rng = np.random.default_rng(8)
    known, new, scores = (
        rng.standard_normal(shape).astype(np.float32) for shape in ((30, 4), (7, 4), (2, 30))
    )
    weights = np.linalg.inv(known.T @ known + 0.5 * np.eye(4)) @ known.T @ scores.T
    np.testing.assert_allclose(
        regressed(scores, known, new, regularisation=0.5), (new @ weights).T, atol=1e-4
    )
    with pytest.raises(ShapeError, match=r"\(Q, 30\)"):
        regressed(scores[:, 1:], known, new)
    with pytest.raises(ValueError, match="above zero"):
        regressed(scores, known, new, regularisation=0)


def test_standard_scores_have_mean_0_and_spread_1_and_constant_ones_stay_finite():
    scores = standard(np.array([[1, 2, 6], [5, 5, 5]], np.float32))
    np.testing.assert_allclose(scores.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(scores.std(axis=1), [1, 0], atol=1e-6)


def test_what_cannot_be_learned_from_is_refused(have):
    terms, _, _ = fields()
    rows = from_dense(have)
    for make in (Ease, ItemKNN, LowPass):
        with pytest.raises(NotFittedError):
            make().scores(rows)
        with pytest.raises(ShapeError, match="must be 1 wherever"):
            make().fit(from_dense(have * 2))
        with pytest.raises(ShapeError, match="columns"):
            make().fit(rows).scores(from_dense(have[:, 1:]))
    for make in (LikeReaders, ReadWords):
        with pytest.raises(ShapeError, match="of the 9 papers"):
            make().fit(rows, terms)
    with pytest.raises(NotFittedError):
        LikeReaders().scores(rows)
    with pytest.raises(NotFittedError):
        ReadWords().vectors(terms)
    with pytest.raises(ShapeError, match=r"\(Q, 120\)"):
        spread(have, terms, terms)
    broken = SparseRows(rows.indptr[:-1], rows.indices, rows.data, rows.width)
    with pytest.raises(ShapeError, match="indptr"):
        Ease().fit(broken)
    for bad in (
        lambda: Ease(regularisation=0),
        lambda: ItemKNN(neighbours=0),
        lambda: ItemKNN(shrinkage=-1),
        lambda: LowPass(dim=0),
        lambda: LikeReaders(neighbours=0),
        lambda: LikeReaders(power=0),
        lambda: ReadWords(dim=0),
        lambda: ReadWords(regularisation=float("nan")),
        lambda: spread(have, terms, terms, neighbours=0),
    ):
        with pytest.raises(ValueError):
            bad()
