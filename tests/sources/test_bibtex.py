from __future__ import annotations

import io
import time

import pytest

from broadsheet.papers import Identifier, Record, Rejection, Status
from broadsheet.sources import bibtex, formats
from broadsheet.sources.bibtex_value import expanded, macros, names


def read(text: str | bytes) -> list[Record | Rejection]:
    return list(bibtex.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{plain}", "plain"),
        ('"quoted {"}inside{"}"', 'quoted {"}inside{"}'),
        ("2020", "2020"),
        ("jun", "June"),
        ('"10~" # jun', "10~June"),
        ("{a} # s # {b # c}", "aSTRINGb # c"),
        ("unknown", "unknown"),
        ("loop", "loop"),
        ('{never closed # "x"', 'never closed # "x"'),
        ("", ""),
    ],
)
def test_values(value, text):
    assert expanded(value, {"s": '"STRING"', "loop": "loop"}) == text


def test_macros_of_a_value():
    assert macros('s # "x" # 12 # T') == {"s", "t"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Lovelace, Ada and Turing, Alan", ["Ada Lovelace", "Alan Turing"]),
        ("Lovelace, Ada  and\n      Turing, Alan", ["Ada Lovelace", "Alan Turing"]),
        ("{Barnes and Noble} and A B", ["Barnes and Noble", "A B"]),
        ("{Acme, Inc.} and A B", ["Acme, Inc.", "A B"]),
        (r"G{\"o}del, K. and {\'E}tienne Dupont", ["K. Gödel", "Étienne Dupont"]),
        ("A Anderson and B Sandor", ["A Anderson", "B Sandor"]),
        ("A B AND C D", ["A B", "C D"]),
        ("A B and others", ["A B"]),
        ("and", ["and"]),
        ("", []),
    ],
)
def test_lists_of_names(source, expected):
    assert list(names(source)) == expected


def test_one_bad_entry_does_not_take_its_neighbours():
    good = "@misc{%s, title={%s}}\n"
    text = (
        good % ("a", "A")
        + "@misc{bad, title={never closed\n"
        + good % ("b", "B")
        + "@misc{c title={x}}\n"
        + good % ("d", "D")
    )
    found = read(text)
    assert [r.title for r in found if isinstance(r, Record)] == ["A", "B", "D"]
    assert [r.place for r in found if isinstance(r, Rejection)] == ["line 2", "line 4"]


def test_two_people_may_use_one_key():
    one = read("@misc{smith2020, title={Of tides}}")[0]
    two = read("@misc{smith2020, title={Of moons}}")[0]
    again = read("@misc{smith2020, title={Of {Tides}}, note={read}}")[0]
    assert one.key != two.key
    assert one.key == again.key


def test_a_parent_lends_its_book_and_year_and_a_raw_entry_remembers_it():
    child = read(
        '@string{p = "Proceedings of X"}'
        "@inproceedings{c, title={C}, crossref={p1}} @proceedings{p1, booktitle=p, year=1999}"
    )[0]
    assert (child.venue, child.published) == ("Proceedings of X", "1999")
    again = formats.reparse("bibtex", child.raw)
    assert (again.venue, again.published, again.extra) == (child.venue, child.published, child.extra)


@pytest.mark.parametrize(
    ("fields", "identifier"),
    [
        ("eprint={2403.11717}, archivePrefix={arXiv}", "arxiv:2403.11717"),
        ("eprint={arXiv:2403.11717v3}", "arxiv:2403.11717"),
        ("eprint={hep-th/9901001}, eprinttype={arxiv}", "arxiv:hep-th/9901001"),
        ("journal={arXiv preprint arXiv:2403.11717}", "arxiv:2403.11717"),
        ("journal={CoRR}, volume={abs/2403.11717}", "arxiv:2403.11717"),
        ("eprint={12345678}, eprinttype={pubmed}", "pmid:12345678"),
        (r"doi={10.5555/ABC{\_}d}", "doi:10.5555/abc_d"),
        ("doi={https://doi.org/10.5555/abc}", "doi:10.5555/abc"),
        ("url={https://openreview.net/forum?id=Abc_12-3}", "openreview:Abc_12-3"),
        ("url={https://aclanthology.org/N19-1423/}", "acl:N19-1423"),
    ],
)
def test_identifiers(fields, identifier):
    (record,) = read(f"@article{{k, title={{T}}, {fields}}}")
    assert str(record.identifiers[0]) == identifier
    assert "arxiv" not in record.venue.lower()
    assert record.venue != "CoRR"


def test_an_isbn_on_a_chapter_is_not_the_chapters():
    (record,) = read("@inproceedings{k, title={T}, isbn={978-0-306-40615-7}}")
    assert record.identifiers == ()
    (book,) = read("@book{k, title={T}, isbn={978-0-306-40615-7}}")
    assert book.identifiers == (Identifier("isbn", "9780306406157"),)


def test_paragraphs_status_and_latin_bytes():
    (record,) = read("@misc{k, title={RETRACTED: Caf\xe9}, abstract={One\ntwo.\n\nThree.}}".encode("cp1252"))
    assert record.title == "Café"
    assert record.status is Status.RETRACTED
    assert record.abstract == "One two.\n\nThree."


def test_data_containers_are_kept_but_are_no_papers():
    (record,) = read("@xdata{x, publisher={P}}\n@misc{k, title={T}}")
    assert record.extra["bibtex"]["before"] == ["@xdata{x, publisher={P}}"]


@pytest.mark.slow
def test_five_hundred_entries_a_second():
    entry = (
        '@article{k%d, title={{G}{\\"o}del and the %d {T}ides of $x_{%d}$}, author={G{\\"o}del, Kurt and Erd{\\H o}s, P.},'
        " journal={J. of T.}, year=2020, month=jan, doi={10.5555/%d}, abstract={"
        + "Some {\\%%} words. " * 60
        + "}}\n"
    )
    text = "".join(entry % (n, n, n, n) for n in range(2000))
    started = time.process_time()
    assert len(read(text)) == 2000
    assert 2000 / (time.process_time() - started) > 500
