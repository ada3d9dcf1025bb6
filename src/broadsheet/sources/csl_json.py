"""CSL-JSON, as Zotero, Pandoc and DOI registries (by content negotiation) write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection, Status
from broadsheet.sources import crossref
from broadsheet.sources.reading import (
    Piece,
    clean,
    dates,
    excerpt,
    html_to_text,
    jats_to_text,
    paragraphs,
    records_of_json,
)
from broadsheet.sources.reading.json_fields import is_json, leftover, mapping, rows, scalar, web_address
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.standing import standing

NAME: Final = "csl-json"
_ITEM: Final = re.compile(
    rb'"(?:date-parts|container-title|citation-key|literal|citation-label)"'
    rb'|"type"\s*:\s*"(?:article(?:-journal|-magazine)?|paper-conference|chapter|thesis|report|manuscript)"'
)
_TITLE: Final = re.compile(rb'"title"\s*:\s*"')
_TOLD: Final = frozenset(
    {
        *("title", "abstract", "author", "issued", "submitted", "container-title", "DOI", "PMID"),
        *("PMCID", "URL", "keyword", "note", "archive", "archive_location", "status"),
    }
)


def recognise(head: bytes) -> bool:
    """Whether items have CSL's variables and one text each for a title (Crossref's own have a list)."""
    if not is_json(head) or b'"schema_version"' in head or crossref.recognise(head):
        return False
    return bool(_ITEM.search(head) and _TITLE.search(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an item."""
    for piece in records_of_json(stream, inside=("items", "references")):
        yield piece if isinstance(piece, Rejection) else _record(mapping(piece.value), piece)


def _record(item: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    title, status = standing(clean(html_to_text(item.get("title"))))
    if not title:
        return Rejection(piece.place, "no title", excerpt(piece.raw))
    if clean(item.get("status")) in ("retracted", "withdrawn"):
        status = Status(clean(item.get("status")))
    published = _date(item.get("issued"))
    found = tuple(dict.fromkeys(_identifiers(item)))
    abstract = item.get("abstract")
    url = web_address(item.get("URL"))
    return Record(
        source="csl",
        format=NAME,
        key=record_key(found, title, published),
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=jats_to_text(abstract) if "<jats:" in str(abstract) else paragraphs(abstract),
        authors=tuple(Author(name) for row in rows(item.get("author")) if (name := _name(row))),
        identifiers=found,
        submitted=dates.day(_date(item.get("submitted"))),
        published=published,
        venue=clean(html_to_text(item.get("container-title"))),
        keywords=tuple(filter(None, re.split(r"\s*[,;]\s*", clean(item.get("keyword"))))),
        comment=clean(item.get("note")),
        links=(Link("page", url),) if url else (),
        status=status,
        extra={"csl": leftover(item, _TOLD)},
    )


def _name(row: Mapping[str, Any]) -> str:
    parts = (
        row.get(part) for part in ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    )
    return " ".join(filter(None, map(clean, parts))) or clean(row.get("literal"))


def _date(value: Any) -> str:
    """A CSL date: `date-parts`, else `raw` or `literal` words."""
    date = mapping(value)
    parts = date.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        return dates.from_parts(parts[0])
    return dates.from_text(clean(date.get("raw")) or clean(date.get("literal")))


def _identifiers(item: Mapping[str, Any]) -> Iterator[Identifier]:
    for scheme, name in (("doi", "DOI"), ("pmid", "PMID"), ("pmcid", "PMCID")):
        if found := identifiers.of(scheme, scalar(item.get(name))):
            yield found
    if clean(item.get("archive")).casefold() == "arxiv" and (
        found := identifiers.of("arxiv", clean(item.get("archive_location")).removeprefix("arXiv:"))
    ):
        yield found
    for text in (item.get("URL"), item.get("number"), item.get("note")):
        words = clean(text)
        found = identifiers.resolve(words) if ":" in words else None
        if found and found.scheme in ("doi", "arxiv", "acl", "openreview", "pmid", "pmcid"):
            yield found
