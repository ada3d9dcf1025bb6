from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.papers import Author, Identifier, Link, Record, SourceVotes, Status, Version
from broadsheet.store.merge import edition_days, is_newer, merge

DAYS = st.none() | st.dates(date(2020, 1, 1), date(2024, 12, 31))
WORDS = st.sampled_from(["", "one", "two", "three"])


@st.composite
def records(draw: st.DrawFn) -> Record:
    return Record(
        source=draw(st.sampled_from(["arxiv", "crossref", "hf", "bibtex"])),
        key=draw(st.sampled_from(["a", "b"])),
        format=draw(
            st.sampled_from(["arxiv-oai", "arxiv-atom", "arxiv-feed", "crossref", "hf-json", "bibtex"])
        ),
        place="",
        raw=b"",
        title=draw(WORDS),
        abstract=draw(WORDS),
        authors=tuple(Author(name) for name in draw(st.lists(st.sampled_from(["A", "B", "C"]), max_size=3))),
        identifiers=tuple(
            Identifier("doi", f"10.1/{x}")
            for x in draw(st.lists(st.sampled_from("xyz"), max_size=2, unique=True))
        ),
        submitted=draw(DAYS),
        revised=draw(DAYS),
        announced=draw(DAYS),
        published=draw(st.sampled_from(["", "2021", "2021-05", "2021-05-14", "2022"])),
        categories=tuple(
            draw(st.lists(st.sampled_from(["cs.LG", "cs.AI", "stat.ML"]), max_size=2, unique=True))
        ),
        links=tuple(Link("page", url) for url in draw(st.lists(WORDS, max_size=2, unique=True))),
        versions=tuple(Version(n) for n in sorted(draw(st.sets(st.integers(1, 4), max_size=3)))),
        status=draw(st.sampled_from(Status)),
        update_only=draw(st.booleans()),
        votes=draw(st.none() | st.integers(0, 9)),
        comments=draw(st.none() | st.integers(0, 9)),
        extra=draw(st.sampled_from([{}, {"unresolved": True}])),
    )


MANY = st.lists(records(), min_size=1, max_size=6)


@given(MANY, st.randoms())
def test_order_makes_no_difference(said: list[Record], chance: random.Random) -> None:
    shuffled = said[:]
    chance.shuffle(shuffled)
    assert merge(shuffled) == merge(said)


@given(MANY)
def test_saying_it_twice_makes_no_difference(said: list[Record]) -> None:
    assert merge(said + said) == merge(said)


@given(records())
def test_one_record_alone_is_kept_as_it_is(said: Record) -> None:
    fields, provenance = merge([said])
    for name in (
        "title",
        "abstract",
        "authors",
        "identifiers",
        "submitted",
        "categories",
        "links",
        "versions",
        "published",
    ):
        assert fields.get(name, ()) == getattr(said, name) or not getattr(said, name)
    assert set(provenance.values()) <= {f"{said.source}:{said.key}"}
    assert provenance.keys() == fields.keys() - {"votes"}


@given(MANY)
def test_every_field_was_said_by_the_record_it_is_laid_to(said: list[Record]) -> None:
    fields, provenance = merge(said)
    for name, teller in provenance.items():
        theirs = [getattr(r, name) for r in said if f"{r.source}:{r.key}" == teller]
        if name in ("categories", "links", "identifiers", "versions"):
            assert any(set(value) <= set(fields[name]) for value in theirs if value)
        else:
            assert fields[name] in theirs


@given(MANY)
def test_nothing_known_is_lost(said: list[Record]) -> None:
    fields, _ = merge(said)
    for record in said:
        for name in ("title", "abstract", "submitted", "published"):
            assert bool(getattr(record, name)) <= (name in fields)
        for name in ("identifiers", "categories", "links"):
            assert set(getattr(record, name)) <= set(fields.get(name, ()))
    assert (fields.get("status") is Status.RETRACTED) == any(r.status is Status.RETRACTED for r in said)
    votes = {
        r.source: max(v.votes for v in said if v.source == r.source and v.votes is not None)
        for r in said
        if r.votes is not None
    }
    assert {v.source: v.votes for v in fields.get("votes", ())} == votes


def said(source: str, form: str, **given: Any) -> Record:
    return Record(
        **{
            "source": source,
            "format": form,
            "key": "k",
            "place": "",
            "raw": b"",
            "title": f"by {form}",
            **given,
        }
    )


LADDER = [
    said("crossref", "crossref"),
    said("openreview", "openreview"),
    said("arxiv", "arxiv-feed"),
    said("semanticscholar", "semanticscholar"),
    said("bibtex", "bibtex"),
    said("list", "id-list", extra={"unresolved": True}),
]


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(LADDER)))
def test_the_better_placed_speaks_first(better: Record, worse: Record) -> None:
    assert merge([worse, better])[0]["title"] == better.title
    assert merge([worse, better])[1]["title"] == f"{better.source}:k"


def test_what_the_better_placed_does_not_say_another_may() -> None:
    fields, provenance = merge([said("crossref", "crossref"), said("bibtex", "bibtex", abstract="Told.")])
    assert (fields["abstract"], provenance["abstract"]) == ("Told.", "bibtex:k")


def test_within_a_source_the_newest_version_speaks_first() -> None:
    old = said("arxiv", "arxiv-oai", versions=(Version(1),))
    new = said("arxiv", "arxiv-feed", versions=(Version(2),))
    assert merge([old, new])[0]["title"] == "by arxiv-feed"


def test_a_date_is_told_as_precisely_as_anyone_can() -> None:
    tellers = [
        said("crossref", "crossref", published="2021"),
        said("bibtex", "bibtex", published="2021-05-14"),
        said("hf", "hf-json", published="2022-01-01"),
    ]
    fields, provenance = merge(tellers)
    assert (fields["published"], provenance["published"]) == ("2021-05-14", "bibtex:k")


def test_votes_are_kept_apart_by_source() -> None:
    tellers = [
        said("hf", "hf-json", votes=3, comments=0),
        said("semanticscholar", "semanticscholar", votes=7),
    ]
    assert merge(tellers)[0]["votes"] == (SourceVotes("hf", 3, 0), SourceVotes("semanticscholar", 7, None))


@given(records(), records())
def test_newer_is_one_way(one: Record, other: Record) -> None:
    assert not (is_newer(one, other) and is_newer(other, one))


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="at least one record"):
        merge([])


@pytest.mark.parametrize(
    ("fields", "listed", "days"),
    [
        ({}, [], ()),
        ({"published": "2021-05"}, [], ()),
        ({"published": "2021-05-14"}, [], ("2021-05-14",)),
        ({"published": "2021-05-14", "submitted": date(2021, 1, 2)}, [], ("2021-01-02",)),
        ({"submitted": date(2021, 1, 2), "announced": date(2021, 1, 4)}, [], ("2021-01-04",)),
        ({"announced": date(2021, 1, 4)}, ["2021-02-01", "--07-29"], ("--07-29", "2021-01-04", "2021-02-01")),
        ({"submitted": date(2021, 1, 2)}, ["2021-02-01"], ("2021-02-01",)),
    ],
)
def test_the_editions_of_a_paper(fields: dict[str, Any], listed: list[str], days: tuple[str, ...]) -> None:
    assert edition_days(fields, listed) == days
