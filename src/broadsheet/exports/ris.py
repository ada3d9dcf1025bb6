"""RIS: the tagged format that every reference manager imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from broadsheet.exports.addresses import address
from broadsheet.exports.csl_json import csl_type
from broadsheet.exports.names import family_given, is_organisation
from broadsheet.papers import Paper, Status

_TYPES = {"article": "GEN", "article-journal": "JOUR", "paper-conference": "CONF"}


def write(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one RIS record a paper, with CRLF line ends as the format asks."""
    for paper in papers:
        yield "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in _fields(paper)) + "ER  - \r\n\r\n"


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    kind = csl_type(paper)
    yield "TY", _TYPES[kind]
    yield "ID", paper.key
    yield "TI", paper.title
    for author in paper.authors:
        yield "AU", _name(author.name)
    published = paper.published or _day(paper.submitted)
    if published:
        year, month, day = (*published.split("-"), "", "")[:3]
        yield "PY", year
        yield "DA", f"{year}/{month}/{day}/"
    if paper.venue:
        yield ("T2" if kind == "paper-conference" else "JO"), paper.venue
    if paper.abstract:
        yield "AB", paper.abstract
    for keyword in paper.keywords:
        yield "KW", keyword
    for tag, value in (
        ("DO", paper.identifier("doi")),
        ("AN", f"arXiv:{arxiv}" if (arxiv := paper.identifier("arxiv")) else ""),
        ("N1", paper.comment),
        ("UR", address(paper)),
        ("L1", paper.link("pdf")),
    ):
        if value:
            yield tag, value
    if paper.status is not Status.STANDING:
        yield "RI", paper.status.value


def _line(value: str) -> str:
    """A value on one line: readers of RIS disagree about lines that continue."""
    return " ".join(value.split())


def _name(name: str) -> str:
    if is_organisation(name):
        return f"{name}," if "," in name else name
    family, given = family_given(name)
    return f"{family}, {given}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
