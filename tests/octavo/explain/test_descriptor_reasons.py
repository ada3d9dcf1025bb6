import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.descriptor_reasons import DescriptorReasons

RNG = np.random.default_rng(0)
DESCRIPTORS = RNG.standard_normal((9, 12)).astype(np.float32)
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
X = RNG.standard_normal((40, 12)).astype(np.float32)
MODEL = DescriptorReasons().fit(DESCRIPTORS, LABELS, X)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def by_hand(x, label):
    own = [d for d, of in zip(DESCRIPTORS, LABELS, strict=True) if of == label]
    return sum(cosine(x, d) - sum(cosine(t, d) for t in X) / len(X) for d in own) / len(own)


def test_scores_are_means_of_likeness_above_what_is_usual():
    for x, scores in zip(X[:8], MODEL.scores(X[:8]), strict=True):
        assert scores == pytest.approx([by_hand(x, label) for label in range(3)], abs=1e-5)


def test_the_parts_of_all_descriptors_make_the_margin():
    found, scores = MODEL.reasons(X), MODEL.scores(X)
    rows = np.arange(len(X))
    assert (found.decided == scores.argmax(axis=1)).all()
    margin = scores[rows, found.decided] - scores[rows, found.runner_up]
    assert found.margins == pytest.approx(margin, abs=1e-5)
    assert (margin >= 0).all()
    uninvolved = [
        LABELS[m] not in (a, b) for a, b in zip(found.decided, found.runner_up, strict=True) for m in range(9)
    ]
    assert (found.parts.ravel()[np.array(uninvolved)] == 0).all()


def test_the_best_reason_is_the_planted_one():
    apart = np.eye(9, dtype=np.float32)
    texts = apart + 0.02 * RNG.standard_normal(apart.shape).astype(np.float32)
    found = DescriptorReasons().fit(apart, LABELS, apart).reasons(texts)
    assert (found.decided == LABELS).all()
    own = np.where(found.decided[:, None] == LABELS, found.parts, -np.inf)
    assert (own.argmax(axis=1) == np.arange(9)).all()
    strongest = np.take_along_axis(found.parts, found.best(3), axis=1)
    assert (np.diff(strongest, axis=1) <= 0).all()


def test_without_a_descriptor_the_others_decide():
    other = MODEL.without(4)
    assert len(other.labels_) == 8
    fitted = DescriptorReasons().fit(np.delete(DESCRIPTORS, 4, 0), np.delete(LABELS, 4), X)
    assert other.scores(X) == pytest.approx(fitted.scores(X), abs=1e-5)
    with pytest.raises(ShapeError, match="descriptor 7 is the last of label 2"):
        MODEL.without(8).without(7)


def test_what_cannot_give_reasons_is_refused():
    for ask in (lambda m: m.reasons(X), lambda m: m.without(0), lambda m: m.save(None)):
        with pytest.raises(NotFittedError):
            ask(DescriptorReasons())
    with pytest.raises(ShapeError, match="labels must be two or more"):
        DescriptorReasons().fit(DESCRIPTORS, np.zeros(9, int), X)
    with pytest.raises(ShapeError, match=r"texts must have the shape \(N, 12\)"):
        DescriptorReasons().fit(DESCRIPTORS, LABELS, X[:, 1:])
    with pytest.raises(ShapeError, match="x must be finite"):
        MODEL.scores(np.full((2, 12), np.nan, np.float32))
