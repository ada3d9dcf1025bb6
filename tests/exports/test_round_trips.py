"""A paper written out and read back is the same paper, in all that the format can carry."""

from __future__ import annotations

import dataclasses
import io
import string
from datetime import UTC, date, datetime

import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.exports import bibtex, csl_json, formats, jsonl, ris, table
from broadsheet.exports.tex import encode
from broadsheet.papers import Author, Identifier, Link, Paper, Record, SourceVotes, Status, Version
from broadsheet.sources import bibtex as bibtex_source
from broadsheet.sources import csl_json as csl_source
from broadsheet.sources import formats as source_formats
from broadsheet.sources import ris as ris_source
from broadsheet.sources import tabular
from broadsheet.sources.reading import clean
from broadsheet.sources.reading.tex import decode

SEEN = datetime(2026, 1, 1, tzinfo=UTC)
ALPHABET = string.ascii_letters + string.digits + " -'äøßéŁ中αя$\\{}&%#_~^`\"()[].,:!?<>=+*/@|"
lines = st.text(ALPHABET, min_size=1, max_size=60).map(clean).filter(bool)
titles = lines.filter(lambda text: any(c.isalpha() for c in text) and text[:1] not in "RrWw[(*")
names = st.from_regex(
    r"[A-ZÅØ][a-zåøé]{1,8}( [A-Z]\.)?( van| de)? [A-ZÅØ][a-zåøé]{2,9}", fullmatch=True
).filter(lambda name: "And" not in name)
words = st.from_regex(r"[A-Za-zäø][a-zäø-]{1,12}[a-z]( [a-z]{2,8})?", fullmatch=True)
days = st.dates(date(1900, 1, 1), date(2150, 12, 31))
published = st.one_of(
    st.just(""),
    days.map(lambda day: str(day.year)),
    days.map(lambda day: day.isoformat()[:7]),
    days.map(lambda day: day.isoformat()),
)
arxiv = st.builds(
    "{:02d}{:02d}.{:05d}".format, st.integers(15, 40), st.integers(1, 12), st.integers(1, 99999)
)
dois = st.from_regex(r"10\.5555/[a-z0-9]{1,8}(\.[a-z0-9]{1,6}|_[a-z0-9]{1,4})?", fullmatch=True)


