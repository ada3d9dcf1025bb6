import itertools
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.check.word_order import Corruption, corrupted, order_preference
from octavo.exceptions import ShapeError

RNG = np.random.default_rng(0)
SHUFFLES = (Corruption.WORDS, Corruption.WITHIN_TRIGRAMS, Corruption.TRIGRAMS)
TEXTS = [f"from harbour {n} to harbour {n + 7} by boat and back again on the evening tide" for n in range(30)]


class Hashed:
    """Words, or pairs of neighbours, thrown into 4096 places."""

    dim = 4096

    def __init__(self, pairs):
        self.pairs = pairs

    def encode_documents(self, texts):
        x = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(x, texts, strict=True):
            words = text.split()
            for part in itertools.pairwise(words) if self.pairs else words:
                row[zlib.crc32(repr(part).encode()) % self.dim] += 1
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)

    encode_queries = encode_documents


@pytest.mark.parametrize("kind", SHUFFLES)
def test_a_bag_of_words_does_not_notice_and_pairs_of_words_do(kind):
    assert order_preference(Hashed(pairs=False), TEXTS, TEXTS, kind) == 0.5
    assert order_preference(Hashed(pairs=True), TEXTS, TEXTS, kind) > 0.9


def test_it_is_the_share_of_pairs_in_plain_loops():
    encoder = Hashed(pairs=True)
    queries = [" ".join(text.split()[:5]) for text in TEXTS]
    rng = np.random.default_rng(3)
    won = 0.0
    for query, document in zip(queries, TEXTS, strict=True):
        other = corrupted(query, Corruption.WORDS, rng)
        d, q, c = (encoder.encode_documents([text])[0] for text in (document, query, other))
        won += 0.5 if other == query or abs(q @ d - c @ d) < 1e-6 else float(q @ d > c @ d)
    assert order_preference(encoder, queries, TEXTS, seed=3) == pytest.approx(won / len(TEXTS))


@given(st.text(), st.sampled_from(SHUFFLES), st.integers(0, 99))
def test_a_shuffle_keeps_every_word(text, kind, seed):
    other = corrupted(text, kind, np.random.default_rng(seed))
    assert sorted(other.split()) == sorted(text.split())
    assert other == corrupted(text, kind, np.random.default_rng(seed))


def test_within_trigrams_no_word_goes_far():
    words = [str(n) for n in range(30)]
    other = corrupted(" ".join(words), Corruption.WITHIN_TRIGRAMS, RNG).split()
    assert all(abs(int(word) - place) < 3 for place, word in enumerate(other))
    trigrams = corrupted(" ".join(words), Corruption.TRIGRAMS, RNG).split()
    assert all(int(b) == int(a) + 1 for a, b in zip(trigrams[::3], trigrams[1::3], strict=True))


def test_what_is_removed():
    text = "In 2017 we saw 8 owls, x2 of them white"
    assert corrupted(text, Corruption.NUMBERS, RNG) == "In we saw owls, of them white"
    assert corrupted(text, Corruption.HALVED, RNG) == "In 2017 we saw 8"


def test_a_text_of_one_word_counts_half():
    assert order_preference(Hashed(pairs=True), ["alone"], ["alone at sea"]) == 0.5


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ShapeError, match="at least one text, got none"):
        order_preference(Hashed(pairs=True), [], [])
    with pytest.raises(ShapeError, match="as many, got 30 and 29"):
        order_preference(Hashed(pairs=True), TEXTS, TEXTS[1:])
