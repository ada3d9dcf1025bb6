"""RIS, as reference managers, publishers and databases write it.

Read by hand rather than with rispy: a record needs its line, its own bytes, and every tag in its order; one
record without an end must not take the next one with it. (rispy checks our exports in the tests.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection, Status
from broadsheet.sources.reading import clean, dates, decode, excerpt, paragraphs
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.lines import lines
from broadsheet.sources.reading.names import natural
from broadsheet.sources.reading.standing import standing

NAME: Final = "ris"
_BEGIN: Final = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?[ \t]*TY  ?-[ \t]*\S")
_TAG: Final = re.compile(r"\s?([A-Z][A-Z0-9])  ?-(?:\s(.*))?$", re.S)
_PARTED: Final = re.compile(r"[;\s]+")
_TITLES: Final = ("TI", "T1", "CT", "BT", "ST")
_VENUES: Final = ("JF", "JO", "T2", "BT", "JA", "J2", "T3")
_ABSTRACTS: Final = ("AB", "N2")
_TOLD: Final = frozenset({*_TITLES, *_ABSTRACTS, "AU", "A1", "KW", "DO", "UR", "L1", "N1", "RI", "ER"})


def recognise(head: bytes) -> bool:
    """Whether a line opens a record (`TY  - `)."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"<", b"{", b"[", b"@") and bool(
        _BEGIN.search(head)
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record from each `TY` to its `ER` (or the next `TY`); what stands between them is no record."""
    place = 0
    kept: list[bytes] = []
    for number, line in lines(stream):
        start = line[:6].lstrip()
        if start.startswith((b"TY  -", b"TY -")):
            if kept:
                yield _record(kept, place)
            kept, place = [line], number
        elif kept:
            kept.append(line)
            if start.startswith((b"ER  -", b"ER -")):
                yield _record(kept, place)
                kept = []
    if kept:
        yield _record(kept, place)


def _record(kept: list[bytes], number: int) -> Record | Rejection:
    raw = b"\n".join(kept).rstrip()
    place = f"line {number}"
    tags = _tags(decode(raw))

    def every(*names: str) -> Iterator[str]:
        return (value for name in names for value in tags.get(name, ()))

    def first(*names: str) -> str:
        return next(filter(None, map(clean, every(*names))), "")

    title, status = standing(first(*_TITLES))
    found = _identifiers(tags)
    if not title:
        named = f" (it names {found[0]})" if found else ""
        return Rejection(place, f"no title (TI or T1){named}", excerpt(raw))
    if first("RI") in ("retracted", "withdrawn"):  # our own export says so
        status = Status(first("RI"))
    published = _published(tags)
    venue = next((text for name in _VENUES if (text := first(name)) and text != title), "")
    return Record(
        source="ris",
        format=NAME,
        key=record_key(found, title, published),
        place=place,
        raw=raw,
        title=title,
        abstract=paragraphs(next(every(*_ABSTRACTS), "")),
        authors=tuple(Author(name) for value in every("AU", "A1") if (name := natural(clean(value)))),
        identifiers=found,
        published=published,
        venue=venue,
        keywords=tuple(word for value in every("KW") for line in value.split("\n") if (word := clean(line))),
        comment=first("N1"),
        links=tuple(
            Link(kind, url)
            for kind, tag in (("page", "UR"), ("pdf", "L1"))
            for value in every(tag)
            for url in _PARTED.split(value.strip())
            if url.startswith(("https://", "http://"))
        ),
        status=status,
        extra={"ris": {tag: list(map(clean, values)) for tag, values in tags.items() if tag not in _TOLD}},
    )


def _tags(text: str) -> dict[str, list[str]]:
    """Values by tag, in order; a line without a tag continues the value above it."""
    tags: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in text.split("\n"):
        if found := _TAG.match(line):
            values = tags.setdefault(found[1], [])
            values.append(found[2] or "")
        elif values:
            values[-1] += "\n" + line
    return tags


def _identifiers(tags: dict[str, list[str]]) -> tuple[Identifier, ...]:
    candidates = [identifiers.of("doi", value) for value in tags.get("DO", ())]
    for tag in ("AN", "UR", "M3"):
        for value in tags.get(tag, ()):
            for piece in _PARTED.split(value.strip()):
                found = identifiers.resolve(piece) if re.search(r"[:/]", piece) else None
                candidates.append(found if found and found.scheme != "url" else None)
    return tuple(dict.fromkeys(filter(None, candidates)))


def _published(tags: dict[str, list[str]]) -> str:
    told = [
        date for tag in ("PY", "Y1", "DA") for value in tags.get(tag, ()) if (date := dates.from_text(value))
    ]
    return max((date for date in told if date[:4] == told[0][:4]), key=len, default="")
