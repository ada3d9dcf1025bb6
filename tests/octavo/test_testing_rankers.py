"""The check of rankers passes what keeps its promises, and fails what breaks any one of them."""

import numpy as np
import pytest

from octavo.protocols import Reasons
from octavo.rank.centroid import Centroid
from octavo.testing import check_ranker, planted_texts


def test_planted_papers_are_nearest_to_their_own_subject():
    papers, subject = planted_texts(seed=4)
    near = papers.vectors @ papers.vectors.T
    same = subject[:, None] == subject[None]
    assert near[same].mean() > near[~same].mean() + 0.5
    own = papers.terms.indices // 12
    assert set(own[: papers.terms.indptr[1]]) == {0, 6}


class Backwards(Centroid):
    def scores(self, papers):
        return -super().scores(papers)


class Blind(Centroid):
    """Sees no dislike."""

    def fit(self, judged, liked, *, weights=None):
        super().fit(judged, liked, weights=weights)
        if (np.asarray(liked) < 0).all():
            self._profile, self._vector = 0 * self._profile, 0 * self._vector
        return self


class Careless(Centroid):
    def fit(self, judged, liked, *, weights=None):
        return super().fit(judged, liked)


class Relative(Centroid):
    def scores(self, papers):
        found = super().scores(papers)
        return found - found.mean() if len(found) else found


class Remembering(Centroid):
    def fit(self, judged, liked, *, weights=None):
        old = getattr(self, "_profile", 0)
        super().fit(judged, liked, weights=weights)
        self._profile = self._profile + old
        return self


class Double(Centroid):
    def scores(self, papers):
        return super().scores(papers).astype(np.float64)


class Greedy(Centroid):
    nbytes = 5000


class Mute(Centroid):
    def reasons(self, papers, judged, *, most=3):
        return super().reasons(papers, judged, most=most)[1:]


class Talkative(Centroid):
    def reasons(self, papers, judged, *, most=3):
        return super().reasons(papers, judged, most=most + 1)


class Weakest(Centroid):
    def reasons(self, papers, judged, *, most=3):
        told = super().reasons(papers, judged, most=most)
        return [Reasons(each.judged[::-1], each.terms) for each in told]


class WordsOnly(Centroid):
    def scores(self, papers):
        found = super().scores(papers)
        return found - (papers.vectors @ self._vector).astype(np.float32)


class Lenient(Centroid):
    def scores(self, papers):
        try:
            return super().scores(papers)
        except ValueError:
            return np.zeros(len(papers.vectors), np.float32)


@pytest.mark.parametrize(
    ("ranker", "promise"),
    [
        (Backwards, "like those liked must stand first"),
        (Blind, "one dislike must suffice"),
        (Careless, "what weighs more"),
        (Relative, "must not depend on other papers"),
        (Remembering, "must forget"),
        (Double, "must be float32"),
        (Greedy, "4096 bytes, got 5000"),
        (Mute, "reasons for each paper"),
        (Talkative, "no more reasons"),
        (Weakest, "strongest first"),
        (WordsOnly, "it must do without words"),
        (Lenient, "nothing may run before fit"),
    ],
)
def test_broken_rankers(ranker, promise):
    with pytest.raises(AssertionError, match=promise):
        check_ranker(ranker)
