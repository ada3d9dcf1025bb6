"""Crossref's REST API: one work, a list of works, or works by the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection, Status
from broadsheet.sources.reading import (
    Piece,
    clean,
    dates,
    excerpt,
    html_to_text,
    jats_to_text,
    json_bytes,
    records_of_json,
)
from broadsheet.sources.reading.json_fields import (
    first_text,
    is_json,
    leftover,
    mapping,
    rows,
    texts,
    web_address,
)
from broadsheet.sources.reading.standing import standing

NAME: Final = "crossref"
_ENVELOPE: Final = re.compile(rb'"message-type"\s*:\s*"work')
_WORK: Final = re.compile(
    rb'"title"\s*:\s*\[|"indexed"\s*:\s*\{\s*"date-parts"|"container-title"\s*:\s*\[|"short-container-title"'
)
_SAME_WORK: Final = ("is-preprint-of", "has-preprint", "is-same-as", "is-identical-to")
_FALLEN: Final = {
    "retraction": Status.RETRACTED,
    "partial_retraction": Status.RETRACTED,
    "removal": Status.RETRACTED,
    "withdrawal": Status.WITHDRAWN,
}
_VERDICT: Final = {"DOI", "updated-by"}
"""All there is in the record that a notice makes of the work it is about."""
# Left out of `extra`: what the record tells, and what is large and about other papers.
_TOLD: Final = frozenset(
    {
        *("DOI", "title", "subtitle", "author", "abstract", "URL", "subject", "published"),
        *("issued", "posted", "published-online", "published-print", "reference", "license"),
        *("link", "indexed", "resource", "short-title", "original-title", "container-title"),
        *("content-domain", "source", "score"),
    }
)


def recognise(head: bytes) -> bool:
    """Whether it is Crossref's envelope, or a bare work (whose titles, unlike CSL's, are lists)."""
    if not is_json(head):
        return False
    return bool(_ENVELOPE.search(head)) or (b'"DOI"' in head and bool(_WORK.search(head)))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a work; works without a title or a DOI are rejected.

    A retraction notice is flagged like what it retracts, and a record of every work it retracts follows that
    tells nothing but its DOI and that it has fallen.
    """
    for piece in records_of_json(stream, inside=("message.items", "items")):
        if isinstance(piece, Rejection):
            yield piece
        elif isinstance(work := mapping(piece.value).get("message"), dict) and "DOI" in work:
            yield from _records(work, Piece(piece.place, work, json_bytes(work)))
        else:
            yield from _records(mapping(piece.value), piece)


def _records(work: Mapping[str, Any], piece: Piece) -> Iterator[Record | Rejection]:
    if work.keys() == _VERDICT:
        yield _verdict(work, piece)
        return
    told = _record(work, piece)
    yield told
    if isinstance(told, Rejection):
        return
    for row in rows(work.get("update-to")):
        fallen = identifiers.of("doi", clean(row.get("DOI")))
        if fallen and fallen.value != told.key and clean(row.get("type")) in _FALLEN:
            said = {"DOI": fallen.value, "updated-by": [{**row, "DOI": told.key}]}
            yield _verdict(said, Piece(piece.place, said, json_bytes(said)))


def _verdict(said: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    """What a notice says of another work: a record of its own, by which the status can be traced to it."""
    fallen = identifiers.of("doi", clean(said.get("DOI")))
    notice = next((clean(row.get("DOI")) for row in rows(said.get("updated-by"))), "")
    if fallen is None or not notice:
        return Rejection(piece.place, "no DOI: not a work of Crossref", excerpt(piece.raw))
    return Record(
        source="crossref",
        format=NAME,
        key=f"{notice}#{fallen.value}",
        place=piece.place,
        raw=piece.raw,
        title=str(fallen),
        identifiers=(fallen,),
        status=_status(said) or Status.STANDING,
        links=(Link("page", identifiers.url_of(fallen)),),
        extra={"unresolved": True, **leftover(said, _TOLD)},
    )


def _record(work: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    doi = identifiers.of("doi", clean(work.get("DOI")))
    if doi is None:
        return Rejection(piece.place, "no DOI: not a work of Crossref", excerpt(piece.raw))
    title = _text(first_text(work.get("title")))
    if not title:
        return Rejection(piece.place, f"no title ({doi})", excerpt(piece.raw))
    if (subtitle := _text(first_text(work.get("subtitle")))) and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    title, status = standing(title)
    posted = _date(work, "posted") if work.get("type") == "posted-content" else ""
    return Record(
        source="crossref",
        format=NAME,
        key=doi.value,
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=jats_to_text(work.get("abstract")),
        authors=tuple(filter(None, map(_author, rows(work.get("author"))))),
        identifiers=tuple(dict.fromkeys([doi, *_same_works(work)])),
        submitted=date.fromisoformat(posted) if len(posted) == 10 else None,
        published=_date(work, "published", "issued", "published-online", "published-print"),
        venue=_text(first_text(work.get("container-title")) or clean(mapping(work.get("event")).get("name"))),
        keywords=tuple(map(_text, texts(work.get("subject")))),
        licence=next(filter(None, (web_address(row.get("URL")) for row in rows(work.get("license")))), ""),
        links=tuple(_links(work)),
        status=_status(work) or status,
        extra=leftover(work, _TOLD),
    )


def _text(text: str) -> str:
    """A title as plain text: Crossref's carry HTML, MathML and entities."""
    return clean(html_to_text(text)) if "<" in text or "&" in text else text


def _author(row: Mapping[str, Any]) -> Author | None:
    parts = (clean(row.get("given")), clean(row.get("family")), clean(row.get("suffix")))
    name = " ".join(filter(None, parts)) or clean(row.get("name"))
    if not name:
        return None
    places = [clean(place.get("name")) for place in rows(row.get("affiliation"))]
    orcid = clean(row.get("ORCID")).rpartition("/")[2]
    return Author(name, "; ".join(filter(None, places)), orcid)


def _date(work: Mapping[str, Any], *names: str) -> str:
    for name in names:
        parts = mapping(work.get(name)).get("date-parts")
        first = parts[0] if isinstance(parts, list) and parts else None
        if isinstance(first, list) and (published := dates.from_parts(first)):
            return published
    return ""


def _same_works(work: Mapping[str, Any]) -> Iterator[Identifier]:
    relation = mapping(work.get("relation"))
    for name in _SAME_WORK:
        for row in rows(relation.get(name)):
            scheme = clean(row.get("id-type")).lower()
            if scheme in ("doi", "arxiv", "pmid") and (
                same := identifiers.of(scheme, clean(row.get("id")).removeprefix("arXiv:"))
            ):
                yield same


def _links(work: Mapping[str, Any]) -> Iterator[Link]:
    page = mapping(mapping(work.get("resource")).get("primary")).get("URL")
    if url := web_address(work.get("URL")) or web_address(page):
        yield Link("page", url)
    for row in rows(work.get("link")):
        if row.get("content-type") == "application/pdf" and (url := web_address(row.get("URL"))):
            yield Link("pdf", url)
            return


def _status(work: Mapping[str, Any]) -> Status | None:
    """What updates of this work, or the kind of this work itself, say of its standing."""
    relation = mapping(work.get("relation"))
    kinds = [work.get("type"), work.get("subtype")]
    kinds += [row.get("type") for name in ("updated-by", "update-to") for row in rows(work.get(name))]
    kinds += ["retraction" for name in ("is-retracted-by", "retracts") if relation.get(name)]
    return next((_FALLEN[kind] for kind in map(clean, kinds) if kind in _FALLEN), None)
