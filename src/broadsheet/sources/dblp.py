"""DBLP's publication search API, in JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection, Status
from broadsheet.sources.reading import Piece, clean, dates, excerpt, records_of_json
from broadsheet.sources.reading.json_fields import (
    first_text,
    is_json,
    leftover,
    mapping,
    scalar,
    texts,
    web_address,
)
from broadsheet.sources.reading.standing import standing

NAME: Final = "dblp"
_HITS: Final = re.compile(rb'"hits"\s*:\s*\{|"hit"\s*:\s*\[')
_HOMONYM: Final = re.compile(r" \d{4}$")  # "Wei Li 0012": the twelfth of that name
_TOLD: Final = frozenset({"title", "authors", "year", "venue", "ee", "doi", "key", "url"})


def recognise(head: bytes) -> bool:
    """Whether it is a result with hits of publications."""
    return is_json(head) and bool(_HITS.search(head)) and (b"dblp" in head or b'"@total"' in head)


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a hit."""
    for piece in records_of_json(stream, inside=("result.hits.hit",)):
        if isinstance(piece, Rejection):
            yield piece
        elif "result" not in mapping(piece.value):  # a search that found nothing has no list of hits
            yield _record(mapping(mapping(piece.value).get("info")), piece)


def _record(info: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    title, status = standing(_text(first_text(info.get("title"))).removesuffix("."))
    key = clean(info.get("key"))
    if not title or not key:
        return Rejection(piece.place, f"no {'title' if key else 'key'}", excerpt(piece.raw))
    if "withdrawn" in key or clean(info.get("type")) == "Withdrawn Items":
        status = Status.WITHDRAWN
    venue = ", ".join(map(_text, texts(info.get("venue"))))
    pages = [Link("page", url) for ee in texts(info.get("ee")) if (url := web_address(ee))]
    return Record(
        source="dblp",
        format=NAME,
        key=key,
        place=piece.place,
        raw=b'{"result":{"hits":{"@dblp":"","hit":[' + piece.raw + b"]}}}",
        title=title,
        authors=tuple(_authors(info)),
        identifiers=tuple(dict.fromkeys(_identifiers(info, key))),
        published=dates.from_parts([scalar(info.get("year"))]),
        venue="" if venue == "CoRR" else venue,
        links=tuple(pages),
        status=status,
        extra=leftover(info, _TOLD),
    )


def _text(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _authors(info: Mapping[str, Any]) -> Iterator[Author]:
    people = mapping(info.get("authors")).get("author")
    for who in people if isinstance(people, list) else [people]:
        name = clean(who) or clean(mapping(who).get("text"))
        if name:
            yield Author(_HOMONYM.sub("", _text(name)), orcid=clean(mapping(who).get("@orcid")))


def _identifiers(info: Mapping[str, Any], key: str) -> Iterator[Identifier]:
    corr = clean(info.get("volume")).removeprefix("abs/") if clean(info.get("venue")) == "CoRR" else ""
    named = (("dblp", key), ("doi", clean(info.get("doi"))), ("arxiv", corr))
    for scheme, value in named:
        if value and (found := identifiers.of(scheme, value)):
            yield found
    for ee in texts(info.get("ee")):
        found = identifiers.resolve(ee)
        if found and found.scheme in ("arxiv", "doi", "acl", "openreview"):
            yield found
