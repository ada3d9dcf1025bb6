"""Every check passes what keeps its promises, and fails what breaks any one of them."""

import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.find.exact import ExactIndex
from octavo.find.rows import vectors
from octavo.protocols import Hits
from octavo.testing import (
    AWKWARD_TEXTS,
    check_encoder,
    check_index,
    check_measure,
    check_scorer,
    check_transform,
    planted_corpus,
    planted_vectors,
)


def test_planted_vectors_have_the_planted_answer():
    x, queries, answers = planted_vectors(seed=3)
    np.testing.assert_array_equal((queries @ x.T).argmax(axis=1), answers)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(planted_vectors(seed=3).documents, x)
    assert not np.array_equal(planted_vectors(seed=4).documents, x)


class Broken(ExactIndex):
    """An index whose hits go through one more step, and whose arguments through another."""

    def search(self, queries, k, *, among=None):
        return self.after(super().search(queries, k, among=among))

    def after(self, hits):
        return hits


class Backwards(Broken):
    def after(self, hits):
        return Hits(hits.ids[:, ::-1], hits.scores[:, ::-1])


class Distances(Broken):
    def after(self, hits):
        return Hits(hits.ids, hits.scores - 3)


class Narrow(Broken):
    def after(self, hits):
        return Hits(hits.ids.astype(np.int32), hits.scores)


class Forgetful(Broken):
    def after(self, hits):
        return Hits((hits.ids + 1) % max(len(self), 1), hits.scores)


class Unfiltered(ExactIndex):
    def search(self, queries, k, *, among=None):
        return super().search(queries, k)


class Unpadded(Broken):
    def after(self, hits):
        return Hits(np.maximum(hits.ids, 0), hits.scores)


class LateTies(Broken):
    def after(self, hits):
        order = np.lexsort((-hits.ids, -hits.scores), axis=1)
        return Hits(np.take_along_axis(hits.ids, order, 1), np.take_along_axis(hits.scores, order, 1))


class Lazy(ExactIndex):
    def add(self, x):
        return super().add(x) if len(self) == 0 else self


class NotItself(ExactIndex):
    def add(self, x):
        super().add(x)


class Lenient(ExactIndex):
    def add(self, x):
        return super().add(np.nan_to_num(np.atleast_2d(x).astype(np.float32)))


class Aliased(ExactIndex):
    def add(self, x):
        vectors(x, "x", self._rows.dim)
        self._rows = type(self._rows)(np.float32, (*self._rows.segments, x))
        return self


@pytest.mark.parametrize(
    ("index", "promise"),
    [
        (Backwards, "best first"),
        (Distances, "inner products"),
        (Narrow, "int64"),
        (Forgetful, "must come first for 100% of queries, got 0%"),
        (Unfiltered, "among must keep all other documents out"),
        (Unpadded, "must end in -1"),
        (LateTies, "ascending order of id"),
        (Lazy, "added later must be found"),
        (NotItself, "return the index itself"),
        (Lenient, "add must refuse NaN with ShapeError, got no error"),
        (Aliased, "must come first"),
        (list, "must have __len__, add and search"),
    ],
)
def test_broken_indexes(index, promise):
    with pytest.raises(AssertionError, match=promise):
        check_index(index)


def words(text):
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


class WordEncoder:
    """Bags of the planted words, and one entry for all others: the simplest encoder that keeps its promises."""

    def __init__(self):
        documents, queries = planted_corpus()
        self.words = {
            word: i for i, word in enumerate(sorted({w for t in documents + queries for w in words(t)}), 1)
        }
        self.dim = len(self.words) + 1

    def encode_documents(self, texts):
        if isinstance(texts, str):
            raise TypeError("texts must be a list")
        x = np.zeros((len(texts), self.dim), np.float32)
        x[:, 0] = 0.1
        for row, text in zip(x, texts, strict=True):
            for word in words(text):
                row[self.words.get(word, 0)] += 1
        return self.finished(x)

    def finished(self, x):
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    def encode_queries(self, texts):
        return self.encode_documents(texts)


class LongEncoder(WordEncoder):
    def finished(self, x):
        return x


class DoubleEncoder(WordEncoder):
    def finished(self, x):
        return super().finished(x).astype(np.float64)


class BatchEncoder(WordEncoder):
    def finished(self, x):
        return super().finished(x + 10 * x.mean(axis=0) if len(x) else x)


class ChanceEncoder(WordEncoder):
    def finished(self, x):
        return super().finished(x + np.random.default_rng().random(x.shape, np.float32))


class BlindEncoder(WordEncoder):
    def finished(self, x):
        return super().finished(np.ones_like(x))


class WideEncoder(WordEncoder):
    def finished(self, x):
        return super().finished(x)[:, :-1]


class FragileEncoder(WordEncoder):
    def encode_documents(self, texts):
        x = super().encode_documents(texts)
        x[[not text for text in texts]] = np.nan
        return x


class LetterEncoder(WordEncoder):
    def encode_documents(self, texts):
        return super().encode_documents(list(texts))


def test_a_good_encoder():
    check_encoder(WordEncoder())


