"""Codes of signs and codes taught by words: by definition, by planted answers, and with bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.protocols import SparseRows
from octavo.shrink.binary_codes import BinaryParagraphs, RotatedSigns, nearest, rescored
from octavo.testing import malformed, planted_vectors


def spread(codes):
    return 2.0 * np.unpackbits(codes, axis=1) - 1


def counts(rows):
    """A dense matrix as SparseRows."""
    dense = np.asarray(rows, np.float32)
    at = np.nonzero(dense)
    ends = np.cumsum([0, *np.count_nonzero(dense, axis=1)])
    return SparseRows(ends, at[1].astype(np.int64), dense[at], dense.shape[1])


@pytest.fixture(scope="module")
def topics():
    """300 texts of eight subjects whose vectors tell of them in eight narrow directions among loud noise."""
    rng = np.random.default_rng(0)
    subject = np.arange(300) % 8
    x = rng.standard_normal((300, 32))
    x[:, 24:] *= 0.35
    x[np.arange(300), 24 + subject] += 2.5
    words = np.zeros((300, 80), np.float32)
    for row, own in enumerate(subject):
        words[row, own * 10 + rng.permutation(10)[:6]] = rng.integers(1, 4, 6)
    turn = np.linalg.qr(rng.standard_normal((32, 32)))[0]
    return (x @ turn).astype(np.float32), subject, words


def same_subject(codes, subject):
    near = spread(codes) @ spread(codes).T
    np.fill_diagonal(near, -np.inf)
    return float((subject[near.argmax(axis=1)] == subject).mean())


def test_words_teach_what_vectors_alone_do_not_show(topics):
    x, subject, words = topics
    taught = BinaryParagraphs(8, steps=200, size=100, rate=2e-2).fit(x, counts(words)).encode(x)
    plain = RotatedSigns(8).fit(x).encode(x)
    assert same_subject(taught, subject) > same_subject(plain, subject) + 0.3


def test_words_that_tell_nothing_teach_nothing(topics):
    x, subject, words = topics
    shuffled = np.random.default_rng(1).permutation(words)
    taught = BinaryParagraphs(8, steps=200, size=100, rate=2e-2)
    told = same_subject(taught.fit(x, counts(words)).encode(x), subject)
    assert same_subject(taught.fit(x, counts(shuffled)).encode(x), subject) < told - 0.3


def test_one_step_of_teaching_derived_by_hand():
    """The gradient passes the rounding as if it were not there; Adam's first step is its sign by the rate."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((20, 9)).astype(np.float32)
    words = rng.integers(0, 3, (20, 5)).astype(np.float32)
    words[:, 0] += 1
    begun = RotatedSigns(8, turns=0).fit(x)
    scale = 2.0 / (x @ begun.map_).std(axis=0).mean()
    taught = BinaryParagraphs(8, steps=1, size=20, rate=1e-2, seed=4).fit(x, counts(words))
    torch.manual_seed(4)
    torch.nn.Linear(9, 8)
    u = torch.nn.Linear(8, 5).weight.detach().numpy().astype(np.float64)
    used = words.sum(axis=0) + 1.0
    gradient = np.zeros((9, 8))
    for row, own in zip(x.astype(np.float64), words, strict=True):
        soft = 1 / (1 + np.exp(-(row @ begun.map_ - begun.border_) * scale))
        logits = u @ (2 * (soft > 0.5) - 1.0) + np.log(used / used.sum())
        p = np.exp(logits - logits.max())
        wrong = p / p.sum() - own / own.sum()
        gradient += np.outer(row, (u.T @ wrong) * 2 * soft * (1 - soft)) / len(x)
    sure = np.abs(gradient) > 1e-5  # next to nothing has no sure sign
    assert sure.sum() > 60
    moved = taught.map_ - begun.map_ * scale
    np.testing.assert_allclose(moved[sure], -1e-2 * np.sign(gradient[sure]), atol=1e-4)


def test_a_rotation_that_was_hidden_is_found():
    """Planted: corners of a cube, turned. Where the turn to begin with is lucky, rotated signs lose nothing."""
    rng = np.random.default_rng(5)
    corners = rng.choice([-1.0, 1.0], (400, 8)) + 0.02 * rng.standard_normal((400, 8))
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    x = (corners @ turn + 3).astype(np.float32)
    truth = np.sign(corners) @ np.sign(corners).T
    found = [spread(RotatedSigns(8, seed=seed).fit(x).encode(x)) for seed in range(5)]
    near = [np.corrcoef((each @ each.T).ravel(), truth.ravel())[0, 1] for each in found]
    assert max(near) > 0.9999
    assert min(near) > 0.8


@settings(max_examples=15)
@given(st.integers(0, 99), st.floats(0.1, 9), st.floats(-5, 5))
def test_signs_do_not_change_with_place_and_size(seed, scale, shift):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((60, 10)).astype(np.float32)
    here, there = RotatedSigns(8).fit(x).encode(x), (x * scale + shift).astype(np.float32)
    again = RotatedSigns(8).fit(there).encode(there)
    # Directions may point the other way; who agrees with whom may not change, but for a number at a border.
    assert (
        np.abs(np.abs(spread(here) @ spread(here).T) - np.abs(spread(again) @ spread(again).T)).mean() < 0.5
    )


