"""What is shown of a hit is escaped, marked and short."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.search.analysis import content_stems, folded, matches, stems
from broadsheet.search.highlight import SNIPPET, mark, snippet


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Graphs and networks", "network graph", "<mark>Graphs</mark> and <mark>networks</mark>"),
        (
            "Graph networks, Graph-networks",
            "graph network",
            "<mark>Graph networks</mark>, <mark>Graph-networks</mark>",
        ),
        ("Über Müllers Idee", "muller", "Über <mark>Müllers</mark> Idee"),
        ("a < b & c", "b", "a &lt; <mark>b</mark> &amp; c"),
        (
            "The $O(graph)$ of a graph \\(graph\\)",
            "graph",
            "The $O(graph)$ of a <mark>graph</mark> \\(graph\\)",
        ),
        ("研究图上的方法", "图", "研究<mark>图</mark>上的方法"),
        ("Nothing here", "absent", "Nothing here"),
        ("", "absent", ""),
    ],
)
def test_mark(text: str, query: str, shown: str) -> None:
    assert mark(text, content_stems(query)) == shown


def test_the_snippet_begins_where_most_is_said() -> None:
    text = "An opening about nothing. " * 12 + "Here graphs meet networks. And so on. " + "It ends. " * 40
    shown = snippet(text, content_stems("graph networks"))
    assert shown.startswith("… Here <mark>graphs</mark> meet <mark>networks</mark>. And so on.")
    assert shown.endswith(" …")
    assert len(re.sub("<.*?>", "", shown)) <= SNIPPET + 10


def test_a_late_word_of_a_long_sentence_is_shown() -> None:
    text = "word " * 150 + "treasure " + "word " * 150
    shown = snippet(text, content_stems("treasure"))
    assert "<mark>treasure</mark>" in shown


def test_formulas_are_not_cut() -> None:
    text = (
        "We begin. " * 31
        + "$"
        + "x + " * 30
        + "y$ and go on for quite some time after that, as papers do. " * 3
    )
    shown = snippet(text, set())
    assert shown.count("$") % 2 == 0


@given(
    st.text(alphabet=st.sampled_from("ab $<>&\"'. éß图\\()-\n"), max_size=700) | st.text(max_size=400),
    st.text(max_size=8),
)
def test_only_marks_are_added(text: str, query: str) -> None:
    wanted = set(stems(query))
    bare = unescape(re.sub("</?mark>", "", mark(text, wanted)))
    assert bare == unescape(re.sub("</?mark>", "", mark(text, set())))
    for shown in (mark(text, wanted), snippet(text, wanted)):
        assert set(re.findall(r"<[^>]*>", shown)) <= {"<mark>", "</mark>"}
        assert shown.count("<mark>") == shown.count("</mark>")


@given(st.text(alphabet=st.sampled_from("abcXYZ éßñŁ図graphs-_'9."), max_size=60))
@example("9.9999")  # one word begins as both stems do
def test_highlighting_sees_the_words_that_the_index_sees(text: str) -> None:
    assert [token.text for token in matches(text, set(stems(text)))] == stems(text)


def test_stop_words_are_left_out_of_questions_only() -> None:
    assert dict(content_stems("what is the theory of a graph of graphs")) == {"theori": 1, "graph": 2}
    assert dict(content_stems("to be or not to be")) == {"to": 2, "be": 2, "or": 1, "not": 1}
    assert folded("Łódź ﬁne") == ["lodz", "fine"]


words = st.text("ab1éÉß_-. \u4e00", max_size=12) | st.sampled_from(["Graphs", "über", "Zoë's", "2-D"])


@given(st.lists(words, max_size=12), st.lists(words, max_size=4))
def test_matches_are_the_words_whose_stem_is_wanted(text: list[str], asked: list[str]) -> None:
    joined, wanted = " ".join(text), set(stems(" ".join(asked)))
    plain = [
        (word.start(), word.end())
        for word in re.finditer(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+", joined)
        if set(stems(word[0])) & wanted
    ]
    assert [(token.start, token.end) for token in matches(joined, wanted)] == plain
