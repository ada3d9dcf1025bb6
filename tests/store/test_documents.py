from __future__ import annotations

import dataclasses
import string
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.papers import Author, Identifier, Link, Record, Status, Version
from broadsheet.store import documents

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
WORD = st.text(string.ascii_letters, min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.builds(
    Record,
    source=WORD,
    format=WORD,
    key=WORD,
    place=st.just(""),
    raw=st.just(b""),
    title=TEXT,
    abstract=TEXT,
    authors=st.lists(st.builds(Author, TEXT, TEXT, TEXT), max_size=3).map(tuple),
    identifiers=st.lists(st.builds(Identifier, WORD, WORD), max_size=3).map(tuple),
    submitted=st.none() | st.dates(),
    revised=st.none() | st.dates(),
    announced=st.none() | st.dates(),
    published=st.sampled_from(["", "2021", "2021-05"]),
    venue=TEXT,
    primary_category=TEXT,
    categories=st.lists(TEXT, max_size=3).map(tuple),
    keywords=st.lists(TEXT, max_size=3).map(tuple),
    comment=TEXT,
    journal_ref=TEXT,
    licence=TEXT,
    tldr=TEXT,
    links=st.lists(st.builds(Link, WORD, TEXT), max_size=3).map(tuple),
    versions=st.lists(
        st.builds(Version, st.integers(1, 9), st.none() | st.datetimes(timezones=st.just(UTC))), max_size=3
    ).map(tuple),
    status=st.sampled_from(Status),
    update_only=st.booleans(),
    votes=st.none() | st.integers(0, 10**6),
    comments=st.none() | st.integers(0, 10**6),
    extra=st.dictionaries(TEXT, JSON, max_size=3),
)


@given(RECORDS)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    text = documents.dumps(documents.encode_record(record))
    assert documents.decode_record(documents.loads(text), record.source, record.key) == record


def test_every_field_of_a_record_has_its_place() -> None:
    kept_apart = {"source", "key", "place", "raw", "listings", "together", "apart"}
    full = Record(
        source="s", format="f", key="k", place="", raw=b"", title="t", abstract="a", authors=(Author("A"),),
        identifiers=(Identifier("doi", "10.1/x"),), submitted=documents.moment("2024-01-01").date(),
        revised=documents.moment("2024-01-01").date(), announced=documents.moment("2024-01-01").date(),
        published="2024", venue="v", primary_category="c", categories=("c",), keywords=("k",), comment="c",
        journal_ref="j", licence="l", tldr="t", links=(Link("page", "u"),), versions=(Version(1),),
        status=Status.RETRACTED, update_only=True, votes=1, comments=2, extra={"x": 1},
    )  # fmt: skip
    names = {f.name for f in dataclasses.fields(Record)} - kept_apart
    renamed = {"votes": "counted"}
    assert {renamed.get(name, name) for name in names} == documents.encode_record(full).keys()


def test_what_is_unknown_is_not_written() -> None:
    assert documents.encode({"title": "", "authors": (), "submitted": None}) == {}