@st.composite
def papers(draw):
    identifiers = [Identifier("arxiv", draw(arxiv))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        identifiers.append(Identifier("doi", draw(dois)))
    category = draw(st.sampled_from(["", "cs.LG", "math.GT"]))
    return Paper(
        id=draw(st.integers(1, 10**6)),
        key="key-" + draw(st.from_regex(r"[a-z]{1,8}", fullmatch=True)),
        title=draw(titles),
        abstract="\n\n".join(draw(st.lists(lines, max_size=3))),
        authors=tuple(map(Author, draw(st.lists(names, max_size=5)))),
        identifiers=tuple(identifiers),
        submitted=draw(st.none() | days),
        revised=draw(st.none() | days),
        announced=draw(st.none() | days),
        published=draw(published),
        venue=draw(st.sampled_from(["", "Journal of Tides", "Proceedings of the Tide Conference"])),
        primary_category=category,
        categories=(category, "stat.ML") if category else (),
        keywords=tuple(dict.fromkeys(draw(st.lists(words, max_size=3)))),
        links=(Link("page", "https://example.org/p?a=1&b=%20#c"), Link("pdf", "https://example.org/p.pdf")),
        status=draw(st.sampled_from(Status)),
        votes=(SourceVotes("hf", draw(st.integers(0, 999)), 3),),
        added=SEEN,
        updated=SEEN,
    )


def read(source, text) -> list[Record]:
    found = list(source.parse(io.BytesIO(text.encode())))
    assert all(isinstance(record, Record) for record in found), found
    return found


def told(record, *names):
    return {name: getattr(record, name) for name in names}


@given(st.text(ALPHABET, max_size=80))
def test_tex_escaping_has_an_inverse(text):
    assert clean(decode(encode(text))) == clean(text)


@settings(max_examples=40)
@given(st.lists(papers(), min_size=1, max_size=3))
def test_bibtex(given_papers):
    text = "".join(bibtex.write(given_papers))
    again = read(bibtex_source, text)
    assert len(again) == len(given_papers)
    assert len({record.extra["bibtex"]["key"] for record in again}) == len(again)
    for paper, record in zip(given_papers, again, strict=True):
        same = ("title", "abstract", "authors", "identifiers", "venue", "keywords")
        assert told(record, *same) == told(paper, *same)
        assert record.published == (paper.published or (str(paper.submitted) if paper.submitted else ""))
        assert record.link("page") == paper.link("page")


@settings(max_examples=40)
@given(st.lists(papers(), min_size=1, max_size=3))
def test_ris(given_papers):
    text = "".join(ris.write(given_papers))
    assert len(rispy.loads(text)) == len(given_papers)
    for paper, record in zip(given_papers, read(ris_source, text), strict=True):
        same = ("title", "authors", "venue", "keywords", "links", "status")
        assert told(record, *same) == told(paper, *same)
        assert record.abstract == " ".join(paper.abstract.split())
        assert set(record.identifiers) == set(paper.identifiers)
        assert record.published == (paper.published or (str(paper.submitted) if paper.submitted else ""))


@settings(max_examples=40)
@given(st.lists(papers(), min_size=1, max_size=3))
def test_csl_json(given_papers):
    text = "".join(csl_json.write(given_papers))
    for paper, record in zip(given_papers, read(csl_source, text), strict=True):
        same = ("title", "abstract", "authors", "venue", "keywords", "submitted", "status")
        assert told(record, *same) == told(paper, *same)
        assert set(record.identifiers) == set(paper.identifiers)
        assert record.published == (paper.published or (str(paper.submitted) if paper.submitted else ""))


@settings(max_examples=40)
@given(st.lists(papers(), min_size=1, max_size=3))
def test_table(given_papers):
    text = "".join(table.write(given_papers))
    for paper, record in zip(given_papers, read(tabular, text), strict=True):
        same = ("title", "abstract", "authors", "venue", "keywords", "identifiers", "links", "status")
        same += ("submitted", "revised", "announced", "published", "categories", "primary_category")
        assert told(record, *same) == told(paper, *same)
        assert (record.votes, record.comments) == (paper.upvotes, paper.comments)


@settings(max_examples=40)
@given(st.lists(papers(), min_size=1, max_size=3))
def test_our_own(given_papers):
    described = [field.name for field in dataclasses.fields(Paper)]
    own = {"id", "days", "votes", "manifestations", "provenance", "added", "updated"}
    text = "".join(jsonl.write(given_papers))
    for paper, record in zip(given_papers, read(source_formats.named("broadsheet-jsonl"), text), strict=True):
        same = [name for name in described if name not in own]
        assert told(record, *same) == told(paper, *same)
        assert (record.votes, record.comments) == (paper.upvotes, paper.comments)


def test_our_own_keeps_everything_a_description_holds(make_paper):
    paper = make_paper(
        authors=(Author("Ada Nwosu", "Room 7", "0000-0001-0000-0007"),),
        versions=(Version(1, SEEN), Version(2)),
        comment="c", journal_ref="j", licence="l", tldr="t",
    )  # fmt: skip
    (record,) = read(source_formats.named("broadsheet-jsonl"), "".join(jsonl.write([paper])))
    for name in ("authors", "versions", "comment", "journal_ref", "licence", "tldr"):
        assert getattr(record, name) == getattr(paper, name)


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl-json", "csv", "jsonl"])
@settings(max_examples=10)
@given(given_papers=st.lists(papers(), min_size=1, max_size=3))
def test_what_we_write_is_recognised_as_what_it_is(name, given_papers):
    head = "".join(formats.write(name, given_papers)).encode()
    found = [each.NAME for each in source_formats.FORMATS if each.recognise(head)]
    assert found == [{"csv": "table", "jsonl": "broadsheet-jsonl"}.get(name, name)]
