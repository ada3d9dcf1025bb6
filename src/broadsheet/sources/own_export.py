"""Our own export (`exports.jsonl`), read back: one record a manifestation, from the bytes it first came in.

A line without those bytes, or whose bytes no parser reads any more, gives one record with what a reader saw.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.exceptions import UnknownFormatError
from broadsheet.papers import Author, Identifier, Link, Listing, Record, Rejection, Status, Version, is_day
from broadsheet.sources.reading import Piece, clean, dates, excerpt, paragraphs, plain, records_of_json
from broadsheet.sources.reading.json_fields import is_json, mapping, rows, scalar, texts, web_address

NAME: Final = "broadsheet-jsonl"
Reparse = Callable[[str, bytes], Record | Rejection]
"""From a format's name and a record's bytes to the record; UnknownFormatError for a name nobody has."""

_SCHEMA_VERSION: Final = 1
_KIND: Final = re.compile(rb'"kind"\s*:\s*"broadsheet-paper"')
_NAMING: Final = ("arxiv", "doi", "acl", "openreview", "pmid", "pmcid", "s2", "dblp", "zotero")


class OwnExport:
    """The format, given a way to parse the bytes of all the others (`formats.reparse`)."""

    NAME: Final = NAME

    def __init__(self, reparse: Reparse) -> None:
        self._reparse = reparse

    def recognise(self, head: bytes, /) -> bool:
        """Whether lines say that they are papers of ours."""
        return is_json(head) and bool(_KIND.search(head[:4096]))

    def parse(self, stream: BinaryIO, /, *, year: int | None = None) -> Iterator[Record | Rejection]:
        """Yield the records of each line. A line of a newer schema is rejected."""
        for piece in records_of_json(stream):
            if isinstance(piece, Rejection):
                yield piece
                continue
            line = mapping(piece.value)
            version = line.get("schema_version")
            if line.get("kind") != "broadsheet-paper" or not isinstance(version, int):
                yield Rejection(piece.place, "not a paper of our own export", excerpt(piece.raw))
            elif version > _SCHEMA_VERSION:
                reason = f"schema version {version} is newer than {_SCHEMA_VERSION}; update Broadsheet"
                yield Rejection(piece.place, reason, excerpt(piece.raw))
            else:
                yield from self._records(line, piece)

    def _records(self, line: Mapping[str, Any], piece: Piece) -> Iterator[Record | Rejection]:
        told = [
            replace(record, place=piece.place)
            for said in rows(line.get("manifestations"))
            if isinstance(record := self._again(said), Record)
        ]
        if told:
            yield from _held_together(_counted(_listed(told, line), line), line)
        else:
            yield _as_read(line, piece)

    def _again(self, said: Mapping[str, Any]) -> Record | Rejection | None:
        """What a source said, parsed from its own bytes by its own format."""
        raw = said.get("raw")
        try:
            content = raw.encode() if isinstance(raw, str) else base64.b64decode(said["raw_base64"])
            return self._reparse(clean(said.get("format")), content)
        except (KeyError, TypeError, ValueError, UnknownFormatError):
            return None


def _listed(records: list[Record], line: Mapping[str, Any]) -> list[Record]:
    """The records with the days that their bytes alone do not tell (a page's date, a year given by hand)."""
    days = {day for day in texts(line.get("days")) if is_day(day)}
    yearless = {day[4:]: day for day in days if not day.startswith("--")}
    known: set[str] = set()
    dated = []
    for record in records:
        listings = tuple(
            replace(listing, day=yearless.get(listing.day[1:], listing.day))
            if listing.day.startswith("--") and listing.day not in days
            else listing
            for listing in record.listings
        )
        dated.append(replace(record, listings=listings))
        known |= {listing.day for listing in listings}
        known |= {day.isoformat() for day in (record.announced, record.submitted) if day}
        known.add(record.published)
    missing = sorted(days - known)
    if missing:
        first = dated[0]
        extra = tuple(Listing(first.source, day) for day in missing)
        dated[0] = replace(first, listings=(*first.listings, *extra))
    return dated


def _counted(records: list[Record], line: Mapping[str, Any]) -> list[Record]:
    """The records with the votes last counted by their sources."""
    counts = {clean(row.get("source")): row for row in rows(line.get("votes"))}
    counted = []
    for record in records:
        row = counts.pop(record.source, None)
        if row is not None and isinstance(row.get("votes"), int):
            comments = row.get("comments")
            record = replace(
                record,
                votes=row["votes"],
                comments=comments if isinstance(comments, int) else record.comments,
            )
        counted.append(record)
    return counted


def _held_together(records: list[Record], line: Mapping[str, Any]) -> Iterator[Record]:
    """The records, told of each other and of what was split from them.

    One that shares no name with the others is given the paper's, so that they meet also in a house that has
    some of them already.
    """
    names = tuple(_identifiers(line))
    together = tuple(f"{record.source}:{record.key}" for record in records)
    apart = tuple(texts(line.get("apart")))
    strong = {name for name in names if name.scheme in _NAMING}
    for record in records:
        if len(records) > 1 and strong and not strong.intersection(record.identifiers):
            record = replace(record, identifiers=(*record.identifiers, *sorted(strong)))
        yield replace(record, together=together if len(records) > 1 else (), apart=apart)


def _identifiers(line: Mapping[str, Any]) -> Iterator[Identifier]:
    for text in texts(line.get("identifiers")):
        try:
            yield identifiers.parse(text)
        except ValueError:
            continue


def _as_read(line: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    """One record of the line's own fields: what a reader saw."""
    title, key = clean(line.get("title")), clean(line.get("key"))
    if not title or not key:
        return Rejection(piece.place, f"no {'title' if key else 'key'}", excerpt(piece.raw))
    votes = [row["votes"] for row in rows(line.get("votes")) if isinstance(row.get("votes"), int)]
    comments = [row["comments"] for row in rows(line.get("votes")) if isinstance(row.get("comments"), int)]
    known = {scalar(line.get(name)) for name in ("announced", "submitted", "published")}
    status = clean(line.get("status"))
    return Record(
        source="broadsheet",
        format=NAME,
        key=key,
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=paragraphs(line.get("abstract")),
        authors=tuple(
            Author(name, clean(row.get("affiliation")), clean(row.get("orcid")))
            for row in rows(line.get("authors"))
            if (name := clean(row.get("name")))
        ),
        identifiers=tuple(_identifiers(line)),
        submitted=dates.day(line.get("submitted")),
        revised=dates.day(line.get("revised")),
        announced=dates.day(line.get("announced")),
        published=dates.from_text(clean(line.get("published"))),
        venue=clean(line.get("venue")),
        primary_category=clean(line.get("primary_category")),
        categories=tuple(texts(line.get("categories"))),
        keywords=tuple(texts(line.get("keywords"))),
        comment=clean(line.get("comment")),
        journal_ref=clean(line.get("journal_ref")),
        licence=clean(line.get("licence")),
        tldr=clean(line.get("tldr")),
        links=tuple(
            Link(clean(row.get("kind")), url)
            for row in rows(line.get("links"))
            if (url := web_address(row.get("url")))
        ),
        versions=tuple(_versions(line)),
        status=Status(status) if status in set(Status) else Status.STANDING,
        votes=max(votes, default=None),
        comments=max(comments, default=None),
        listings=tuple(
            Listing("broadsheet", day) for day in texts(line.get("days")) if is_day(day) and day not in known
        ),
        extra={"manifestations": plain(line.get("manifestations"))} if line.get("manifestations") else {},
    )


def _versions(line: Mapping[str, Any]) -> Iterator[Version]:
    for row in rows(line.get("versions")):
        number, submitted = row.get("number"), row.get("submitted")
        if not isinstance(number, int):
            continue
        try:
            yield Version(number, datetime.fromisoformat(submitted) if isinstance(submitted, str) else None)
        except ValueError:
            yield Version(number)
