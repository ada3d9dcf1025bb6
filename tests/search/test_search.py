"""Search as its callers see it: what is found, in which order, with what beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.papers import Status
from broadsheet.search import Search, question
from broadsheet.search.answer import Leg
from broadsheet.search.fusing import fused


@pytest.fixture
def library(search: Search, store: Any, make_paper: Any) -> Search:
    store.put(
        make_paper(
            1,
            "Graph neural networks for molecules",
            "We predict properties of molecules. Message passing helps.",
            authors=["Zoë Müller", "Chen Wang"],
            categories=("cs.LG", "stat.ML"),
            submitted=date(2023, 5, 1),
            code=True,
            votes=10,
        ),
        make_paper(
            2,
            "A survey of graph learning",
            "Neural networks on graphs are reviewed.",
            authors=["Wei Chen"],
            categories=("cs.LG",),
            submitted=date(2024, 2, 29),
            votes=3,
        ),
        make_paper(
            3,
            "Sourdough at altitude",
            "Bread rises faster. We bake with <wild> yeast & rye.",
            authors=["Ana García Márquez"],
            categories=("q-bio.OT",),
            submitted=date(2022, 7, 9),
            venue="Journal of Bread",
        ),
        make_paper(
            4,
            "Passing messages in molecules",
            "A graph of atoms and networks of bonds; not neural.",
            categories=("physics.chem-ph",),
            submitted=date(2025, 1, 2),
            source=["arxiv", "openreview"],
            votes=50,
        ),
        make_paper(
            5,
            "A withdrawn proof",
            "Graphs that never were.",
            status=Status.WITHDRAWN,
            categories=("math.CO",),
            submitted=date(2021, 1, 1),
        ),
        make_paper(
            6,
            "图神经网络的综述",
            "我们研究图上的学习方法。",
            categories=("cs.CL",),
            submitted=date(2025, 2, 2),
        ),
        make_paper(7, "10.1/unknown", extra={"unresolved": True}),
    )
    search.sync()
    search.encode()
    return search


def ids(search: Search, query: str, **options: Any) -> list[int]:
    return [hit.paper_id for hit in search.find(query, **options).hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"message passing"', {1}),
        ('"passing messages"', {4}),
        ('"neural networks" -survey', {1}),
        ("author:muller", {1}),
        ("author:MÜLLER", {1}),
        ("author:chen", {2}),
        ("author:garcia", {3}),
        ('author:"g marquez"', set()),
        ('author:"a marquez"', {3}),
        ('author:"Müller, Zoë"', {1}),
        ("author:zoe", {1}),
        ("cat:cs", {1, 2, 6}),
        ("cat:cs.LG -cat:stat.ML", {2}),
        ("cat:math,q-bio", {3, 5}),
        ("venue:bread", {3}),
        ("source:openreview", {4}),
        ("has:code", {1}),
        ("-has:abstract", set()),
        ("is:withdrawn", {5}),
        ("year:2024..", {2, 4, 6}),
        ("date:2024-02", {2}),
        ("date:2024-02-29..2025-01", {2, 4}),
        ("title:molecule", {1, 4}),
        ('"图神经"', {6}),
        ("-graph -bread", {6}),
    ],
)
def test_conditions(library: Search, query: str, expected: set[int]) -> None:
    results = library.find(query)
    assert {hit.paper_id for hit in results.hits} == expected
    assert results.total == len(expected)
    assert sum(n for _, n in results.facets["status"]) == len(expected)


def test_conditions_alone_list_by_date_and_by_votes(library: Search) -> None:
    assert ids(library, "cat:cs,physics,q-bio") == [6, 4, 2, 1, 3]
    assert ids(library, "cat:cs,physics,q-bio", sort="votes") == [4, 1, 2, 6, 3]
    assert ids(library, "") == [6, 4, 2, 1, 3, 5]


def test_relevance(library: Search) -> None:
    assert ids(library, "graph neural networks molecules")[0] == 1
    assert ids(library, "sourdough")[0] == 3
    results = library.find("sourdough")
    assert results.hits[0].legs == {"words": 1, "meaning": 1}
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)
    assert set(results.took_ms) >= {"words", "encode", "meaning", "join", "count", "show", "total"}
    assert results.skipped == {}


def test_first_by_one_leg_comes_before_middling_by_both() -> None:
    words = [1, *range(100, 136), 2, *range(300, 462)]
    meaning = [*range(500, 537), 2, *range(700, 861), 1]
    assert len(words) == len(meaning) == question.DEPTH
    legs = [
        Leg.of(name, [(paper_id, 12 / (rank + 3)) for rank, paper_id in enumerate(found)])
        for name, found in (("words", words), ("meaning", meaning))
    ]
    order = fused(legs, question.WEIGHTS, None).ids.tolist()
    assert order.index(1) < order.index(2)


def test_conditions_bind_meaning_too(library: Search) -> None:
    assert set(ids(library, "graph neural networks cat:q-bio")) == {3}
    assert set(ids(library, "graph neural networks -graph -neural")) == {3, 6}


def test_sorted_by_date_only_what_matches_well(library: Search) -> None:
    found = ids(library, "graph networks", sort="date")
    assert found[:3] == [4, 2, 1] or set(found) >= {1, 2, 4}
    days = {1: 2023, 2: 2024, 3: 2022, 4: 2025.1, 5: 2021, 6: 2025.2}
    assert [days[i] for i in found] == sorted((days[i] for i in found), reverse=True)


def test_an_identifier_finds_its_paper(library: Search) -> None:
    for query in ("2501.00002", "arXiv:2501.00002v3", "https://arxiv.org/abs/2501.00002"):
        results = library.find(query)
        assert [hit.paper_id for hit in results.hits] == [2]
        assert results.total == 1
        assert results.facets["category"] == [("cs.LG", 1)]
    missing = library.find("2501.99999")
    assert missing.total == 0
    assert "no paper arxiv:2501.99999" in missing.notes[0]


def test_a_pasted_title_comes_first(library: Search, store: Any, make_paper: Any) -> None:
    store.put(
        make_paper(8, 'Not -this: a "title" with author: signs'),
        *(make_paper(20 + n, "Title with signs", "author this title " * 9) for n in range(5)),
    )
    library.sync()
    results = library.find('Not -this: a "title" with author: signs')
    assert results.hits[0].paper_id == 8
    assert results.hits[0].legs["title"] == 1
    assert ids(library, "A SURVEY of graph-learning")[0] == 2


def test_like(library: Search) -> None:
    results = library.find("like:2501.00001")
    assert 1 not in {hit.paper_id for hit in results.hits}
    assert results.hits[0].paper_id in (2, 4)
    assert [hit.paper_id for hit in library.similar([1]).hits] == [hit.paper_id for hit in results.hits][:10]
    assert set(ids(library, "like:2501.00001 cat:q-bio")) == {3}
    assert "no paper 9999.99999 here to be like" in " ".join(library.find("like:9999.99999").notes)


def test_highlighting_and_escaping(library: Search) -> None:
    hit = library.find("yeast wild breads").hits[0]
    assert hit.title_html == "Sourdough at altitude"
    assert (
        hit.snippet_html
        == "<mark>Bread</mark> rises faster. We bake with &lt;<mark>wild</mark>&gt; <mark>yeast</mark> &amp; rye."
    )
    assert library.find("图神经").hits[0].title_html.startswith("<mark>图神经</mark>")


def test_facets(library: Search) -> None:
    facets = library.find("").facets
    assert facets["category"][0] == ("cs.LG", 2)
    assert facets["year"] == [("2025", 2), ("2024", 1), ("2023", 1), ("2022", 1), ("2021", 1)]
    assert dict(facets["source"]) == {"arxiv": 6, "openreview": 1}
    assert dict(facets["code"]) == {"no": 5, "yes": 1}
    assert dict(facets["status"]) == {"standing": 5, "withdrawn": 1}


def test_unresolved_papers_are_not_found(library: Search) -> None:
    assert 7 not in ids(library, "")
    assert library.health().words == 6
    assert library.health().vectors == 6


def test_changes_are_followed(library: Search, store: Any, make_paper: Any, encoder: Any) -> None:
    before = library.stamp()
    encoded = len(encoder.encoded)
    store.put(
        make_paper(3, "Rye at altitude", "Changed."),
        make_paper(2, "A survey of graph learning", "Neural networks on graphs are reviewed.", votes=99),
    )
    store.remove(4)
    assert library.sync() == 3
    assert library.encode() == 1
    assert len(encoder.encoded) == encoded + 1, "an unchanged text is not encoded again"
    assert library.stamp() != before
    assert library.sync() == 0
    assert library.encode() == 0
    assert ids(library, "sourdough") != []
    assert ids(library, '"rye at altitude"') == [3]
    assert ids(library, "")[0] == 6
    assert 4 not in ids(library, "passing messages in molecules")
    assert ids(library, "", sort="votes")[0] == 2
    assert library.health().vectors == 5


def test_a_paper_without_a_vector_still_competes(library: Search, store: Any, make_paper: Any) -> None:
    store.put(
        make_paper(9, "Graph neural networks for molecules, again", "We predict properties of molecules.")
    )
    library.sync()
    hit = library.find("graph neural networks molecules properties again").hits[0]
    assert hit.paper_id == 9
    assert set(hit.legs) == {"words"}
    assert library.health().pending_vectors == 1


def test_words_alone_before_any_vector_and_without_an_encoder(
    store: Any, make_paper: Any, encoder: Any, tmp_path: Path
) -> None:
    store.put(*(make_paper(n, f"Paper about topic{n}") for n in range(1, 30)))
    for make in (None, lambda: encoder):
        search = Search(store, tmp_path / "index", make)
        search.sync()
        assert ids(search, "topic7")[0] == 7
        assert search.find("topic7").notes == ()
    assert Search(store, tmp_path / "index").encode() == 0


def test_an_encoder_that_fails(store: Any, make_paper: Any, tmp_path: Path, encoder: Any) -> None:
    store.put(make_paper(1, "Bread"))
    working = Search(store, tmp_path / "index", lambda: encoder)
    working.sync()
    working.encode()

    def broken() -> Any:
        raise RuntimeError("no weights here")

    search = Search(store, tmp_path / "index", broken)
    results = search.find("bread")
    assert [hit.paper_id for hit in results.hits] == [1]
    assert results.notes == ("Search by meaning is out of order: no weights here",)
    assert search.health().problems == ("Search by meaning is out of order: no weights here",)

    encoder.encode_queries = lambda texts: np.full((1, 32), np.nan, np.float32)
    assert ids(working, "bread rises") == [1]


def test_vectors_of_another_encoder_are_not_mixed(
    library: Search, store: Any, encoder: Any, tmp_path: Path
) -> None:
    encoder.name = "another"
    results = library.find("sourdough")
    assert results.hits[0].legs == {"words": 1}
    assert "another encoder" in results.notes[0]
    assert library.encode() == 6
    assert library.find("sourdough").hits[0].legs == {"words": 1, "meaning": 1}
    assert [path.name for path in (tmp_path / "index" / "vectors").glob("vectors-*")] == ["vectors-2.i8"]


def test_an_empty_corpus(search: Search) -> None:
    for query in ("", "graph", '"a b"', "cat:cs", "like:2501.00001", "2501.00001"):
        for sort in ("relevance", "date", "votes"):
            results = search.find(query, sort=sort)
            assert (results.hits, results.total) == ((), 0)
    assert search.sync() == 0
    assert search.encode() == 0
    assert search.find("graph").total == 0
    health = search.health()
    assert (health.words, health.vectors, health.pending_words, health.problems) == (0, 0, 0, ())


def test_odd_pages_and_sorts(library: Search) -> None:
    everything = library.find("graph", limit=1000)
    assert len(everything.hits) == everything.total
    assert library.find("graph", limit=0).hits == ()
    assert library.find("graph", offset=1000).hits == ()
    assert library.find("graph", offset=-5, limit=-5).hits == ()
    assert "no order 'upside down'" in library.find("graph", sort="upside down").notes[0]


def test_similar_to_a_paper_with_any_key(library: Search, store: Any, make_paper: Any) -> None:
    store.put(
        make_paper(30, "Graph neural networks for proteins", key="10.1016/S0140-6736(05)", identifiers=())
    )
    library.sync()
    library.encode()
    found = library.similar([30, 1], limit=3)
    assert found.hits
    assert {hit.paper_id for hit in found.hits}.isdisjoint({30, 1})
    assert library.similar([]).hits == library.similar([12345]).hits == ()


@pytest.mark.parametrize("sort", ["relevance", "date", "votes"])
def test_a_bare_search_finds_the_same_papers(library: Search, sort: str) -> None:
    for query in ("graph networks", "graph -networks", "cat:cs.LG graph", "year:2020..", "like:2501.00001"):
        whole = library.find(query, sort=sort, limit=50)
        library.close()
        bare = library.find(query, sort=sort, limit=50, bare=True)
        assert [(h.paper_id, h.legs) for h in bare.hits] == [(h.paper_id, h.legs) for h in whole.hits]
        assert bare.total == 0 or bare.query.identifier
        assert not bare.facets
        assert not any(hit.title_html for hit in bare.hits)
        again = library.find(
            query, sort=sort, limit=50
        )  # what was found bare is counted when it is asked for
        assert (again.total, again.facets) == (whole.total, whole.facets)
        assert [hit.title_html for hit in again.hits] == [hit.title_html for hit in whole.hits]


def test_a_phrase_that_no_paper_has_is_searched_as_its_words(library: Search) -> None:
    found = library.find('"graph molecules"')
    assert found.hits[0].paper_id == 1
    assert found.notes == ('No paper has "graph molecules"; its words were searched instead.',)
    assert found.hits == library.find("graph molecules").hits
    # A phrase that some paper has stays a condition, beside one that none has as well.
    assert ids(library, '"graph neural networks"') == [1]
    assert ids(library, '"graph neural networks" "rises bread"') == [1]
    # What is new about a phrase is waited for; other conditions and refusals are not loosened.
    assert library.find('"graph molecules"', sort="date").total == 0
    assert library.find('title:"graph molecules"').total == 0
    assert library.find('graph "bread rises" year:1900').total == 0
    assert ids(library, 'graph -"graph molecules"') == ids(library, "graph")


def test_an_excluded_phrase_excludes_also_where_the_query_reads_like_the_title(
    search: Search, store: Any, make_paper: Any
) -> None:
    store.put(make_paper(1, "w2 w0 w2"), make_paper(2, "w2 w1 w3"))
    search.sync()
    search.encode()
    for sort in ("relevance", "date", "votes"):
        assert [hit.paper_id for hit in search.find('"w2" -"w0 w2"', sort=sort).hits] == [2]
    assert [hit.paper_id for hit in search.find('"w2" "w0 w2"').hits] == [1]
