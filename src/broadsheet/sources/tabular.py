"""CSV and TSV with a header line: spreadsheets, databases' exports, and our own table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Listing, Record, Rejection, Status, is_day
from broadsheet.sources.reading import clean, dates, decode, excerpt, paragraphs
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.lines import lines
from broadsheet.sources.reading.names import people
from broadsheet.sources.reading.standing import standing

NAME: Final = "table"
_DELIMITERS: Final = ",\t;|"
# What other people's columns are called; ours bear the names on the left.
_SAME: Final = {
    "title": ("paper title", "article title", "document title", "name", "paper"),
    "abstract": ("summary", "abstract note", "description"),
    "authors": ("author", "author(s)", "author full names", "author names", "creators"),
    "published": ("date", "publication date", "published date", "issued"),
    "year": ("publication year", "pub year", "pubyear"),
    "venue": ("journal", "source title", "publication title", "booktitle", "conference", "container title"),
    "keywords": ("author keywords", "tags", "keyword", "manual tags", "subjects"),
    "arxiv": ("arxiv id", "arxiv_id", "arxivid", "eprint"),
    "page": ("url", "link", "links", "page url"),
    "pdf": ("pdf url", "pdf_url", "pdf link"),
    "code": ("code url", "github", "repository"),
    "pmid": ("pubmed id",),
    "upvotes": ("votes",),
    "comment": ("notes", "note"),
    "licence": ("license",),
    "primary_category": ("primary category",),
    "categories": ("category",),
}
_COLUMNS: Final = {name: ours for ours, theirs in _SAME.items() for name in (ours, *theirs)}
_TOLD: Final = frozenset(
    {
        *(*_SAME, "doi", "openreview", "acl", "pmcid", "identifiers", "submitted", "revised"),
        *("announced", "status", "days", "comments", "tldr", "journal_ref"),
    }
)
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")  # our table's mark against formulas


def recognise(head: bytes) -> bool:
    """Whether the first line is a header with a title and something else that we know."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0]
    if len(first) > 1 << 14 or first[:1] in b"<{[@":
        return False
    return _header(decode(first.rstrip(b"\r")))[1] is not None


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a row; rows without a title are rejected. Columns nobody knows are kept in `extra`."""
    numbered = ((number, decode(line)) for number, line in lines(stream))
    heading = next((text for _, text in numbered if text.strip()), "")
    delimiter, names = _header(heading)
    if names is None:
        return
    at = 1

    def fed() -> Iterator[str]:
        nonlocal at
        for number, text in numbered:
            at = number
            yield text + "\n"

    rows = csv.reader(fed(), delimiter=delimiter)
    start = at + 1
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejection(f"line {start}", f"not a row: {error}")
        else:
            if any(cell.strip() for cell in cells):
                yield _row(names, cells, heading, delimiter, f"line {start}")
        start = at + 1


def _header(line: str) -> tuple[str, list[str] | None]:
    """The delimiter and our names of the columns (their own where we have none); None if it is no header."""
    for delimiter in _DELIMITERS:
        if delimiter not in line:
            continue
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        plain = [clean(cell) for cell in cells]
        names = [_COLUMNS.get(cell.casefold(), cell) for cell in plain]
        folded = [name.casefold() for name in names]
        if "title" in folded and sum(name in _TOLD for name in set(folded)) > 1:
            return delimiter, [
                name if name in _SAME else low if low in _TOLD else name
                for name, low in zip(names, folded, strict=True)
            ]
    return "", None


def _row(names: list[str], cells: list[str], heading: str, delimiter: str, place: str) -> Record | Rejection:
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and (text := cell[1:] if _GUARDED.match(cell) else cell).strip():
            row.setdefault(name, text)
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow(cells)
    raw = f"{heading}\n{line.getvalue()}".encode()
    title, status = standing(clean(row.get("title")))
    if not title:
        return Rejection(place, "no title", excerpt(line.getvalue()))
    if (said := clean(row.get("status")).casefold()) in ("retracted", "withdrawn"):
        status = Status(said)
    names_of = tuple(dict.fromkeys(_identifiers(row)))
    published = dates.from_text(clean(row.get("published"))) or dates.from_text(clean(row.get("year")))
    # In our own table a year may be that of submission, which is no date of publication.
    if "submitted" in names and not row.get("published"):
        published = ""
    return Record(
        source="table",
        format=NAME,
        key=record_key(names_of, title, published),
        place=place,
        raw=raw,
        title=title,
        abstract=paragraphs(row.get("abstract")),
        authors=tuple(map(Author, people(clean(row.get("authors"))))),
        identifiers=names_of,
        submitted=_day(row, "submitted"),
        revised=_day(row, "revised"),
        announced=_day(row, "announced"),
        published=published,
        venue=clean(row.get("venue")),
        primary_category=clean(row.get("primary_category")),
        categories=_list(row, "categories"),
        keywords=_list(row, "keywords"),
        comment=clean(row.get("comment")),
        journal_ref=clean(row.get("journal_ref")),
        licence=clean(row.get("licence")),
        tldr=clean(row.get("tldr")),
        links=tuple(
            Link(kind, url)
            for kind in ("page", "pdf", "code")
            if (url := clean(row.get(kind))).startswith(("https://", "http://")) and " " not in url
        ),
        status=status,
        votes=_count(row, "upvotes"),
        comments=_count(row, "comments"),
        listings=tuple(Listing("table", day) for day in _list(row, "days") if is_day(day)),
        extra={name: paragraphs(text) for name, text in row.items() if name not in _TOLD},
    )


def _identifiers(row: Mapping[str, str]) -> Iterator[Identifier]:
    for scheme in ("arxiv", "doi", "openreview", "acl", "pmid", "pmcid"):
        value = clean(row.get(scheme))
        if found := identifiers.of(scheme, value.removeprefix("arXiv:")) if value else None:
            yield found
    for text in (*_list(row, "identifiers"), clean(row.get("page"))):
        named = identifiers.resolve(text) if text else None
        if named and named.scheme != "url":
            yield named


def _list(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    text = clean(row.get(name))
    parts = text.split(";") if ";" in text else text.split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _day(row: Mapping[str, str], name: str) -> date | None:
    return dates.day(clean(row.get(name)))


def _count(row: Mapping[str, str], name: str) -> int | None:
    text = clean(row.get(name))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
