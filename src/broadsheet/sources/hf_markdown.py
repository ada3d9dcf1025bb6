"""A paper's page as Markdown (`/papers/{id}.md`, and readers that write the same head): title, address, body.

The body is the paper's full text, so it is no abstract: only what stands under a heading "Abstract" is taken.
"Published Time" is when the page was made from the manuscript, not when the paper came out: it is kept aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from broadsheet.identifiers import resolve, title_key
from broadsheet.papers import Identifier, Link, Record, Rejection
from broadsheet.sources.reading import address, clean, decode, excerpt, moments, paragraphs, read_whole
from broadsheet.sources.reading.text import fingerprint

NAME: Final = "hf-markdown"
SOURCE: Final = "hf"

_FIELD = re.compile(r"(Title|URL Source|Published Time):[ \t]*(.*)")
_BODY = re.compile(r"^Markdown Content:[ \t]*$", re.M)
_ABSTRACT = re.compile(
    r"^(?:#{1,6}[ \t]*|\*\*)(?:\d+\.?\s*)?Abstract[ .:]*(?:\*\*)?[ .:]*(?:#*)[ \t]*$", re.M | re.I
)
_NEXT_HEADING = re.compile(
    r"^(?:#{1,6}[ \t]+\S|\*\*[^*\n]{2,80}\*\*[ \t]*$|[^\n]{1,200}\n[=-]{3,}[ \t]*$|[=-]{3,}[ \t]*$)", re.M
)
_LINKED = re.compile(r"!?\[([^\[\]]{0,500})\]\((?:[^()\s]{0,1000})\)")
_LONGEST_ABSTRACT: Final = 12_000


def recognise(head: bytes) -> bool:
    """Whether this is such a page."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    return start.startswith(b"Title:") and b"\nURL Source:" in start.replace(b"\r", b"\n")


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The one paper of the page."""
    text = decode(read_whole(stream)).replace("\r\n", "\n").replace("\r", "\n")
    body = _BODY.search(text)
    fields: dict[str, str] = {}
    for line in text[: body.start() if body else 4096].split("\n"):
        if found := _FIELD.match(line.strip()):
            fields.setdefault(found[1], clean(found[2]))
    title = fields.get("Title", "")
    if not title:
        yield Rejection("line 1", "the page has no title", excerpt(text))
        return
    url = fields.get("URL Source", "")
    identifier = resolve(url)
    abstract = _abstract(text[body.end() :]) if body else ""
    made = moments.utc(fields.get("Published Time"))
    head = "".join(
        f"{name}: {fields[name]}\n\n" for name in ("Title", "URL Source", "Published Time") if name in fields
    )
    kept = f"{head}Markdown Content:\n" + (f"###### Abstract\n\n{abstract}\n" if abstract else "")
    yield Record(
        source=SOURCE,
        format=NAME,
        key=_key(identifier, title),
        place="line 1",
        raw=kept.encode("utf-8", "replace"),
        title=title,
        abstract=abstract,
        identifiers=(identifier,) if identifier and identifier.scheme != "url" else (),
        links=(Link("page", page),) if (page := address(url)) else (),
        extra={"page_made": made.isoformat()} if made else {},
    )


def _key(identifier: Identifier | None, title: str) -> str:
    if identifier is None or identifier.scheme == "url":
        return f"page:{fingerprint(title_key(title) or title)}"
    return identifier.value if identifier.scheme == "arxiv" else str(identifier)


def _abstract(body: str) -> str:
    found = _ABSTRACT.search(body)
    if not found:
        return ""
    rest = body[found.end() : found.end() + _LONGEST_ABSTRACT].lstrip("\n")
    end = _NEXT_HEADING.search(rest)
    return paragraphs(_LINKED.sub(r"\1", rest[: end.start()] if end else rest))
