"""Our own complete export: one JSON object a line, one line a paper; `sources.own_export` reads it back.

A line holds what a reader sees (the fields of `Paper`) and, under `manifestations`, what each source said,
with the bytes it said it in when the writer is given a way to get them. From those bytes everything can be
built again: matching, merging, provenance, listings. What a person merged stands in one line, and what a
person split is named under `apart`. The shape of a line is versioned by `schema_version`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

from broadsheet.papers import (
    Author,
    Description,
    Identifier,
    Link,
    Manifestation,
    Paper,
    SourceVotes,
    Version,
)

SCHEMA_VERSION: Final = 1
Raw = Callable[[str], tuple[str, bytes]]
"""From a raw record's hash to its format and its bytes (`Store.raw`)."""
Apart = Callable[[int], Sequence[str]]
"""From a paper's number to the "source:key" of what was split from it (`Store.apart`)."""


def write(papers: Iterable[Paper], *, raw: Raw | None = None, apart: Apart | None = None) -> Iterator[str]:
    """Yield one line a paper; with `raw` and `apart`, complete."""
    for paper in papers:
        line = as_json(paper, raw=raw)
        if apart and (names := apart(paper.id)):
            line["apart"] = list(names)
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_json(paper: Paper, *, raw: Raw | None = None) -> dict[str, Any]:
    """A paper as JSON values; fields that are empty are left out."""
    described = {field.name: _value(getattr(paper, field.name)) for field in fields(Description)}
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "broadsheet-paper",
        "key": paper.key,
        **{name: value for name, value in described.items() if value not in ("", [], None)},
        "days": list(paper.days),
        "votes": [_value(votes) for votes in paper.votes],
        "provenance": dict(paper.provenance),
        "added": paper.added.isoformat(),
        "updated": paper.updated.isoformat(),
        "manifestations": [_manifestation(m, raw) for m in paper.manifestations],
    }


def _manifestation(manifestation: Manifestation, raw: Raw | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "source": manifestation.source,
        "key": manifestation.key,
        "format": manifestation.format,
        "raw_hash": manifestation.raw_hash,
        "first_seen": manifestation.first_seen.isoformat(),
        "last_seen": manifestation.last_seen.isoformat(),
        "url": manifestation.url,
        "extra": dict(manifestation.extra),
    }
    if raw:
        # The store knows best which parser reads these bytes; a re-parse may have changed its name.
        said["format"], content = raw(manifestation.raw_hash)
        try:
            said["raw"] = content.decode("utf-8")
        except UnicodeDecodeError:
            said["raw_base64"] = base64.b64encode(content).decode("ascii")
    return said


def _value(value: Any) -> Any:
    match value:
        case date():  # a datetime, too
            return value.isoformat()
        case Identifier():
            return str(value)
        case Author() | Link() | Version() | SourceVotes():
            parts = {field.name: _value(getattr(value, field.name)) for field in fields(value)}
            return {name: part for name, part in parts.items() if part not in ("", None)}
        case tuple():
            return [_value(part) for part in value]
        case _:
            return value
