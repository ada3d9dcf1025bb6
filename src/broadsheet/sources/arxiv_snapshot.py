"""The snapshot of arXiv's metadata: one JSON object a line, gigabytes of them, so read by the line and fast.

Beside the full dump (`authors_parsed`, `versions`) the slim kind is read, with lists of `authors` and
`categories` and the `date` of the announcement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, Final

from broadsheet.identifiers import arxiv_version
from broadsheet.papers import Author, Record, Rejection, Version
from broadsheet.sources.arxiv_fields import authors_of, record_of
from broadsheet.sources.reading import Piece, clean, excerpt, moments, plain, records_of_json

NAME: Final = "arxiv-snapshot"

_PLACED: Final = {
    *(
        "id",
        "title",
        "abstract",
        "authors",
        "authors_parsed",
        "categories",
        "comments",
        "comment",
        "date",
        "doi",
    ),
    *("journal-ref", "license", "versions", "primary_category"),
}
_HEAD = re.compile(rb'\s*\{[^{}\[\]]{0,200}"id"\s*:\s*"(?:\d{4}\.\d{4,5}|[A-Za-z.-]{2,20}/\d{7})"')


def recognise(head: bytes) -> bool:
    """Whether this is the snapshot, full or slim."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return (
        bool(_HEAD.match(line))
        and b'"abstract"' in line
        and (b'"categories"' in line or b'"authors_parsed"' in line)
        and b'"publishedAt"' not in line
        and b'"format"' not in line
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The papers of the snapshot."""
    for piece in records_of_json(stream):
        yield piece if isinstance(piece, Rejection) else _read(piece)


def _read(piece: Piece) -> Record | Rejection:
    paper = piece.value
    if not isinstance(paper, dict):
        return Rejection(piece.place, "not an object", excerpt(piece.raw))
    said = paper.get("id")
    name, _ = arxiv_version(said) if isinstance(said, str) else ("", None)
    title = _text(paper, "title")
    if not name or not clean(title):
        why = "the record has no title" if name else f"not an arXiv id: {excerpt(said)!r}"
        return Rejection(piece.place, why, excerpt(piece.raw))
    versions = tuple(_versions(paper.get("versions")))
    extra: dict[str, Any] = {}
    for key, value in paper.items():
        if key not in _PLACED and value is not None and (kept := plain(value)) not in ("", [], {}):
            extra[clean(key)] = kept
    return record_of(
        name,
        format=NAME,
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=_text(paper, "abstract"),
        authors=_authors(paper),
        dois=_text(paper, "doi"),
        submitted=_day(versions[0]) if versions else None,
        revised=_day(versions[-1]) if versions else None,
        announced=moments.utc_day(paper.get("date")),
        primary_category=_text(paper, "primary_category"),
        categories=_categories(paper.get("categories")),
        comment=_text(paper, "comments") or _text(paper, "comment"),
        journal_ref=_text(paper, "journal-ref"),
        licence=clean(paper.get("license")),
        versions=versions,
        extra=extra,
    )


def _text(paper: dict[str, Any], key: str) -> str:
    value = paper.get(key)
    return value if isinstance(value, str) else ""


def _categories(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(clean(value).split())
    return tuple(filter(None, map(clean, value))) if isinstance(value, list) else ()


def _day(version: Version) -> date | None:
    return version.submitted.date() if version.submitted else None


def _versions(value: object) -> Iterator[Version]:
    for version in value if isinstance(value, list) else ():
        number = version.get("version") if isinstance(version, dict) else None
        if isinstance(number, str) and (digits := number.removeprefix("v")).isdecimal() and len(digits) < 4:
            yield Version(int(digits), moments.utc(version.get("created")))


def _authors(paper: dict[str, Any]) -> tuple[Author, ...]:
    parsed = paper.get("authors_parsed")
    if isinstance(parsed, list) and parsed:
        return tuple(author for entry in parsed if (author := _parsed(entry)))
    signed = paper.get("authors")
    if isinstance(signed, list):
        return tuple(Author(name) for name in map(clean, signed) if name)
    return authors_of(signed) if isinstance(signed, str) else ()


def _parsed(entry: object) -> Author | None:
    """[family, given, suffix, affiliation...] as one author."""
    if not isinstance(entry, list):
        return None
    parts = [part if isinstance(part, str) else "" for part in entry]
    family, given, suffix = parts if len(parts) == 3 else [*parts, "", "", ""][:3]
    name = clean(f"{given} {family} {suffix}")
    places = map(clean, parts[3:])
    return Author(name, "; ".join(filter(None, places))) if name else None