@pytest.mark.parametrize(
    ("encoder", "promise"),
    [
        (LongEncoder, "unit length"),
        (DoubleEncoder, "float32"),
        (BatchEncoder, "depend on the other texts"),
        (ChanceEncoder, "encoding twice"),
        (BlindEncoder, "must come first"),
        (WideEncoder, "shape"),
        (FragileEncoder, "finite"),
        (LetterEncoder, "one string"),
        (object, "must have dim"),
    ],
)
def test_broken_encoders(encoder, promise):
    with pytest.raises(AssertionError, match=promise):
        check_encoder(encoder())


class WordScorer:
    def score(self, queries, documents):
        if len(queries) != len(documents):
            raise ShapeError(f"documents must be as many as queries, got {len(documents)} for {len(queries)}")
        shared = [
            len({*words(q)} & {*words(d)}) / (1 + len(words(q)))
            for q, d in zip(queries, documents, strict=True)
        ]
        return self.finished(np.array(shared, np.float32))

    def finished(self, scores):
        return scores


class NegativeScorer(WordScorer):
    def finished(self, scores):
        return -scores


class RankScorer(WordScorer):
    def finished(self, scores):
        return scores * 100 + np.arange(len(scores), dtype=np.float32) / 100


class ColumnScorer(WordScorer):
    def finished(self, scores):
        return scores[:, None]


class CarelessScorer(WordScorer):
    def score(self, queries, documents):
        return super().score(queries[: len(documents)], documents)


class EndlessScorer(WordScorer):
    def score(self, queries, documents):
        long = [len(q) > 5_000 for q in queries]
        return np.where(long, np.float32(np.inf), super().score(queries, documents))


def test_a_good_scorer():
    check_scorer(WordScorer())


@pytest.mark.parametrize(
    ("scorer", "promise"),
    [
        (NegativeScorer, "score highest"),
        (RankScorer, "depend on the other pairs"),
        (ColumnScorer, "shape"),
        (CarelessScorer, "more queries than documents"),
        (EndlessScorer, "finite"),
        (object, "must have score"),
    ],
)
def test_broken_scorers(scorer, promise):
    with pytest.raises(AssertionError, match=promise):
        check_scorer(scorer())


class Whitening:
    """Centres and scales every dimension by what fit saw."""

    def fit(self, x, y=None):
        x = vectors(x, "x", None)
        self.mean_, self.spread_ = x.mean(axis=0), x.std(axis=0)
        return self

    def transform(self, x):
        if not hasattr(self, "mean_"):
            raise NotFittedError("call fit first")
        return self.finished((vectors(x, "x", len(self.mean_)) - self.mean_) / self.spread_)

    def finished(self, x):
        return x.astype(np.float32)


class Remembering(Whitening):
    def fit(self, x, y=None):
        before = getattr(self, "mean_", 0)
        super().fit(x, y)
        self.mean_ = self.mean_ + before
        return self


class Eager(Whitening):
    mean_, spread_ = np.zeros(32, np.float32), np.ones(32, np.float32)


class Crowded(Whitening):
    def finished(self, x):
        return x - x.mean(axis=0) if len(x) else x


class Scrambling(Whitening):
    def finished(self, x):
        return np.sin(1e4 * x)


class Destroying(Whitening):
    def transform(self, x):
        moved = super().transform(x)
        x *= 2
        return moved


class Trusting(Whitening):
    def transform(self, x):
        return super().transform(np.nan_to_num(x))


def test_a_good_transform():
    check_transform(Whitening)


@pytest.mark.parametrize(
    ("transform", "promise"),
    [
        (Remembering, "forget the last fit"),
        (Eager, "before fit"),
        (Crowded, "each alone"),
        (Scrambling, "near neighbours"),
        (Destroying, "must not be altered"),
        (Trusting, "must refuse NaN"),
        (object, "must have fit and transform"),
    ],
)
def test_broken_transforms(transform, promise):
    with pytest.raises(AssertionError, match=promise):
        check_transform(transform)


def energy(x):
    return float((vectors(x, "x", None) ** 2).sum())


def test_measures():
    x = planted_vectors(documents=50, dim=8).documents
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0].astype(np.float32)
    check_measure(energy, [x], 50.0, unchanged_by=[lambda x: x @ turn, lambda x: x[::-1]])
    broken = [
        (lambda x: energy(x) + 1, "must be 50, got 51"),
        (lambda x: np.float32(energy(x)), "must be a float, got float32"),
        (lambda x: energy(np.nan_to_num(x)), "must refuse NaN"),
        (lambda x: energy(np.multiply(x, 2, out=x)) / 4, "must not be altered"),
    ]
    for measure, promise in broken:
        with pytest.raises(AssertionError, match=promise):
            check_measure(measure, [x.copy()], 50.0)
    with pytest.raises(AssertionError, match="the change must leave 50, got 200"):
        check_measure(energy, [x], 50.0, unchanged_by=[lambda x: 2 * x])


def test_the_awkward_texts_are_awkward():
    assert "" in AWKWARD_TEXTS
    assert any(not text.isascii() for text in AWKWARD_TEXTS)
