"""Web of Science's field-tagged export (`.ciw`, `savedrecs.txt`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Record, Rejection, Status
from broadsheet.sources.reading import clean, dates, decode, excerpt
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.lines import lines
from broadsheet.sources.reading.names import natural
from broadsheet.sources.reading.standing import standing

NAME: Final = "wos"
_BEGIN: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:FN [^\r\n]*[\r\n]+VR [\d.]+|PT [A-Z][\r\n]+[A-Z][A-Z0-9] )"
)
_TAG: Final = re.compile(r"([A-Z][A-Z0-9])(?: (.*))?$")
_HEADER: Final = (b"FN ", b"VR ", b"EF")
_LISTS: Final = frozenset(
    {"AU", "AF", "CR", "C1", "BE", "BA", "ED"}
)  # a line a value; elsewhere lines run on
_TOLD: Final = frozenset({"AU", "AF", "TI", "SO", "AB", "DE", "ID", "DI", "PM", "ER"})


def recognise(head: bytes) -> bool:
    """Whether the file's header or the first record's type stands at the beginning."""
    return bool(_BEGIN.match(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record from each `PT` to its `ER` (or the next `PT`)."""
    place = 0
    kept: list[bytes] = []
    for number, line in lines(stream):
        if line.startswith(b"PT "):
            if kept:
                yield _record(kept, place)
            kept, place = [line], number
        elif kept and not line.startswith(_HEADER):
            kept.append(line)
            if line.rstrip() == b"ER":
                yield _record(kept, place)
                kept = []
    if kept:
        yield _record(kept, place)


def _record(kept: list[bytes], number: int) -> Record | Rejection:
    raw = b"\n".join(kept).rstrip()
    place = f"line {number}"
    tags = _tags(decode(raw))
    text = {tag: clean(" ".join(values)) for tag, values in tags.items() if tag not in _LISTS}
    title, status = standing(text.get("TI", ""))
    if not title:
        return Rejection(place, "no title (TI)", excerpt(raw))
    if text.get("DT", "").startswith("Retract"):
        status = Status.RETRACTED
    found = tuple(
        filter(None, (identifiers.of("doi", text.get("DI", "")), identifiers.of("pmid", text.get("PM", ""))))
    )
    published = dates.from_text(text.get("PY", ""))
    if len(published) == 4:
        published = dates.from_parts([published, *dates.month_and_day(text.get("PD", ""))])
    accession = text.get("UT", "").removeprefix("WOS:")
    return Record(
        source="wos",
        format=NAME,
        key=accession or record_key(found, title, published),
        place=place,
        raw=raw,
        title=title,
        abstract=text.get("AB", ""),
        authors=tuple(
            Author(natural(clean(name))) for name in tags.get("AF") or tags.get("AU", []) if name.strip()
        ),
        identifiers=found,
        published=published,
        venue=text.get("SO", ""),
        keywords=tuple(
            dict.fromkeys(
                word for tag in ("DE", "ID") for word in re.split(r"\s*;\s*", text.get(tag, "")) if word
            )
        ),
        status=status,
        extra={"wos": {tag: list(map(clean, values)) for tag, values in tags.items() if tag not in _TOLD}},
    )


def _tags(text: str) -> dict[str, list[str]]:
    """Lines by tag; a line that begins with spaces belongs to the tag above it."""
    tags: dict[str, list[str]] = {}
    values: list[str] = []
    for line in text.split("\n"):
        if line.startswith("  "):
            values.append(line)
        elif found := _TAG.match(line):
            values = tags.setdefault(found[1], [])
            values.append(found[2] or "")
    return tags
