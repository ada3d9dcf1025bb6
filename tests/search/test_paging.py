"""Pages join without a gap or a repetition, and conditions mean what they say: against plain loops."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.papers import Paper, Status
from broadsheet.search import Search, planner, question
from broadsheet.search.query import parse

WORDS = [f"w{n}" for n in range(40)]
CATEGORIES = ["cs.LG", "cs.CL", "stat.ML", "math.CO", "hep-th"]


def invent(make_paper: Any, n: int, chance: random.Random) -> Paper:
    words = [chance.choice(WORDS[: chance.randint(3, 40)]) for _ in range(chance.randint(1, 12))]
    return make_paper(
        n,
        " ".join(words[:3]) or "title",
        " ".join(words[3:]),
        authors=[chance.choice(["Ada Stone", "Bo Å Berg", "Cy van Dam"])],
        categories=tuple(chance.sample(CATEGORIES, chance.randint(0, 3))),
        submitted=date(2020 + n % 6, 1 + n % 12, 1 + n % 28) if n % 11 else None,
        source=chance.choice(["arxiv", "acl", ["arxiv", "acl"]]),
        code=chance.random() < 0.3,
        votes=chance.choice([None, 0, 1, 5]),
        status=chance.choice([Status.STANDING] * 5 + [Status.WITHDRAWN]),
    )


@pytest.fixture
def crowd(search: Search, store: Any, make_paper: Any, monkeypatch: Any) -> Search:
    monkeypatch.setattr(question, "DEPTH", 15)
    monkeypatch.setattr(question, "RANKED", 20)
    monkeypatch.setattr(planner, "_LISTED", 10)
    chance = random.Random(5)
    store.put(*(invent(make_paper, n, chance) for n in range(1, 301)))
    search.sync()
    search.encode()
    return search


def meets(paper: Paper, condition: str) -> bool:
    """What a condition says, in plain words."""
    if condition.startswith("-"):
        return not meets(paper, condition[1:])
    field, _, value = condition.partition(":")
    text = f"{paper.title} | {paper.abstract}".split()
    match field:
        case "cat":
            return any(
                c.casefold() == v or c.casefold().split(".")[0] == v
                for c in paper.categories
                for v in value.split(",")
            )
        case "source":
            return any(m.source == value for m in paper.manifestations)
        case "has":
            return bool(paper.links)
        case "is":
            return paper.status.value == value
        case "year":
            low, _, high = value.partition("..")
            return paper.year is not None and int(low or 0) <= paper.year <= int(high or 9999)
        case "date":
            return paper.submitted is not None and paper.submitted.isoformat().startswith(value)
        case "author":
            return paper.authors[0].name.split()[-1].casefold() == value
        case "title":
            return value in paper.title.split()
    phrase = condition.strip('"').split()
    return any(text[i : i + len(phrase)] == phrase for i in range(len(text)))


CONDITIONS = st.one_of(
    st.sampled_from(
        [
            "cat:cs",
            "cat:cs.lg",
            "cat:stat.ml,hep-th",
            "source:acl",
            "has:code",
            "is:withdrawn",
            "year:2021..2023",
            "year:..2021",
            "date:2022-03",
            "date:2024",
            "author:dam",
            "author:stone",
            "title:w1",
        ]
    ),
    st.lists(st.sampled_from(WORDS[:6]), min_size=1, max_size=2).map(lambda words: f'"{" ".join(words)}"'),
)
NEGATABLE = st.tuples(st.booleans(), CONDITIONS).map(lambda pair: ("-" if pair[0] else "") + pair[1])
FREE = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
LENIENT = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LENIENT
@given(st.lists(NEGATABLE, min_size=1, max_size=3))
def test_conditions_against_plain_loops(crowd: Search, store: Any, conditions: list[str]) -> None:
    expected = {paper.id for paper in store.by_id.values() if all(meets(paper, c) for c in conditions)}
    results = crowd.find(" ".join(conditions), limit=1000, sort="date")
    found = {hit.paper_id for hit in results.hits}
    assert (found, results.total) == (expected, len(expected))
    if not results.query.about:
        days = [store.by_id[hit.paper_id].submitted or date.min for hit in results.hits]
        assert days == sorted(days, reverse=True)


@LENIENT
@given(
    FREE, st.lists(NEGATABLE, max_size=2), st.sampled_from(["relevance", "date", "votes"]), st.integers(1, 40)
)
def test_pages_join(
    crowd: Search, store: Any, free: str, conditions: list[str], sort: str, size: int
) -> None:
    query = " ".join([free, *conditions])
    whole = crowd.find(query, limit=1000, sort=sort)
    ids = [hit.paper_id for hit in whole.hits]
    assert len(ids) == len(set(ids)) == whole.total
    assert all(meets(store.by_id[i], c) for i in ids for c in conditions)
    pages = [
        hit.paper_id
        for start in range(0, whole.total + size, size)
        for hit in crowd.find(query, limit=size, offset=start, sort=sort).hits
    ]
    assert pages == ids
    for facet in ("status", "code"):
        assert sum(n for _, n in whole.facets[facet]) == whole.total
    words = {clause.value for clause in parse(query).words}
    if words and len(words) <= 4:
        sure = {
            p.id
            for p in store.by_id.values()
            if words <= {*p.title.split(), *p.abstract.split()} and all(meets(p, c) for c in conditions)
        }
        assert sure <= set(ids), "whatever has all the words belongs"
    if sort == "relevance":
        scores = [hit.score for hit in whole.hits]
        assert scores == sorted(scores, reverse=True)


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=10),
        st.sampled_from(
            [
                '"',
                "-",
                "author:",
                "title:",
                "cat:",
                "year:",
                "date:",
                "has:",
                "is:",
                "like:",
                "source:",
                "venue:",
                "w1",
                "w2",
                "2020..",
                "cs",
                "' OR 1=1 --",
                "w1*",
                "(w1",
                "w1~2",
                "w1^9",
                "[a TO b]",
                "{",
                "/re/",
                "\\",
                "😀",
                "\u202eab",
                "ÀÉ",
                "图",
                "\x00",
                "\ud800",
                "AND",
                "NOT",
                "OR",
                "2501.00001",
            ]
        ),
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.sampled_from(["relevance", "date", "votes"]), st.integers(0, 50))
def test_no_text_breaks_search(crowd: Search, text: str, sort: str, offset: int) -> None:
    results = crowd.find(text, sort=sort, offset=offset)
    assert results.total >= len(results.hits)
    for hit in results.hits:
        assert "<script" not in hit.title_html + hit.snippet_html


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{n}" for n in range(10_000)),
        "x" * 100_000,
        "\x00" * 5000,
        '"' * 4001,
        "-" * 4001,
        "author:" * 900,
        "(" * 3000 + "a" + ")" * 3000,
        bytes(range(256)).decode("latin-1") * 20,
        "a:" * 2000,
        "w1 " * 1300,
    ],
)
def test_monstrous_texts(crowd: Search, text: str) -> None:
    assert crowd.find(text).total >= 0
