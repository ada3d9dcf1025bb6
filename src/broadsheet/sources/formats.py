"""Every format the paper reads, and which of them some bytes are in.

A format is a module: it recognises its bytes by their beginning and parses a stream into records.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from broadsheet.exceptions import UnknownFormatError, UnreadableInputError
from broadsheet.papers import Record, Rejection
from broadsheet.sources import (
    acl_xml,
    arxiv_atom,
    arxiv_feed,
    arxiv_oai,
    arxiv_snapshot,
    bibtex,
    biorxiv,
    crossref,
    csl_json,
    dblp,
    europepmc,
    hf_html,
    hf_json,
    hf_markdown,
    hf_text,
    id_list,
    journal_feed,
    json_feed,
    openreview,
    opml,
    own_export,
    ris,
    semanticscholar,
    tabular,
    wos,
    zotero,
)
from broadsheet.sources.reading.text import excerpt


class Format(Protocol):
    """What a format's module offers."""

    @property
    def NAME(self) -> str:  # noqa: N802 (a module's constant)
        """The name in records and reports: `arxiv-atom`."""

    def recognise(self, head: bytes, /) -> bool:
        """Whether an input that begins so (up to 64 KiB, decompressed) is in this format. Never raises."""

    def parse(self, stream: BinaryIO, /, *, year: int | None = None) -> Iterator[Record | Rejection]:
        """The records of a stream, and rejections for what is no record.

        `year`: the year of pages that name a day without one. A bare `Record.raw` parses to its record again.
        Raises UnreadableInputError, after what could be read, when the whole is damaged or in another format.
        """


# Specific before general: the first that recognises the bytes takes them.
FORMATS: Final[tuple[Format, ...]] = (
    arxiv_feed,
    arxiv_atom,
    arxiv_oai,
    arxiv_snapshot,
    hf_json,
    openreview,
    hf_html,
    hf_markdown,
    hf_text,
    # It holds the bytes of all the others.
    own_export.OwnExport(lambda name, raw: reparse(name, raw)),
    acl_xml,
    opml,
    journal_feed,
    json_feed,
    crossref,
    semanticscholar,
    europepmc,
    biorxiv,
    dblp,
    zotero,
    csl_json,
    bibtex,
    ris,
    wos,
    tabular,
    id_list,
)

_BY_NAME: Final = {each.NAME: each for each in FORMATS}


def named(name: str) -> Format:
    """The format of that name; UnknownFormatError lists those there are."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownFormatError(f"no format is called {name!r}; there are {', '.join(_BY_NAME)}") from None


def recognise(head: bytes) -> Format:
    """The format of an input that begins so; UnknownFormatError says what it looks like instead."""
    for each in FORMATS:
        if each.recognise(head):
            return each
    raise UnknownFormatError(
        f"this looks like {_likeness(head)}, in no format that is known here; known are {', '.join(_BY_NAME)}"
    )


def reparse(format_name: str, raw: bytes) -> Record | Rejection:
    """The record of a kept `Record.raw`, as the present parser reads it."""
    try:
        for each in named(format_name).parse(io.BytesIO(raw)):
            return each
    except UnknownFormatError:
        raise
    except UnreadableInputError as error:
        return Rejection("raw record", str(error), excerpt(raw))
    return Rejection("raw record", f"{format_name} finds no record in it", excerpt(raw))


def _likeness(head: bytes) -> str:
    """A few words on what these bytes are."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lower = start[:2000].lower()
    if not start:
        return "an empty file"
    if b"\x00" in start[:1000]:
        return "a binary file"
    if lower.startswith((b"<!doctype html", b"<html")) or b"<body" in lower:
        return "a web page"
    if start.startswith(b"<"):
        root = lower.partition(b"?>")[2] if lower.startswith(b"<?xml") else lower
        name = root.lstrip(b" \t\r\n<").split(b">")[0].split()[:1]
        return f"XML (<{name[0].decode('ascii', 'replace')}>)" if name else "XML"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return f"text that begins {excerpt(start, 60)!r}"
