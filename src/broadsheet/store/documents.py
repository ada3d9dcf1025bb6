"""Descriptions as JSON, and back: how a record or a merged paper is kept in one column.

Only what is known is written. Every field name is that of `broadsheet.papers.Description`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from broadsheet.papers import Author, Identifier, Link, Record, SourceVotes, Status, Version

TEXTS: Final = (
    "title", "abstract", "published", "venue", "primary_category", "comment", "journal_ref", "licence",
    "tldr",
)  # fmt: skip
DATES: Final = ("submitted", "revised", "announced")
WORDS: Final = ("categories", "keywords")

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
loads: Final = json.loads


def dumps(value: Any) -> str:
    """JSON in its shortest spelling; halves of surrogate pairs, which no database takes, become '?'."""
    text = _encode(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def moment(text: str) -> datetime:
    """An ISO 8601 moment as kept in the tables."""
    return datetime.fromisoformat(text)


def now() -> str:
    """This moment, as kept in the tables."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def instant(at: datetime) -> str:
    """A moment with a zone, as kept in the tables."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def encode(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a description as JSON values, without those that are unknown."""
    document: dict[str, Any] = {}
    for name in TEXTS:
        if value := fields.get(name):
            document[name] = value
    for name in DATES:
        if value := fields.get(name):
            document[name] = value.isoformat()
    for name in WORDS:
        if value := fields.get(name):
            document[name] = list(value)
    if value := fields.get("authors"):
        # A name alone is the common case, and the short one.
        document["authors"] = [
            [a.name, a.affiliation, a.orcid] if a.affiliation or a.orcid else a.name for a in value
        ]
    if value := fields.get("identifiers"):
        document["identifiers"] = [[i.scheme, i.value] for i in value]
    if value := fields.get("links"):
        document["links"] = [[link.kind, link.url] for link in value]
    if value := fields.get("versions"):
        document["versions"] = [[v.number, v.submitted.isoformat() if v.submitted else None] for v in value]
    if (status := fields.get("status", Status.STANDING)) is not Status.STANDING:
        document["status"] = status.value
    if value := fields.get("votes"):
        document["votes"] = [[v.source, v.votes, v.comments] for v in value]
    return document


def decode(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `encode` wrote, ready to be given to Record or Paper; `votes` only where it stands."""
    fields: dict[str, Any] = {"title": ""}
    for name, value in document.items():
        if name in _DECODERS:
            fields[name] = _DECODERS[name](value)
    return fields


def _text(value: str) -> str:
    return value


def _authors(value: Iterable[Any]) -> tuple[Author, ...]:
    return tuple([Author(a) if isinstance(a, str) else Author(*a) for a in value])


def _identifiers(value: Iterable[Any]) -> tuple[Identifier, ...]:
    return tuple([Identifier(*i) for i in value])


def _links(value: Iterable[Any]) -> tuple[Link, ...]:
    return tuple([Link(*link) for link in value])


def _versions(value: Iterable[Any]) -> tuple[Version, ...]:
    return tuple([Version(number, moment(at) if at else None) for number, at in value])


def _votes(value: Iterable[Any]) -> tuple[SourceVotes, ...]:
    return tuple([SourceVotes(*v) for v in value])


_DECODERS: Final[dict[str, Any]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(DATES, date.fromisoformat),
    **dict.fromkeys(WORDS, tuple),
    "authors": _authors,
    "identifiers": _identifiers,
    "links": _links,
    "versions": _versions,
    "status": Status,
    "votes": _votes,
}


def encode_record(record: Record) -> dict[str, Any]:
    """A record without its bytes and listings, which are kept in tables of their own."""
    document = encode({name: getattr(record, name) for name in _DECODERS if name != "votes"})
    document["format"] = record.format
    if record.update_only:
        document["update_only"] = True
    if record.votes is not None:
        document["counted"] = record.votes
    if record.comments is not None:
        document["comments"] = record.comments
    if record.extra:
        document["extra"] = dict(record.extra)
    return document


def decode_record(document: Mapping[str, Any], source: str, key: str) -> Record:
    """The record that `encode_record` wrote; its place and bytes are empty."""
    return Record(
        source=source,
        format=document["format"],
        key=key,
        place="",
        raw=b"",
        update_only=document.get("update_only", False),
        votes=document.get("counted"),
        comments=document.get("comments"),
        extra=document.get("extra", {}),
        **decode(document),
    )
