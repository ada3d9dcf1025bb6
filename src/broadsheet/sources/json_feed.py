"""JSON Feed, versions 1 and 1.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Author, Link, Record, Rejection
from broadsheet.sources.reading import (
    clean,
    dates,
    excerpt,
    html_to_text,
    json_bytes,
    paragraphs,
    records_of_json,
)
from broadsheet.sources.reading.json_fields import (
    is_json,
    leftover,
    mapping,
    rows,
    scalar,
    texts,
    web_address,
)
from broadsheet.sources.reading.standing import standing

NAME: Final = "json-feed"
_VERSION: Final = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org\\?/version')
_ABOUT: Final = ("version", "title", "feed_url", "home_page_url")
_TOLD: Final = frozenset(
    {
        *("title", "summary", "content_text", "content_html", "author", "authors", "tags", "url"),
        *("external_url", "date_published"),
    }
)


def recognise(head: bytes) -> bool:
    """Whether the version's address stands in it."""
    return is_json(head) and bool(_VERSION.search(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record an item; posts without a title are no papers and are rejected."""
    for piece in records_of_json(stream):
        if isinstance(piece, Rejection):
            yield piece
            continue
        feed = mapping(piece.value)
        items = feed.get("items")
        if not isinstance(items, list):
            raise UnreadableInputError("the JSON feed has no list of items")
        about = {
            name: feed[name] for name in ("version", "title", "feed_url", "home_page_url") if name in feed
        }
        for number, item in enumerate(items, 1):
            yield _record(mapping(item), about, f"entry {number}")


def _record(item: Mapping[str, Any], feed: Mapping[str, Any], place: str) -> Record | Rejection:
    raw = json_bytes({**feed, "items": [item]})
    title, status = standing(clean(html_to_text(item.get("title"))))
    url = web_address(item.get("external_url")) or web_address(item.get("url"))
    name = scalar(item.get("id")) or url
    if not title or not name:
        return Rejection(place, f"no {'title' if name else 'id'}", excerpt(json_bytes(item)))
    found = [identifiers.resolve(address) for address in (scalar(item.get("id")), url) if ":" in address]
    whose = clean(feed.get("feed_url")) or clean(feed.get("home_page_url")) or clean(feed.get("title"))
    people = rows(item.get("authors")) or rows(item.get("author"))
    body = item.get("content_html") or item.get("content_text") or item.get("summary")
    return Record(
        source="feed",
        format=NAME,
        key=name if name.startswith(("https://", "http://")) else f"{whose}#{name}",
        place=place,
        raw=raw,
        title=title,
        abstract=html_to_text(body) if item.get("content_html") else paragraphs(body),
        authors=tuple(Author(who) for row in people if (who := clean(row.get("name")))),
        identifiers=tuple(dict.fromkeys(i for i in found if i and i.scheme != "url")),
        published=dates.from_text(clean(item.get("date_published"))),
        keywords=tuple(texts(item.get("tags"))),
        links=(Link("page", url),) if url else (),
        status=status,
        extra={"feed": clean(feed.get("title")), **leftover(item, _TOLD)},
    )
