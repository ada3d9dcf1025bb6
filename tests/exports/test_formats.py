from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest

from broadsheet.exceptions import NotFoundError
from broadsheet.exports import formats
from broadsheet.papers import Author, Identifier, Link, SourceVotes, Status


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: each.name)
def test_every_format_writes_no_papers_and_many(each, make_paper):
    assert isinstance("".join(each.write([])), str)
    text = "".join(formats.write(each.name, [make_paper(title=f"Paper {n}") for n in range(3)]))
    assert all(f"Paper {n}" in text for n in range(3))


def test_names_and_extensions_are_unambiguous():
    names = [name for each in formats.FORMATS for name in {each.name, each.extension}]
    assert len(names) == len(set(names))
    assert formats.named("bib") is formats.named("bibtex")


def test_an_unknown_format_is_told_with_those_there_are():
    with pytest.raises(NotFoundError, match=r"'docx'.*bibtex, ris"):
        formats.named("docx")
    with pytest.raises(NotFoundError):
        formats.write("docx", [])


def test_a_spreadsheet_runs_nothing(make_paper):
    text = "".join(formats.write("csv", [make_paper(title="=cmd()", comment="'=x", key="@k")]))
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["title"], row["comment"], row["key"]) == ("'=cmd()", "''=x", "'@k")


def test_csl_is_valid_and_leaves_unknown_variables_out(make_paper):
    paper = make_paper(
        authors=(Author("Ada Lovelace"), Author("Tide Consortium")),
        identifiers=(Identifier("arxiv", "2403.11717"),),
        submitted=date(2024, 3, 18),
    )
    (item,) = json.loads("".join(formats.write("csl-json", [paper])))
    assert item == {
        "id": "a-paper",
        "type": "article",
        "title": "A paper",
        "author": [{"family": "Lovelace", "given": "Ada"}, {"literal": "Tide Consortium"}],
        "issued": {"date-parts": [[2024, 3, 18]]},
        "submitted": {"date-parts": [[2024, 3, 18]]},
        "URL": "https://arxiv.org/abs/2403.11717",
        "archive": "arXiv",
        "archive_location": "2403.11717",
    }


def test_markdown_escapes_and_links(make_paper):
    paper = make_paper(
        title="A*-search [in] $x_1 < y$ <b>",
        authors=tuple(Author(f"A{n} B") for n in range(8)),
        identifiers=(Identifier("doi", "10.5555/a(b)"),),
        links=(Link("pdf", "https://example.org/a b.pdf"), Link("code", "javascript:alert(1)")),
        venue="Journal_of_Tides",
        published="2020",
        status=Status.RETRACTED,
        votes=(SourceVotes("hf", 3),),
    )
    assert "".join(formats.write("markdown", [paper])) == (
        r"- **[A\*-search \[in\] $x_1 &lt; y$ \<b\>](https://doi.org/10.5555/a%28b%29)** *(retracted)*"
        r" A0 B, A1 B, A2 B, A3 B, A4 B, and 3 more. *Journal\_of\_Tides*, 2020. [pdf](https://example.org/a%20b.pdf)"
        "\n"
    )
