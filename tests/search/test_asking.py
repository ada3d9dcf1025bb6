"""What a researcher types without thinking: slips, short forms, names, ids, titles, whole abstracts; and why."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.search import Search, facets, spelling
from broadsheet.search.acronyms import Pair, pairs
from broadsheet.search.query import parse
from broadsheet.search.question import Question

ABSTRACT = (
    "We route tokens through a sparse mixture of experts (MoE) whose gates learn late. "
    "Balance of load is kept by a penalty. The gain over dense layers is seven percent."
)


@pytest.fixture
def library(search: Search, store: Any, make_paper: Any) -> Search:
    store.put(
        make_paper(1, "Routing among many", ABSTRACT, authors=["Jürgen Müller", "Ada Stone"]),
        make_paper(2, "Gates for MoE layers", "Gates that learn when to open.", authors=["Bo Mueller"]),
        make_paper(3, "A survey of transformer architectures", "Transformers and attention, surveyed."),
        make_paper(4, "Bread and its crust", "Sourdough, flour, water and time in an oven."),
        make_paper(5, "Expert witnesses at court", "What experts say and what judges hear."),
        *(make_paper(10 + n, f"On number {n}", f"Counting to {n} and beyond.") for n in range(30)),
    )
    search.sync()
    search.encode()
    return search


def first(library: Search, query: str) -> int:
    return library.find(query).hits[0].paper_id


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("transfomer architectures", "transformer"),
        ("trasnformer", "transformer"),
        ("sourdoguh", "sourdough"),
        ("tarnsformer", "transformer"),
    ],
)
def test_a_slip_of_the_keyboard_is_put_right(library: Search, typed: str, meant: str) -> None:
    results = library.find(typed)
    assert any(f"“{meant}” was searched instead" in note for note in results.notes), results.notes
    assert first(library, typed) == first(library, meant)


def test_a_word_that_papers_have_is_left_alone(library: Search) -> None:
    for query in ("sourdough", "experts", "xqzwvk", "transformer", "author:mullr"):
        assert not any("searched instead" in note for note in library.find(query).notes)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_of_two_words(one: str, other: str) -> None:
    def plain(a: str, b: str) -> int:
        """From the definition."""
        if not a or not b:
            return len(a) + len(b)
        ways = [plain(a[1:], b) + 1, plain(a, b[1:]) + 1, plain(a[1:], b[1:]) + (a[0] != b[0])]
        if len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0]:
            ways.append(plain(a[2:], b[2:]) + 1)
        return min(ways)

    assert spelling.distance(one, other) == plain(one, other) == spelling.distance(other, one)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a sparse mixture of experts (MoE) layer", [("MoE", "mixture of experts")]),
        ("Large Language Models (LLMs) are", [("LLM", "Large Language Models")]),
        ("graph neural networks (GNNs, for short)", [("GNN", "graph neural networks")]),
        ("low-rank adaptation (LoRA)", [("LoRA", "low-rank adaptation")]),
        ("as we show (see Fig. 2) and (a) or (2020)", []),
        ("nothing before (MoE)", []),
        ("", []),
        ("(MoE)", []),
        ("MoE (MoE)", []),
    ],
)
def test_short_forms_are_read_where_they_are_explained(text: str, found: list[tuple[str, str]]) -> None:
    assert pairs(text) == [Pair(*pair) for pair in found]


@given(st.text("aAbB() ,-", max_size=60))
def test_no_text_breaks_the_reading_of_short_forms(text: str) -> None:
    for short, long in pairs(text):
        assert f"({short}" in text.replace("( ", "(")
        assert long in text


def test_a_short_form_and_its_long_one_find_each_other(library: Search) -> None:
    results = library.find("MoE")
    assert {hit.paper_id for hit in results.hits[:2]} == {1, 2}
    assert "MoE was searched as “mixture of experts” as well." in results.notes
    results = library.find("mixture of experts")
    assert "“mixture of experts” was searched as MoE as well." in results.notes
    assert {1, 2} <= {hit.paper_id for hit in results.hits[:3]}


@pytest.mark.parametrize("name", ["Müller", "Muller", "Mueller", "müller, jürgen", "Juergen Mueller"])
def test_accents_of_names_may_be_left_out_or_spelt(library: Search, name: str) -> None:
    assert 1 in {hit.paper_id for hit in library.find(f'author:"{name}"').hits}


def test_papers_named_one_after_another_are_shown_in_that_order(library: Search) -> None:
    results = library.find("2501.00003, 2501.00001\n10.5555/none https://arxiv.org/abs/2501.00004v2")
    assert [hit.paper_id for hit in results.hits] == [3, 1, 4]
    assert results.total == 3
    assert "There is no paper doi:10.5555/none here." in results.notes
    assert results.hits[0].why == ("It is the paper that was named.",)


def test_a_whole_abstract_finds_its_paper(library: Search) -> None:
    assert first(library, ABSTRACT) == 1
    assert first(library, ABSTRACT.upper()) == 1
    assert first(library, ABSTRACT[20:120]) == 1


def test_results_say_why(library: Search) -> None:
    hit = library.find("sourdough flour").hits[0]
    assert hit.why[0].startswith("Has all the words: ")
    assert "“Sourdough”" in hit.why[0]
    assert library.find("Bread and its crust").hits[0].why[0] == "Its title is what was typed."
    hit = library.find("sparse experts gates late").hits[0]
    assert hit.paper_id == 1
    assert "<mark>experts</mark>" in hit.snippet_html
    assert all(hit.why for hit in library.find("gates of an oven").hits[:5])


def test_like_some_and_unlike_others(library: Search) -> None:
    plain = [hit.paper_id for hit in library.find("like:2501.00001").hits]
    assert 1 not in plain
    away = library.find("like:2501.00001 -like:2501.00002")
    assert not {1, 2} & {hit.paper_id for hit in away.hits}
    assert away.hits[0].why
    both = library.similar([1, 4], unlike=[2], bare=False)
    assert not {1, 2, 4} & {hit.paper_id for hit in both.hits}
    assert library.find("-like:2501.00001").notes == ("There is nothing to search for in this query.",)
    near = {hit.paper_id: place for place, hit in enumerate(library.find("like:2501.00003").hits)}
    less = next(i for i in near if i != 3)
    far = library.find(f"like:2501.00003 -like:2501.{less:05}").hits
    assert less not in {hit.paper_id for hit in far}


def test_sentences_are_told_apart_by_what_they_are_for() -> None:
    abstract = (
        "Retrieval is often slow and costly. However, existing indexes cannot grow. "
        "We propose a novel framework that leverages trees. Then each stage prunes candidates. "
        "Extensive experiments show that it outperforms the baselines. It is 3.5 times faster."
    )
    assert facets.facet(abstract, "background") == (
        "Retrieval is often slow and costly. However, existing indexes cannot grow."
    )
    assert facets.facet(abstract, "method") == (
        "We propose a novel framework that leverages trees. Then each stage prunes candidates."
    )
    assert facets.facet(abstract, "result").endswith("It is 3.5 times faster.")
    for text in ("", " ", "\x00", "...", "x" * 5000, "🦉. 🦉. 🦉."):
        assert "".join(facets.facet(text, name) for name in facets.FACETS) == text.strip() or len(text) > 4


def test_like_a_paper_in_one_of_its_facets(store: Any, make_paper: Any, search: Search) -> None:
    background, method = "However, glaciers often melt.", "We propose violins that leverage resonance."
    store.put(
        make_paper(1, "Study", f"{background} {method} Experiments show that it outperforms baselines."),
        make_paper(2, "Glaciers", "However, glaciers often melt; glaciers melt often."),
        make_paper(3, "Violins", "We propose violins that leverage resonance of violins."),
    )
    search.sync()
    search.encode()

    def nearness(query: str) -> dict[int, float]:
        return {hit.paper_id: hit.shares.get("meaning", 0.0) for hit in search.find(query).hits}

    whole, near = nearness("like:2501.00001"), nearness("like:2501.00001#background")
    assert set(whole) == set(near) == {2, 3}
    planner = search._current([])
    vectors = {
        name: Question(planner, parse(f"like:2501.00001{name}"), "relevance", True).liked_vectors(
            planner.near
        )
        for name in ("", "#background", "#method")
    }
    glaciers, violins = planner.near.vectors_of([2, 3])
    towards = {name: float(x[0] @ (glaciers - violins)) for name, x in vectors.items()}
    assert towards["#background"] > towards[""] > towards["#method"]


def test_facets_that_are_none_are_told(library: Search) -> None:
    results = library.find("like:2501.00001#colour")
    assert "'colour' was ignored" in " ".join(results.notes)
    plain = library.find("like:2501.00001")
    assert [hit.paper_id for hit in results.hits] == [hit.paper_id for hit in plain.hits]
    assert parse("like:2501.00001#method").canonical == "like:2501.00001#method"


def test_what_was_warmed_is_not_made_again_for_the_first_question(store, encoder, tmp_path, make_paper):
    made = []

    def make():
        made.append(encoder)
        return encoder

    search = Search(store, tmp_path, make)
    search.warm()
    assert not made  # without a vector there is nothing to ask an encoder for
    store.put(make_paper(1, "Boats of paper"))
    search.sync()
    search.encode()
    again = Search(store, tmp_path, make)
    before = len(made)
    again.warm()
    assert len(made) == before + 1
    assert [hit.paper_id for hit in again.find("boats").hits] == [1]
    assert len(made) == before + 1


def test_what_an_encoder_opens_at_its_first_question_is_no_part_of_the_time(
    store, encoder, tmp_path, make_paper
):
    class Slow(type(encoder)):
        """Takes half a second over the first text it reads."""

        def __init__(self):
            super().__init__()
            self.slow = 0.5

        def encode_queries(self, texts):
            time.sleep(self.slow)
            self.slow = 0
            return super().encode_queries(texts)

    store.put(make_paper(1, "Boats of paper"), make_paper(2, "Of lamps"))
    search = Search(store, tmp_path, lambda: encoder)
    search.sync()
    search.encode()
    slow = Search(store, tmp_path, Slow)
    found = slow.find("boats", budget_ms=250)
    assert not found.skipped.keys() & {"encode", "meaning"}
    assert "encode" in found.took_ms
