from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import bibtexparser
import pytest

from broadsheet.exports import bibtex as export
from broadsheet.papers import Author, Identifier, Link, Record, Status
from broadsheet.sources import bibtex as source

DATA = Path(__file__).parents[1] / "data" / "bibtex"


def read(text: str) -> list[Record]:
    return [found for found in source.parse(io.BytesIO(text.encode())) if isinstance(found, Record)]


def there_and_back(records, make_paper_of):
    papers = [make_paper_of(record, id=number) for number, record in enumerate(records)]
    return "".join(export.write(papers))


@pytest.mark.parametrize("name", ["anthology.bib", "arxiv.bib", "dirty.bib"])
def test_nothing_of_a_file_is_lost_on_the_way_through(name, make_paper_of):
    records = read((DATA / name).read_text(encoding="utf-8"))
    again = read(there_and_back(records, make_paper_of))
    assert [r.extra["bibtex"]["fields"] for r in again] == [r.extra["bibtex"]["fields"] for r in records]
    assert [list(r.extra["bibtex"]["fields"]) for r in again] == [
        list(r.extra["bibtex"]["fields"]) for r in records
    ]
    for name in ("type", "key", "repeated", "before", "after", "strings"):
        assert [r.extra["bibtex"].get(name) for r in again] == [r.extra["bibtex"].get(name) for r in records]
    assert [(r.key, r.title, r.authors, r.venue, r.published) for r in again] == [
        (r.key, r.title, r.authors, r.venue, r.published) for r in records
    ]


def test_a_second_journey_changes_nothing_at_all(make_paper_of):
    once = there_and_back(read((DATA / "dirty.bib").read_text(encoding="utf-8")), make_paper_of)
    assert there_and_back(read(once), make_paper_of) == once


def test_what_stands_after_the_last_entry_is_kept(make_paper_of):
    text = "@misc{a, title={T}}\n@string{s = {x}}\n@comment{jabref-meta: grouping;}\n"
    out = there_and_back(read(text), make_paper_of)
    assert "@comment{jabref-meta: grouping;}" in out
    assert "@string{s = {x}}" in out


def test_a_macro_with_two_meanings_keeps_both(make_paper_of):
    one = read('@string{j = "Journal of One"} @article{a, title={A}, journal=j}')
    two = read('@string{j = "Journal of Two"} @article{b, title={B}, journal=j}')
    again = read(there_and_back([*one, *two, *one], make_paper_of))
    assert [r.venue for r in again] == ["Journal of One", "Journal of Two", "Journal of One"]


@pytest.fixture
def made(make_paper):
    return make_paper(
        key="2403.11717",
        title="Why {CAPS} & 50% of $x_{1}^2$ matter_s: a BERT-like ~ tale",
        authors=(Author("Åse Øverland"), Author("Smith, Sons and Company"), Author("others")),
        identifiers=(Identifier("arxiv", "2403.11717"), Identifier("doi", "10.5555/a_b%c")),
        submitted=date(2024, 3, 18),
        primary_category="cs.DS",
        abstract="One -- two.\n\nThree \\ four ``five'' $y$ #6.",
        links=(Link("page", "https://example.org/~a/b_c?d=%20#e"),),
        comment="12 pages",
        status=Status.WITHDRAWN,
    )


def test_an_entry_is_made_for_a_paper_from_elsewhere(made):
    text = "".join(export.write([made]))
    assert text.startswith("@misc{overland2024caps,")
    for line in (
        "  eprint = {2403.11717},",
        "  archivePrefix = {arXiv},",
        "  primaryClass = {cs.DS},",
        "  month = mar,",
        "  url = {https://example.org/~a/b_c?d=%20#e}",
        "  note = {withdrawn; 12 pages},",
    ):
        assert line in text
    (record,) = read(text)
    assert record.title == made.title
    assert record.abstract == made.abstract
    assert record.authors == made.authors
    assert record.identifiers == made.identifiers
    assert record.published == "2024-03-18"
    assert record.links == made.links


def test_other_programs_read_what_we_make(made):
    library = bibtexparser.parse_string("".join(export.write([made, made])))
    assert not library.failed_blocks
    assert len(library.entries) == 2
    assert len({entry.key for entry in library.entries}) == 2
    assert library.entries[0]["eprint"] == "2403.11717"


@pytest.mark.parametrize(
    ("venue", "kind", "field"),
    [
        ("Journal of Tides", "article", "journal"),
        ("Proceedings of the Tide Conference", "inproceedings", "booktitle"),
        ("", "misc", ""),
    ],
)
def test_the_type_follows_the_venue(make_paper, venue, kind, field):
    text = "".join(export.write([make_paper(venue=venue)]))
    assert text.startswith(f"@{kind}{{")
    assert not field or f"  {field} = {{{venue}}}" in text


def test_capitals_inside_a_title_are_protected(make_paper):
    text = "".join(export.write([make_paper(title="How BERT and mRNA read: a GPT-4 story")]))
    assert "title = {How {BERT} and {mRNA} read: a {GPT-4} story}" in text


def test_keys_never_meet_those_of_imported_entries(make_paper, make_paper_of):
    (record,) = read("@misc{anonymous2020tides, title={X}}")
    papers = [make_paper_of(record), make_paper(title="Tides", published="2020")]
    keys = [r.extra["bibtex"]["key"] for r in read("".join(export.write(papers)))]
    assert keys == ["anonymous2020tides", "anonymous2020tides-2"]
