"""bioRxiv's and medRxiv's details API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Link, Record, Rejection, Status, Version
from broadsheet.sources.reading import Piece, clean, dates, excerpt, paragraphs, records_of_json
from broadsheet.sources.reading.json_fields import is_json, leftover, mapping, scalar
from broadsheet.sources.reading.names import natural
from broadsheet.sources.reading.standing import standing

NAME: Final = "biorxiv"
_COLLECTION: Final = re.compile(rb'"collection"\s*:\s*\[')
_SITES: Final = {"biorxiv": "https://www.biorxiv.org", "medrxiv": "https://www.medrxiv.org"}
_TOLD: Final = frozenset({"doi", "title", "authors", "abstract", "date", "category", "license"})


def recognise(head: bytes) -> bool:
    """Whether an object holds a `collection` that is no feed."""
    return is_json(head) and bool(_COLLECTION.search(head)) and b"jsonfeed.org" not in head


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a version of a preprint; all versions have one key, the DOI."""
    for piece in records_of_json(stream, inside=("collection",)):
        yield piece if isinstance(piece, Rejection) else _record(mapping(piece.value), piece)


def _record(paper: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    doi = identifiers.of("doi", clean(paper.get("doi")))
    title, status = standing(clean(paper.get("title")))
    if doi is None or not title:
        missing = " and no ".join(["DOI"] * (doi is None) + ["title"] * (not title))
        return Rejection(piece.place, f"no {missing}", excerpt(piece.raw))
    version = scalar(paper.get("version"))
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 4 else 1
    day = dates.day(clean(paper.get("date")))
    server = clean(paper.get("server")).lower()
    journal = identifiers.of("doi", clean(paper.get("published")))  # "NA" until it appears in a journal
    category = clean(paper.get("category"))
    links = [Link("page", f"{site}/content/{doi.value}v{number}")] if (site := _SITES.get(server)) else []
    if clean(paper.get("type")).lower() == "withdrawn":
        status = Status.WITHDRAWN
    return Record(
        source=server if server in _SITES else "biorxiv",
        format=NAME,
        key=doi.value,
        place=piece.place,
        raw=b'{"collection":[' + piece.raw + b"]}",
        title=title,
        abstract=paragraphs(paper.get("abstract")),
        authors=tuple(
            Author(natural(name))
            for name in re.split(r"\s*;\s*", clean(paper.get("authors")))
            if name.strip(" ,")
        ),
        identifiers=(doi, journal) if journal else (doi,),
        submitted=day if number == 1 else None,
        revised=day if number > 1 else None,
        primary_category=category,
        categories=(category,) if category else (),
        licence=clean(paper.get("license")),
        links=tuple(links),
        versions=(Version(number),),
        status=status,
        extra=leftover(paper, _TOLD),
    )
