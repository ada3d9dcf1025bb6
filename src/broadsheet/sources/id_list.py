"""A plain list of identifiers or addresses, as people keep them in notes: to be looked up later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from broadsheet.identifiers import find_all, resolve, url_of
from broadsheet.papers import Identifier, Link, Record, Rejection
from broadsheet.sources import bibtex, ris, tabular
from broadsheet.sources.reading import decode, excerpt
from broadsheet.sources.reading.lines import lines

NAME: Final = "id-list"
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")  # but not the fragment of an address
_BETWEEN: Final = re.compile(r"[\s,;|]+")
_SAMPLE: Final = 40  # lines that decide
_LONGEST: Final = 300  # characters of a line that is a list's


def recognise(head: bytes) -> bool:
    """Whether most of the first lines name a paper, and little else."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"["):
        return False
    if ris.recognise(head) or bibtex.recognise(head) or tabular.recognise(head):
        return False
    listed = [text for line in head.split(b"\n")[: 4 * _SAMPLE] if (text := _uncommented(line))][:_SAMPLE]
    good = sum(len(text) <= _LONGEST and bool(_named(text)) for text in listed)
    return bool(good) and good * 2 >= len(listed)


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an identifier, with the identifier for a title and `extra["unresolved"]`.

    `#` begins a comment. A line that names no paper is rejected.
    """
    for number, line in lines(stream):
        text = _uncommented(line)
        if not text:
            continue
        place = f"line {number}"
        found = _named(text) if len(text) < 1 << 16 else []
        if not found:
            yield Rejection(place, "no identifier or address of a paper", excerpt(text))
        for identifier in found:
            yield record(identifier, place)


def _uncommented(line: bytes) -> str:
    return _COMMENT.sub("", decode(line)).strip()


def _named(text: str) -> list[Identifier]:
    """The papers a line names: each of its words, or those among other words."""
    words = [resolve(word) for word in _BETWEEN.split(text) if word]
    papers = [word for word in words if word and word.scheme != "url"]
    return list(dict.fromkeys(papers)) if len(papers) == len(words) else find_all(text)


def record(identifier: Identifier, place: str) -> Record:
    """What is known of a paper by its name alone."""
    url = url_of(identifier)
    return Record(
        source="list",
        format=NAME,
        key=str(identifier),
        place=place,
        raw=str(identifier).encode(),
        title=str(identifier),
        identifiers=(identifier,),
        links=(Link("page", url),) if url else (),
        extra={"unresolved": True},
    )