def test_the_nearest_in_plain_loops():
    rng = np.random.default_rng(2)
    codes, asked = (rng.integers(0, 256, (n, 2)).astype(np.uint8) for n in (40, 5))
    for ids, question in zip(nearest(codes, asked, 7), asked, strict=True):
        apart = [sum(int(a ^ b).bit_count() for a, b in zip(code, question, strict=True)) for code in codes]
        assert ids.tolist() == sorted(range(40), key=lambda i: (apart[i], i))[:7]
    assert nearest(codes, asked, 99).shape == (5, 40)
    assert nearest(codes, asked[:0], 3).shape == (0, 3)


def test_those_proposed_are_scored_again_in_plain_loops():
    x, queries, answers = planted_vectors(documents=50, queries=6)
    proposed = np.stack([np.random.default_rng(i).permutation(50)[:20] for i in range(6)])
    found = rescored(x, queries, proposed, 4)
    for ids, scores, query, own in zip(found.ids, found.scores, queries, proposed, strict=True):
        assert ids.tolist() == sorted(own.tolist(), key=lambda i: -float(x[i] @ query))[:4]
        np.testing.assert_allclose(scores, [x[i] @ query for i in ids], atol=1e-6)
    everybody = np.tile(np.arange(50), (6, 1))
    assert rescored(x, queries, everybody, 1).ids[:, 0].tolist() == answers.tolist()
    assert rescored(x, queries[:0], everybody[:0], 3).ids.shape == (0, 3)


def test_saved_and_read_again(topics, tmp_path):
    x, _, words = topics
    codes = BinaryParagraphs(16, steps=2).fit(x, counts(words))
    codes.save(tmp_path)
    np.testing.assert_array_equal(BinaryParagraphs.load(tmp_path).encode(x), codes.encode(x))
    (tmp_path / "saved.json").write_text("{}")
    with pytest.raises(SavedFileError):
        BinaryParagraphs.load(tmp_path)


def test_fit_forgets_and_repeats(topics):
    x, _, words = topics
    codes = BinaryParagraphs(8, steps=3).fit(x[:40], counts(words[:40]))
    again = BinaryParagraphs(8, steps=3).fit(x, counts(words))
    np.testing.assert_array_equal(codes.fit(x, counts(words)).map_, again.map_)


def test_vectors_that_are_all_the_same_and_one_alone():
    for x in (np.ones((5, 8), np.float32), np.ones((1, 8), np.float32)):
        codes = BinaryParagraphs(8, steps=2).fit(x, counts(np.ones((len(x), 3)))).encode(x)
        assert (codes == codes[0]).all()


def test_without_turns_they_are_the_signs_of_principal_components():
    x, _, _ = planted_vectors(documents=80)
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    _, _, directions = np.linalg.svd(centred)
    expected = np.sign(centred @ directions[:16].T)
    found = spread(RotatedSigns(16, turns=0).fit(x).encode(x))
    np.testing.assert_array_equal(np.abs((found * expected).sum(axis=0)), 80)  # directions have no sign


def test_bad_options():
    with pytest.raises(ValueError, match="turns must be at least 0"):
        RotatedSigns(turns=-1)
    for bits in (0, 7, 12):
        with pytest.raises(ValueError, match="multiple of 8"):
            RotatedSigns(bits)
    for wrong in ({"steps": 0}, {"size": 0}, {"rate": 0.0}):
        with pytest.raises(ValueError, match="at least one step"):
            BinaryParagraphs(8, **wrong)


def test_bad_arrays(topics):
    x, _, words = topics
    good = counts(words)
    for what, wrong in malformed(x):
        with pytest.raises(ShapeError):
            RotatedSigns(8).fit(wrong), what
        with pytest.raises(ShapeError):
            BinaryParagraphs(8).fit(wrong, good), what
    with pytest.raises(ShapeError, match="at least bits = 40"):
        RotatedSigns(40).fit(x)
    with pytest.raises(ShapeError, match=r"words must have the shape \(300, W\), got none"):
        BinaryParagraphs(8).fit(x)
    with pytest.raises(ShapeError, match="got 2 rows"):
        BinaryParagraphs(8).fit(x, counts(words[:2]))
    for wrong in (np.nan, -1.0):
        with pytest.raises(ShapeError, match="finite counts"):
            BinaryParagraphs(8).fit(x, counts(np.full((300, 2), wrong)))
    with pytest.raises(NotFittedError):
        BinaryParagraphs(8).encode(x)
    with pytest.raises(ShapeError, match=r"asked must have the shape \(Q, 2\)"):
        nearest(np.zeros((3, 2), np.uint8), np.zeros((1, 1), np.uint8), 1)
    with pytest.raises(ShapeError, match="codes must be"):
        nearest(np.zeros((3, 2)), np.zeros((1, 2), np.uint8), 1)
    with pytest.raises(ShapeError, match="k must be at least 1"):
        nearest(np.zeros((3, 2), np.uint8), np.zeros((1, 2), np.uint8), 0)
    with pytest.raises(ShapeError, match="k must be at least 1"):
        rescored(x, x[:1], np.zeros((1, 2), np.int64), 0)
    with pytest.raises(ShapeError, match="queries must have"):
        rescored(x, x[:2], np.zeros((1, 2), np.int64), 1)
