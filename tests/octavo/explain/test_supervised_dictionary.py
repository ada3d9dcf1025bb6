import numpy as np
import pytest

from octavo.exceptions import NotFittedError, ShapeError
from octavo.explain.supervised_dictionary import FeatureEditor, SupervisedDictionary, best_f1

RNG = np.random.default_rng(0)
A = np.stack(np.meshgrid(range(3), range(2)), axis=-1).reshape(-1, 2).repeat(20, axis=0)
PARTS = [RNG.standard_normal((c, 8)).astype(np.float32) for c in (3, 2)]
X = PARTS[0][A[:, 0]] + PARTS[1][A[:, 1]] + np.float32(5)


def test_directions_are_mean_offsets_in_plain_loops():
    noisy = X + RNG.standard_normal(X.shape).astype(np.float32)
    found = SupervisedDictionary().fit(noisy, A).directions_
    for i in range(2):
        for v in range(A[:, i].max() + 1):
            rows = [x for x, a in zip(noisy, A, strict=True) if a[i] == v]
            by_hand = sum(rows) / len(rows) - sum(noisy) / len(noisy)
            assert found[i][v] == pytest.approx(by_hand, abs=1e-4)


def test_vectors_that_are_sums_of_their_attributes_are_made_again():
    model = SupervisedDictionary().fit(X, A)
    assert model.reconstruct(A) == pytest.approx(X, abs=1e-4)


def test_an_edit_makes_the_vector_of_the_other_value():
    model = SupervisedDictionary().fit(X, A)
    new = (A[:, 0] + 1) % 3
    expected = PARTS[0][new] + PARTS[1][A[:, 1]] + 5
    assert model.edit(X, 0, A[:, 0], new) == pytest.approx(expected, abs=1e-4)


def test_best_f1_by_hand_and_of_a_perfect_feature():
    codes = (RNG.uniform(size=(40, 6)) < 0.4).astype(np.float32)
    y = np.arange(40) % 3
    codes[:, 5] = y == 2
    found = best_f1(codes, y)
    assert found[2] == 1
    for label in range(3):
        scores = []
        for m in range(6):
            both = sum(c > 0 and t == label for c, t in zip(codes[:, m], y, strict=True))
            scores.append(2 * both / (sum(codes[:, m] > 0) + sum(y == label)))
        assert found[label] == pytest.approx(max(scores))


def test_the_editor_exchanges_telling_features():
    dictionary = np.eye(6, dtype=np.float32)
    y = np.arange(60) % 3
    codes = np.zeros((60, 6), np.float32)
    codes[np.arange(60), y] = 2.0  # features 0, 1, 2 tell the label, 3 is everywhere
    codes[:, 3] = 1.0
    editor = FeatureEditor(codes, y, dictionary)
    edited = editor.edit(codes @ dictionary, codes, y, (y + 1) % 3, 1)
    expected = np.zeros_like(codes)
    expected[np.arange(60), (y + 1) % 3] = 2.0
    expected[:, 3] = 1.0
    assert edited == pytest.approx(expected)


def test_what_does_not_fit_is_refused():
    with pytest.raises(NotFittedError):
        SupervisedDictionary().reconstruct(A)
    with pytest.raises(ShapeError, match=r"attributes must have the shape \(120, A\), got \(119, 2\)"):
        SupervisedDictionary().fit(X, A[1:])
    with pytest.raises(ShapeError, match="attributes must hold integers"):
        SupervisedDictionary().fit(X, A * 1.0)
    with pytest.raises(ShapeError, match="an example of every label below 4, got none of 2"):
        SupervisedDictionary().fit(X, np.where(A == 2, 4, A))
    with pytest.raises(ShapeError, match=r"attributes must have the shape \(N, 2\)"):
        SupervisedDictionary().fit(X, A).reconstruct(A[:, :1])
    with pytest.raises(ShapeError, match="codes must be finite"):
        best_f1(np.full((3, 2), np.nan), [0, 0, 0])
