"""Lists people keep: identifiers in a note, rows in a sheet."""

from __future__ import annotations

import io

import pytest

from broadsheet.papers import Author, Record, Rejection
from broadsheet.sources import formats, id_list, tabular


def read(source, text: str | bytes) -> list[Record | Rejection]:
    return list(source.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("2601.15621", ["arxiv:2601.15621"]),
        ("arXiv:2601.15621v2  # read tonight", ["arxiv:2601.15621"]),
        ("https://arxiv.org/pdf/2601.15621v1.pdf", ["arxiv:2601.15621"]),
        ("https://huggingface.co/papers/2601.15621", ["arxiv:2601.15621"]),
        ("https://openreview.net/forum?id=Abc_12-3#discussion", ["openreview:Abc_12-3"]),
        ("10.5555/A.b, 10.5555/c", ["doi:10.5555/a.b", "doi:10.5555/c"]),
        ("2601.15621 2601.15621v2", ["arxiv:2601.15621"]),
        ("N19-1423", ["acl:N19-1423"]),
        ("read 2601.15621 (please)", ["arxiv:2601.15621"]),
    ],
)
def test_lines_that_name_papers(line, keys):
    found = read(id_list, line)
    assert [record.key for record in found] == keys
    assert all(record.extra == {"unresolved": True} and record.title == record.key for record in found)
    assert formats.recognise(line.encode()) is id_list


def test_a_line_that_names_none_is_rejected_with_its_number():
    found = read(id_list, "2601.15621\n\n# comment\nmilk\n")
    assert found[1] == Rejection("line 4", "no identifier or address of a paper", "milk")


@pytest.mark.parametrize(
    "text", ["milk\nbread\n2601.15621\n", "", "a long story", "# only a comment", "x" * 500 + " 2601.15621"]
)
def test_notes_that_are_mostly_something_else_are_no_list(text):
    assert not id_list.recognise(text.encode())


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("title,authors\nT,Ada Nwosu", ["Ada Nwosu"]),
        ("title;authors\nT;Ada Nwosu, Rosa Pérez", ["Ada Nwosu", "Rosa Pérez"]),
        ("Title\tAuthor(s)\nT\tNwosu, Ada; Pérez, Rosa", ["Ada Nwosu", "Rosa Pérez"]),
        ('"title","author"\n"T","Nwosu, Ada"', ["Ada Nwosu"]),
        ("title|year|creators\nT|2020|A B and C D", ["A B", "C D"]),
    ],
)
def test_delimiters_and_names_of_columns(text, authors):
    (record,) = read(tabular, text)
    assert formats.recognise(text.encode()) is tabular
    assert record.authors == tuple(map(Author, authors))


def test_a_sheet_in_windows_latin():
    (record,) = read(tabular, "title,authors\r\nCafé,Zoë Å\r\n".encode("cp1252"))
    assert (record.title, record.authors[0].name) == ("Café", "Zoë Å")


@pytest.mark.parametrize(
    "text", ["title", "a,b,c\n1,2,3", "The title, and other stories\n", "{'title': 1, 'doi': 2}"]
)
def test_what_is_no_header(text):
    assert not tabular.recognise(text.encode())


def test_a_row_that_is_no_row_does_not_end_the_sheet():
    text = 'title,abstract\nA,a\nB,"' + "x" * 200_000 + '"\nC,c\n'
    found = read(tabular, text)
    assert [r.title for r in found if isinstance(r, Record)][:1] == ["A"]
    assert [r.title for r in found if isinstance(r, Record)][-1:] == ["C"]
    assert any(isinstance(r, Rejection) for r in found)


def test_rows_know_their_lines():
    found = read(tabular, 'title,abstract\nA,"one\ntwo"\nB,\n')
    assert [r.place for r in found] == ["line 2", "line 4"]
