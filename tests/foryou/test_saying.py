"""Words are found in many papers at once as they are found by reading each."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.foryou.saying import Sayings, numbers_of, pattern_of, said

PIECES = st.sampled_from(
    ["net", "nets", "a", "c++", "+", "the net", "波", "電波", "state-space", " ", "x_1", "ß"]
)
TEXTS = st.lists(PIECES, max_size=8).map(" ".join)
WORDS = st.lists(st.lists(PIECES, min_size=1, max_size=3).map(" ".join).filter(str.strip), max_size=4)


def says(word: str, text: str) -> bool:
    """Letter by letter: the word stands there, and no word goes on at its ends."""
    word = re.sub(r"\s+", " ", word.casefold().strip())
    text = re.sub(r"\s+", " ", text)
    for at in range(len(text) - len(word) + 1):
        if text[at : at + len(word)] == word:
            around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
            if "波" in word or not re.search(r"\w", around):
                return True
    return False


@given(st.lists(TEXTS, max_size=5), WORDS)
def test_many_papers_at_once_as_each_alone(texts, words):
    texts = [text.casefold() for text in texts]
    found = Sayings.of(texts, [numbers_of(text) for text in texts]).count(words)
    distinct = dict.fromkeys(map(str.casefold, words))
    assert found.tolist() == [sum(says(word, text) for word in distinct) for text in texts]
    for text in texts:
        assert said(words, text) == [word for word in words if says(word, text)]


def test_a_word_is_whole_and_counts_once():
    texts = ["a net is a net", "nets and planets", "the net-work", "internet"]
    sayings = Sayings.of(texts, [numbers_of(text) for text in texts])
    assert sayings.count(["net"]).tolist() == [1, 0, 1, 0]
    assert sayings.count(["NET", "net"]).tolist() == [1, 0, 1, 0]
    assert sayings.count(["net", "a net"]).tolist() == [2, 0, 1, 0]
    assert sayings.count([]).tolist() == [0, 0, 0, 0]
    assert pattern_of("a  net").search("a\nnet")
