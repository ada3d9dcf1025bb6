"""Word vectors: the equations in plain loops, words that mean alike, the promises of an encoder."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.encode.word_vectors import WordVectors, cooccurrence, factors, shifted, words
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.testing import check_encoder, planted_corpus


@pytest.fixture(scope="module")
def learned():
    documents, queries = planted_corpus()
    return WordVectors(64, least=1).fit([*documents, *queries])


def test_it_keeps_the_promises_of_an_encoder(learned):
    check_encoder(learned, recall=0.8)


def test_words_said_in_the_same_company_are_near():
    """Planted: two words for each thing that never stand together, and the company that both keep."""
    rng = np.random.default_rng(0)
    texts = []
    for number in range(400):
        thing = number % 8
        company = [f"company{thing}x{n}" for n in rng.permutation(6)[:4]]
        said = [
            *company,
            f"name{thing}{'ab'[number // 8 % 2]}",
            *(f"filler{n}" for n in rng.integers(0, 5, 3)),
        ]
        texts.append(" ".join(rng.permutation(said)))
    encoder = WordVectors(24).fit(texts)
    first, second = (encoder.encode_queries([f"name{thing}{way}" for thing in range(8)]) for way in "ab")
    assert (first @ second.T).argmax(axis=1).tolist() == list(range(8))


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 4), max_size=9), min_size=1, max_size=4), st.integers(1, 4))
def test_cells_in_plain_loops(texts, window):
    near = Counter()
    for own in texts:
        for i, one in enumerate(own):
            for j, other in enumerate(own):
                if i != j and abs(i - j) <= window:
                    near[one, other] += 1 / abs(i - j)
    rows, columns, counts = cooccurrence([np.array(own, np.int64) for own in texts], 5, window)
    found = dict(zip(zip(rows.tolist(), columns.tolist(), strict=True), counts.tolist(), strict=True))
    assert found == pytest.approx(dict(near))
    total = sum(near.values())
    expected = {}
    for (one, other), count in near.items():
        alone, beside = (sum(n for (w, _), n in near.items() if w == each) for each in (one, other))
        told = np.log(count * total / (alone * beside)) - np.log(2)
        if told > 1e-9:
            expected[one, other] = told
    rows, columns, told = shifted(rows, columns, counts, 5, 2)
    found = dict(zip(zip(rows.tolist(), columns.tolist(), strict=True), told.tolist(), strict=True))
    assert {cell: value for cell, value in found.items() if value > 1e-9} == pytest.approx(expected)


def test_factors_are_those_of_the_whole_decomposition():
    rng = np.random.default_rng(0)
    half = rng.standard_normal((700, 6))
    whole = half @ np.diag([40, 30, 20, 10, 5, 3]) @ half.T / 700
    rows, columns = np.divmod(np.arange(700 * 700), 700)
    made = factors(rows, columns, whole.ravel(), 700, 4)
    left, spread, _ = np.linalg.svd(whole)
    expected = left[:, :4] * np.sqrt(spread[:4])
    np.testing.assert_allclose(made @ made.T, expected @ expected.T, atol=1e-3)


def test_the_common_direction_is_gone(learned):
    documents, _ = planted_corpus()
    assert np.abs(learned.encode_documents(documents) @ learned.common_).max() < 1e-5


def test_a_text_in_plain_loops():
    texts = ["owl night owl", "owl tax", "tax form night", "form owl"]
    encoder = WordVectors(3, least=1).fit(texts)
    vector = np.mean([encoder.table_[encoder.words_[word]] for word in ("owl", "form", "owl")], axis=0)
    vector = vector - (vector @ encoder.common_) * encoder.common_
    np.testing.assert_allclose(
        encoder.encode_documents(["Owl, unheard forms; owls!"])[0], vector / np.linalg.norm(vector), atol=1e-5
    )


def test_words_are_cut_and_plurals_folded():
    assert words("Classes, GANs & a bus; naïve_Bayes is 2") == [
        "classe",
        "gan",
        "a",
        "bus",
        "naïve",
        "baye",
        "is",
        "2",
    ]
    assert words("") == []


def test_saved_and_read_again(learned, tmp_path):
    texts, _ = planted_corpus()
    learned.save(tmp_path)
    again = WordVectors.load(tmp_path)
    assert (again.encode_documents(texts) * learned.encode_documents(texts)).sum(axis=1).min() > 0.999
    (tmp_path / "saved.json").write_text("{}")
    with pytest.raises(SavedFileError):
        WordVectors.load(tmp_path)


def test_the_same_texts_give_the_same_vectors_and_fit_forgets(learned):
    documents, queries = planted_corpus()
    again = WordVectors(64, least=1).fit(documents[:4]).fit([*documents, *queries])
    np.testing.assert_array_equal(again.table_, learned.table_)
    assert again.name == learned.name


def test_rare_words_are_left_out_and_frequent_ones_kept():
    texts = ["owl owl", "owl moon tax", "moon owl"]
    assert set(WordVectors().fit(texts).words_) == {"owl", "moon"}
    assert set(WordVectors(most=1).fit(texts).words_) == {"owl"}
    assert WordVectors(50).fit(texts).dim == 2


def test_bad_input():
    for name in ("dim", "window", "least", "most"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            WordVectors(**{name: 0})
    with pytest.raises(ValueError, match="negatives must be above 0"):
        WordVectors(negatives=0)
    with pytest.raises(NotFittedError):
        WordVectors().encode_queries(["an owl"])
    with pytest.raises(NotFittedError):
        WordVectors().save("nowhere")
    for texts in ([], ["", "!?"], ["owl", "moon"]):
        with pytest.raises(ShapeError, match="texts must share words"):
            WordVectors().fit(texts)
    with pytest.raises(TypeError):
        WordVectors().fit("one text")
    alone = WordVectors(least=1).fit(["owl", "moon"])  # no word ever stands near another
    assert np.isfinite(alone.encode_documents(["owl", "tax"])).all()
