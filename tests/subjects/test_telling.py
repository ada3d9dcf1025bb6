from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subjects.telling import spread, telling, terms


def test_what_tells_are_words_that_stand_here_and_not_elsewhere():
    here = ["graph networks for molecules", "graph networks and molecules", "deep graph networks"]
    there = ["deep learning of images", "deep images", "images of people"]
    inside, everywhere = spread(here), spread(here + there)
    assert telling(inside, 3, everywhere, 6, 3)[0] == "graph networks"
    assert "deep" not in telling(inside, 3, everywhere, 6, 3)


def test_a_word_counts_once_a_paper():
    assert spread(["moon moon moon", "moon"])["moon"] == 2


def test_no_word_is_said_twice():
    inside = Counter({"bee": 5, "bees": 4, "honey bee": 5, "hive": 3})
    chosen = telling(inside, 5, Counter({"bee": 6, "bees": 5, "honey bee": 5, "hive": 4}), 50, 4)
    assert chosen == ["honey bee", "hive"]


@given(st.text())
def test_any_text_has_terms(text):
    assert all(term and term == term.strip() for term in terms(text))


def test_maths_is_no_word():
    assert terms("the bound $O(n \\log n)$ of \\emph{sorting}") == ["bound", "sorting"]
