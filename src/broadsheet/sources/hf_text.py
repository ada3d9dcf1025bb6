"""Hugging Face's daily page as plain text: a header, then titles and abstracts in turn, a blank line between.

The page names its day without a year ("Jul 29"); the year is the caller's or stays unknown. There are no
identifiers and no authors. A title without an abstract, or an abstract without a title, is rejected.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from broadsheet.exceptions import UnreadableInputError
from broadsheet.identifiers import title_key
from broadsheet.papers import Listing, Record, Rejection
from broadsheet.sources.reading import clean, decode, excerpt, mend, paragraphs, read_whole
from broadsheet.sources.reading.text import fingerprint

NAME: Final = "hf-text"
SOURCE: Final = "hf"

_LONG: Final = 300  # no title is so long, few abstracts are shorter
_HEADER: Final = 16  # the paragraphs among which the header ends
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_NUMBER: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:,?\s+(?P<year>\d{4}))?"
_DATES: Final = (
    re.compile(rf"{_WEEKDAY}{_MONTH_NAME}\s+{_NUMBER}{_YEAR}", re.I),
    re.compile(rf"{_WEEKDAY}{_NUMBER}\.?\s+{_MONTH_NAME}{_YEAR}", re.I),
    re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})"),
)
_MASTHEAD = re.compile(r"(?:hugging\s*face\s+)?(?:daily|trending|weekly|monthly)\s+papers", re.I)
_POSITION = re.compile(r"No\. (\d{1,6})")
_FURNITURE = re.compile(
    r"new|subscribe|sign (?:up|in)|log ?in|search|get trending papers.*|daily papers|trending papers|papers"
    r"|by ?ak and the research community|daily|weekly|monthly|previous|next|today|upvotes?|comments?"
    r"|community|submitted by.*|\d+ authors?|authors|github.*|arxiv(?: page)?|view pdf|project page"
    r"|show more|load more|[-–—·•|\d\s.,kK]{1,12}|no papers.*|home|models|datasets|spaces|docs|pricing|about"
    r"|terms?|privacy|tos|jobs|careers|company|website|system theme|hugging ?face|©.*",
    re.I,
)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")


def recognise(head: bytes) -> bool:
    """Whether this is the text of such a page."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    if start[:1] in (b"", b"<", b"{", b"[", b"@"):
        return False
    return any(_MASTHEAD.fullmatch(clean(line)) for line in decode(start).splitlines()[:40])


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The papers of the page, in its order; `year` is for pages that name their day without one."""
    blocks = list(_blocks(decode(read_whole(stream))))
    start, day = _after_header(blocks, year)
    if start < 0:
        raise UnreadableInputError('not a page of daily papers: it says nowhere "Daily Papers"')
    position = 1
    while start < len(blocks):
        block = blocks[start]
        following = blocks[start + 1] if start + 1 < len(blocks) else None
        start += 1
        if following is None or not following.is_abstract:
            if numbered := _POSITION.fullmatch(block.text):
                position = int(numbered[1])
                continue
            if dated := _day(block.text, year):
                day = dated
                continue
            if _FURNITURE.fullmatch(block.text):
                continue
        if block.is_long:
            yield Rejection(f"line {block.line}", "an abstract without a title", excerpt(block.text))
        elif following is None or not (following.is_abstract or following.is_sentence):
            yield Rejection(f"line {block.line}", "a title without an abstract", excerpt(block.text))
        else:
            start += 1
            yield _record(block, following, day, position)
            position += 1


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph of the page and the line it begins on."""

    line: int
    text: str

    @property
    def is_long(self) -> bool:
        return len(self.text) > _LONG

    @property
    def is_sentence(self) -> bool:
        return bool(_SENTENCE_END.search(self.text)) and self.text.count(" ") >= 3

    @property
    def is_abstract(self) -> bool:
        """Whether it can only be an abstract."""
        return self.is_long or (len(self.text) > _LONG // 2 and self.is_sentence)


def _blocks(text: str) -> Iterator[_Block]:
    kept: list[str] = []
    first = 0
    number = 0
    for number, line in enumerate(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), 1):
        if line.strip():
            first = first if kept else number
            kept.append(line)
        elif kept:
            yield from _block(kept, first)
            kept = []
    if kept:
        yield from _block(kept, first)


def _block(kept: list[str], first: int) -> Iterator[_Block]:
    """One paragraph; or several, where each stands on a line of its own without a blank between."""
    apart = len(kept) > 1 and any(len(line) > _LONG for line in kept)
    pieces = [(first + i, line) for i, line in enumerate(kept)] if apart else [(first, "".join(kept))]
    for line, piece in pieces:
        if text := paragraphs(piece):
            yield _Block(line, mend(text))


def _after_header(blocks: list[_Block], year: int | None) -> tuple[int, str]:
    """Where the papers begin, and the page's day ('' if it names none); -1 if this is no such page."""
    masthead = next((i for i, b in enumerate(blocks[:_HEADER]) if _MASTHEAD.fullmatch(b.text)), -1)
    if masthead < 0:
        return -1, ""
    start = masthead + 1
    for i in range(start, min(len(blocks), masthead + _HEADER)):
        if blocks[i].is_abstract or _POSITION.fullmatch(blocks[i].text):
            break
        if day := _day(blocks[i].text, year):
            return i + 1, day
        if _FURNITURE.fullmatch(blocks[i].text):
            start = i + 1
    return start, ""


def _day(text: str, year: int | None) -> str:
    """The day that a paragraph names and nothing else, as a listing spells it; '' if it names none."""
    if len(text) > 40:
        return ""
    for pattern in _DATES:
        if not (found := pattern.fullmatch(text)):
            continue
        parts = found.groupdict()
        number, name = parts.get("number"), parts.get("month") or ""
        month = int(number) if number else _MONTHS.index(name[:3].lower()) + 1
        day = int(parts["day"])
        if named := int(parts["year"] or 0) or year:
            try:
                return date(named, month, day).isoformat()
            except ValueError:  # no such day in that year
                continue
        try:
            date(2000, month, day)  # a leap year
        except ValueError:
            continue
        return f"--{month:02d}-{day:02d}"
    return ""


def _record(title: _Block, abstract: _Block, day: str, position: int) -> Record:
    kept = [f"No. {position}", title.text, abstract.text]
    if day:
        kept.insert(0, day if day[0] != "-" else f"{_MONTHS[int(day[2:4]) - 1].title()} {int(day[5:])}")
    return Record(
        source=SOURCE,
        format=NAME,
        key=f"page:{fingerprint(title_key(title.text) or title.text)}",
        place=f"line {title.line}",
        raw="\n\n".join(["Daily Papers", *kept, ""]).encode("utf-8", "replace"),
        title=clean(title.text),
        abstract=abstract.text,
        listings=(Listing(SOURCE, day, position),) if day else (),
        extra={} if day else {"position": position},
    )
