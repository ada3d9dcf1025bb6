"""arXiv's query API: an Atom feed with `arxiv:` and `opensearch:` elements, one entry a paper.

`published` is the first version's moment and `updated` this version's. Errors come as an entry titled
"Error", and throttling as the words "Rate exceeded." with status 200: both are raised in the server's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element

from broadsheet.exceptions import UnreadableInputError
from broadsheet.identifiers import arxiv_version
from broadsheet.papers import Author, Record, Rejection, Version
from broadsheet.sources.arxiv_fields import record_of
from broadsheet.sources.reading import child_text, clean, elements, excerpt, local_name, moments, xml_bytes

NAME: Final = "arxiv-atom"

_THROTTLED: Final = b"Rate exceeded"


def recognise(head: bytes) -> bool:
    """Whether this is an answer of arXiv's query API."""
    if head.lstrip()[: len(_THROTTLED)] == _THROTTLED:
        return True
    start = head[:4096]
    if b"<feed" not in start and b"<entry" not in start:
        return False
    return (b"opensearch" in start and b"arxiv.org/" in start) or bool(
        re.search(rb"<id>https?://arxiv\.org/api/", start)
        or re.search(rb"<id>https?://arxiv\.org/abs/", head)
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The entries of the feed."""
    try:
        for number, found in enumerate(elements(stream, ("entry",), roots=("feed",)), 1):
            yield _read(found.element, f"entry {number}")
    except UnreadableInputError as error:
        if _THROTTLED.decode() in str(error):
            raise UnreadableInputError(
                "arXiv said: Rate exceeded. Wait some minutes, and ask at most once in three seconds"
            ) from error
        raise


def _read(entry: Element, place: str) -> Record | Rejection:
    raw = xml_bytes(entry)
    address = clean(child_text(entry, "id"))
    if "/api/errors" in address:
        raise UnreadableInputError(f"arXiv answered with an error: {clean(child_text(entry, 'summary'))}")
    name, version = arxiv_version(address.rpartition("/abs/")[2])
    title = clean(child_text(entry, "title"))
    if not name or not title:
        what = "the entry has no title" if name else f"not an arXiv address: {excerpt(address)!r}"
        return Rejection(place, what, excerpt(title or raw))
    submitted, updated = (moments.utc(clean(child_text(entry, n))) for n in ("published", "updated"))
    categories: list[str] = []
    primary = ""
    authors: list[Author] = []
    for child in entry:
        kind = local_name(child)
        if kind == "category" and (term := clean(child.get("term"))) and term not in categories:
            categories.append(term)
        elif kind == "primary_category":
            primary = clean(child.get("term"))
        elif kind == "author" and (author := clean(child_text(child, "name"))):
            places = (clean("".join(c.itertext())) for c in child if local_name(c) == "affiliation")
            authors.append(Author(author, "; ".join(filter(None, places))))
    if primary and primary not in categories:
        categories.insert(0, primary)
    versions = [Version(version, updated)] if version else []
    if version and version > 1:
        versions.insert(0, Version(1, submitted))
    return record_of(
        name,
        format=NAME,
        place=place,
        raw=raw,
        title=title,
        abstract=child_text(entry, "summary"),
        authors=tuple(authors),
        dois=child_text(entry, "doi"),
        submitted=submitted.date() if submitted else None,
        revised=updated.date() if updated else None,
        primary_category=primary,
        categories=tuple(categories),
        comment=child_text(entry, "comment"),
        journal_ref=child_text(entry, "journal_ref"),
        versions=tuple(versions),
        extra={},
    )
