"""Zotero's web API and its JSON exports: items and collections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection
from broadsheet.sources.reading import Piece, clean, dates, excerpt, html_to_text, paragraphs, records_of_json
from broadsheet.sources.reading.json_fields import (
    first_text,
    is_json,
    leftover,
    mapping,
    rows,
    scalar,
    texts,
    web_address,
)
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.standing import standing

NAME: Final = "zotero"
_DATA: Final = re.compile(rb'"data"\s*:\s*\{')
_FIELD: Final = re.compile(rb'"(?:dateAdded|parentCollection|itemType|abstractNote)"')
_NOT_PAPERS: Final = frozenset({"note", "attachment", "annotation"})
_VENUES: Final = ("publicationTitle", "proceedingsTitle", "conferenceName", "bookTitle")
_TOLD: Final = frozenset(
    {
        *("title", "abstractNote", "creators", "DOI", "url", "date", "tags", "publicationTitle"),
        *("rights", "proceedingsTitle", "key", "version"),
    }
)


def recognise(head: bytes) -> bool:
    """Whether objects keep their fields under `data`, with Zotero's names."""
    return is_json(head) and bool(_DATA.search(head)) and bool(_FIELD.search(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an item; notes, attachments and collections are no papers and are passed over.

    The day an item was added and the keys of its collections are in `extra["zotero"]`.
    """
    for piece in records_of_json(stream):
        if isinstance(piece, Rejection):
            yield piece
            continue
        item = mapping(piece.value)
        data = mapping(item.get("data"))
        if clean(data.get("itemType")) in _NOT_PAPERS or "parentCollection" in data:
            continue
        yield _record(item, data, piece)


def _record(item: Mapping[str, Any], data: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    title, status = standing(clean(html_to_text(data.get("title"))))
    if not title:
        return Rejection(piece.place, "no title", excerpt(piece.raw))
    published = dates.from_text(clean(data.get("date")))
    key = clean(data.get("key")) or clean(item.get("key"))
    library = mapping(item.get("library"))
    shelf = f"{clean(library.get('type'))}s/{scalar(library.get('id'))}/" if library.get("id") else ""
    own = identifiers.of("zotero", f"{shelf}items/{key}") if key else None
    found = tuple(dict.fromkeys([*_identifiers(data), *([own] if own else [])]))
    url = web_address(data.get("url"))
    venue = first_text([data.get(name) for name in _VENUES])
    return Record(
        source="zotero",
        format=NAME,
        key=own.value if own else record_key(found, title, published),
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=paragraphs(data.get("abstractNote")),
        authors=tuple(_authors(data)),
        identifiers=found,
        published=published,
        venue="" if venue.casefold().startswith("arxiv") else venue,
        keywords=tuple(texts([row.get("tag") for row in rows(data.get("tags"))])),
        licence=clean(data.get("rights")),
        links=(Link("page", url),) if url else (),
        status=status,
        extra={"zotero": leftover(data, _TOLD)},
    )


def _authors(data: Mapping[str, Any]) -> Iterator[Author]:
    people = rows(data.get("creators"))
    authors = [row for row in people if row.get("creatorType") in ("author", None)] or people
    for row in authors:
        name = f"{clean(row.get('firstName'))} {clean(row.get('lastName'))}".strip() or clean(row.get("name"))
        if name:
            yield Author(name)


def _identifiers(data: Mapping[str, Any]) -> Iterator[Identifier]:
    """Named in fields of their own, in the address, or by the line in Zotero's field `extra`."""
    if doi := identifiers.of("doi", clean(data.get("DOI"))):
        yield doi
    lines = str(data.get("extra") or "").splitlines()[:50]
    for text in (data.get("archiveID"), data.get("url"), *lines):
        words = clean(text).removeprefix("Publisher: ").split(" [")[0]
        found = identifiers.resolve(words) if words else None
        if found and found.scheme not in ("url", "isbn"):
            yield found
