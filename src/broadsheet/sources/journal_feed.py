"""Journals' and blogs' feeds: RSS 2.0, RSS 1.0 (RDF with PRISM), Atom.

Read from the XML itself rather than with feedparser: each item's own bytes are kept, documents with a DOCTYPE
are refused before anything is expanded, and the names that matter (PRISM, Dublin Core) are few.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, SubElement

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Rejection
from broadsheet.sources import arxiv_atom, arxiv_feed
from broadsheet.sources.reading import (
    Found,
    child_text,
    clean,
    dates,
    elements,
    excerpt,
    html_to_text,
    local_name,
    read_whole,
    xml_bytes,
)
from broadsheet.sources.reading.keys import record_key
from broadsheet.sources.reading.names import people
from broadsheet.sources.reading.standing import standing
from broadsheet.sources.xml_root import root_of

NAME: Final = "journal-feed"
_RSS_1: Final = b"http://purl.org/rss/1.0/"
_HTML_ENTITY: Final = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES: Final = frozenset({"lt", "gt", "amp", "quot", "apos"})
_DAYS: Final = ("publicationDate", "published", "pubDate", "date", "coverDate", "updated")
_TEXTS: Final = ("encoded", "description", "content", "summary", "abstract")
_NO_ABSTRACT: Final = re.compile(
    r"(?i)^(?:publication date:|source:|author\(s\):|.{0,160}\bpublished online\b.{0,200}$)"
)
_KEPT: Final = (
    "volume",
    "number",
    "startingPage",
    "endingPage",
    "section",
    "issn",
    "eIssn",
    "rights",
    "language",
)


def recognise(head: bytes) -> bool:
    """Whether the root is a feed's, and not one of arXiv's own."""
    root = root_of(head)[0]
    if root not in ("rss", "feed", "RDF") or (root == "RDF" and _RSS_1 not in head):
        return False
    return not arxiv_feed.recognise(head) and not arxiv_atom.recognise(head)


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an item; items without a title are no papers and are rejected."""
    tamed = io.BytesIO(_HTML_ENTITY.sub(_numeric, read_whole(stream)))
    for number, found in enumerate(elements(tamed, ("item", "entry"), roots=("rss", "RDF", "feed")), 1):
        yield _record(found, f"entry {number}")


def _numeric(found: re.Match[bytes]) -> bytes:
    """HTML's entities, which feeds use and XML does not know, as numbers."""
    name = found[1].decode()
    return (
        found[0] if name in _XML_ENTITIES or name not in name2codepoint else b"&#%d;" % name2codepoint[name]
    )


def _record(found: Found, place: str) -> Record | Rejection:
    item = found.element
    feed = _feed_title(found)
    raw = _alone(found, feed)
    title, status = standing(clean(html_to_text(_content(item, "title"))))
    if not title:
        return Rejection(place, "no title", excerpt(raw))
    pages = list(_pages(item))
    names = tuple(dict.fromkeys(_identifiers(item, pages)))
    own = clean(child_text(item, "guid")) or clean(child_text(item, "id")) or next(iter(pages), "")
    published = next(filter(None, (dates.from_text(clean(child_text(item, day))) for day in _DAYS)), "")
    abstract, listed = _abstract(item, title)
    return Record(
        source="feed",
        format=NAME,
        key=record_key(names, title, published) if names or not own else own,
        place=place,
        raw=raw,
        title=title,
        abstract=abstract,
        authors=tuple(Author(name) for name in _authors(item) or listed),
        identifiers=names,
        published=published,
        venue=clean(child_text(item, "publicationName")),
        keywords=tuple(dict.fromkeys(filter(None, _subjects(item)))),
        licence=clean(child_text(item, "copyright")),
        links=tuple(Link("page", url) for url in pages[:1]),
        status=status,
        extra={
            name: text
            for name in ("feed", *_KEPT)
            if (text := feed if name == "feed" else clean(child_text(item, name)))
        },
    )


def _feed_title(found: Found) -> str:
    for outer in reversed(found.around):
        holders = [outer, *(child for child in outer if local_name(child) == "channel")]
        for holder in holders:
            if title := clean(child_text(holder, "title")):
                return title
    return ""


def _alone(found: Found, feed: str) -> bytes:
    """The item in a feed of its own, of the same kind and title."""
    if not found.around:
        return xml_bytes(found.element)
    root = Element(found.around[0].tag)
    inner = root
    for outer in found.around[1:]:
        inner = SubElement(inner, outer.tag)
    if feed:
        SubElement(inner, "title").text = feed
    inner.append(found.element)
    return xml_bytes(root)


def _children(item: Element, name: str) -> list[Element]:
    return [child for child in item if local_name(child) == name]


def _content(item: Element, name: str) -> str:
    """An element's HTML: as text in RSS and Atom's `html`, as elements in Atom's `xhtml`."""
    for child in _children(item, name):
        if len(child):
            inner = "".join(xml_bytes(part).decode() for part in child)
            return (child.text or "") + re.sub(r"(</?)\w+:", r"\1", inner)
        text = child.text or ""
        if text.strip():
            return html.escape(text, quote=False) if child.get("type") == "text" else text
    return ""


def _pages(item: Element) -> Iterator[str]:
    for child in _children(item, "link"):
        if child.get("rel", "alternate") == "alternate":
            url = clean(child.get("href") or child.text or "")
            if url.startswith(("https://", "http://")):
                yield url
    guid = clean(child_text(item, "guid"))
    if guid.startswith(("https://", "http://")):
        yield guid


def _identifiers(item: Element, pages: list[str]) -> Iterator[Identifier]:
    for name in ("doi", "DOI"):
        if found := identifiers.of("doi", clean(child_text(item, name)).removeprefix("doi:")):
            yield found
    for text in (child_text(item, "identifier"), child_text(item, "guid"), child_text(item, "id"), *pages):
        resolved = identifiers.resolve(clean(text)) if text else None
        if resolved and resolved.scheme in ("doi", "arxiv", "acl", "openreview", "pmid", "pmcid"):
            yield resolved


def _authors(item: Element) -> list[str]:
    names = [clean(html_to_text("".join(child.itertext()))) for child in _children(item, "creator")]
    if not names:
        for child in _children(item, "author"):
            text = clean(child_text(child, "name")) or clean(child.text)
            mail = re.fullmatch(r"\S+@\S+ \((.+)\)", text)  # RSS 2.0: "mail@example.org (Name)"
            names.append(mail[1] if mail else "" if "@" in text else text)
    return [name for text in names if text for name in people(text)]


def _subjects(item: Element) -> Iterator[str]:
    for name in ("category", "subject", "keyword"):
        for child in _children(item, name):
            yield clean(child.get("term") or child.text)


def _abstract(item: Element, title: str) -> tuple[str, list[str]]:
    """The longest text, without the lines that only repeat journal, date and DOI; and authors named in it."""
    kept: list[str] = []
    listed: list[str] = []
    texts = (html_to_text(_content(item, name)) for name in _TEXTS)
    for paragraph in max(texts, key=len, default="").split("\n\n"):
        if paragraph.lower().startswith("author(s):"):
            listed = people(paragraph[10:].strip())
        if paragraph and paragraph != title and not _NO_ABSTRACT.match(paragraph):
            kept.append(paragraph)
    return "\n\n".join(kept), listed
