"""arXiv's OAI-PMH, metadata prefixes `arXivRaw` (versions, submitter) and `arXiv` (authors with ORCID).

A datestamp is the day of any change, never the day of a paper. A deleted record is a withdrawal of which
nothing but the id is told; it has no title and only updates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import Element

from broadsheet.exceptions import UnreadableInputError
from broadsheet.identifiers import arxiv_version
from broadsheet.papers import Author, Record, Rejection, Status, Version
from broadsheet.sources.arxiv_fields import SOURCE, authors_of, names_of, record_of
from broadsheet.sources.reading import child_text, clean, elements, excerpt, local_name, moments, xml_bytes

NAME: Final = "arxiv-oai"

_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken\b[^>]*>([^<]*)</")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_KEPT: Final = ("submitter", "proxy", "report-no", "msc-class", "acm-class")


def recognise(head: bytes) -> bool:
    """Whether this is OAI-PMH of arXiv's, or at least OAI-PMH (other metadata is then rejected by name)."""
    start = head[:4096]
    return b"<OAI-PMH" in start or b"openarchives.org/OAI/2.0" in start or b"arxiv.org/OAI/arXiv" in start


def resumption_token(data: bytes) -> str:
    """The token with which to ask for the rest of a list; '' at its end."""
    found = _TOKEN.findall(data)
    return clean(found[-1].decode("utf-8", "replace").replace("&amp;", "&")) if found else ""


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The records of a ListRecords or GetRecord answer."""
    number = 0
    for found in elements(stream, ("record", "error"), roots=("OAI-PMH",)):
        if local_name(found.element) == "error":
            code = found.element.get("code") or "error"
            if code != "noRecordsMatch":
                said = clean(found.element.text) or "no more is said"
                raise UnreadableInputError(f"the OAI server answered {excerpt(code, 40)}: {excerpt(said)}")
            continue
        number += 1
        yield _read(found.element, f"entry {number}")


def _read(record: Element, place: str) -> Record | Rejection:
    raw = xml_bytes(record)
    header = _child(record, "header")
    metadata = _child(record, "metadata")
    paper = next(iter(metadata), None) if metadata is not None else None
    said = clean(child_text(header, "identifier")) if header is not None else ""
    name, _ = arxiv_version(said.rpartition(":")[2])
    if not name and paper is not None:
        name, _ = arxiv_version(clean(child_text(paper, "id")))
    if not name:
        return Rejection(place, f"not a record of arXiv: {excerpt(said)!r}", excerpt(raw))
    extra: dict[str, Any] = {}
    if header is not None:
        if stamp := clean(child_text(header, "datestamp")):
            extra["datestamp"] = stamp
        if sets := [clean(child.text) for child in header if local_name(child) == "setSpec"]:
            extra["sets"] = sets
        if header.get("status") == "deleted":
            return Record(
                source=SOURCE,
                format=NAME,
                key=name,
                place=place,
                raw=raw,
                title="",
                identifiers=names_of(name, ""),
                status=Status.WITHDRAWN,
                update_only=True,
                extra={**extra, "deleted": True},
            )
    if paper is None or local_name(paper) not in ("arXiv", "arXivRaw"):
        kind = local_name(paper) if paper is not None else "nothing"
        return Rejection(place, f"its metadata is {excerpt(kind, 40)!r}; ask for arXivRaw or arXiv", name)
    title = clean(child_text(paper, "title"))
    if not title:
        return Rejection(place, "the record has no title", name)
    return _paper(paper, name, place, raw, extra)


def _paper(paper: Element, name: str, place: str, raw: bytes, extra: dict[str, Any]) -> Record:
    versions = tuple(_versions(paper))
    submitted = _day(versions[0] if versions else None) or moments.utc_day(
        clean(child_text(paper, "created"))
    )
    revised = _day(versions[-1] if versions else None) or moments.utc_day(clean(child_text(paper, "updated")))
    for kind in _KEPT:
        if value := clean(child_text(paper, kind)):
            extra[kind] = value
    signed = _child(paper, "authors")
    authors: tuple[Author, ...] = ()
    if signed is not None:
        authors = tuple(_authors(signed)) if len(signed) else authors_of(signed.text or "")
    return record_of(
        name,
        format=NAME,
        place=place,
        raw=raw,
        title=child_text(paper, "title"),
        abstract=child_text(paper, "abstract"),
        authors=authors,
        dois=child_text(paper, "doi"),
        submitted=submitted,
        revised=revised or submitted,
        primary_category="",
        categories=tuple(clean(child_text(paper, "categories")).split()),
        comment=child_text(paper, "comments"),
        journal_ref=child_text(paper, "journal-ref"),
        licence=clean(child_text(paper, "license")),
        versions=versions,
        extra=extra,
    )


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local_name(child) == name), None)


def _day(version: Version | None) -> date | None:
    return version.submitted.date() if version and version.submitted else None


def _versions(paper: Element) -> Iterator[Version]:
    for child in paper:
        number = (child.get("version") or "").removeprefix("v") if local_name(child) == "version" else ""
        if number.isascii() and number.isdigit() and len(number) < 4:
            yield Version(int(number), moments.utc(clean(child_text(child, "date"))))


def _authors(signed: Element) -> Iterator[Author]:
    for author in signed:
        names = (clean(child_text(author, part)) for part in ("forenames", "keyname", "suffix"))
        if name := " ".join(filter(None, names)):
            places = (clean(child.text) for child in author if local_name(child) == "affiliation")
            orcid = _ORCID.search(child_text(author, "ORCID") or child_text(author, "orcid"))
            yield Author(name, "; ".join(filter(None, places)), orcid[0] if orcid else "")
