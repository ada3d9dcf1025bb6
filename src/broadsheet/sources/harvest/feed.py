"""Any feed: RSS, Atom or JSON Feed, or a web page that names one.

A page's own `<link rel="alternate">` elements are what it offers (RSS autodiscovery); the first is taken and
remembered, so that later pulls ask for the feed alone, with its own etag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

from broadsheet.exceptions import FetchError
from broadsheet.sources.fetch.client import Client, Reply
from broadsheet.sources.harvest.step import (
    START,
    Cursor,
    HarvestState,
    Position,
    Step,
    not_understood,
    read_words,
    step_of,
    write_cursor,
)

NAME: Final = "feed"
USAGE: Final = (
    "feed URL                             any RSS, Atom or JSON feed, or a page that names its feed"
)
ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
)
TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
MAX_OFFERS: Final = 50


def pull(client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
    """Yield the one step of a feed: its present content, or nothing new."""
    plain, _ = read_words(query, (), USAGE)
    if len(plain) != 1:
        raise not_understood(" ".join(plain), USAGE)
    given = plain[0] if "://" in plain[0] else f"https://{plain[0]}"
    remembered = Cursor(state.cursor).text("feed")
    reply = _get(client, remembered or given, state)
    cursor = state.cursor
    note = ""
    if reply.is_web_page:
        offers = discover(reply.body, reply.url)
        if not offers or remembered:
            raise FetchError(
                f"{reply.url} is a web page that names no feed; give the feed's own address", url=given
            )
        reply = _get(client, offers[0], Position())
        if reply.is_web_page:
            raise FetchError(f"{given} names {offers[0]} as its feed, but that is a web page too", url=given)
        cursor = write_cursor({"feed": offers[0]})
        others = f" (it also names {', '.join(offers[1:4])})" if len(offers) > 1 else ""
        note = f"the feed of this page is {offers[0]}{others}"
    if not reply.not_modified and not reply.body.strip():
        raise FetchError(f"{reply.url} answered with nothing", url=reply.url)
    yield step_of(reply, state, parser="", cursor=cursor, note=note)


def discover(page: bytes, url: str) -> list[str]:
    """The addresses of the feeds a web page names, in its order.

    >>> discover(b'<html><link rel="alternate" type="application/rss+xml" href="/new.xml">', "https://a.org/b/")
    ['https://a.org/new.xml']
    """
    reader = _LinkReader(url)
    reader.feed(page[: 1 << 20].decode("utf-8", "replace"))
    return list(dict.fromkeys(reader.found))[:MAX_OFFERS]


def _get(client: Client, url: str, state: HarvestState) -> Reply:
    return client.get(url, etag=state.etag, last_modified=state.last_modified, accept=ACCEPT)


class _LinkReader(HTMLParser):
    """Collects `<link rel="alternate" type=... href=...>` of feeds."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        href = given.get("href", "").strip()
        if not href:
            return
        try:
            address = urljoin(self._base, href)
        except ValueError:
            return
        kind = given.get("type", "").partition(";")[0].strip().lower()
        if tag == "base":
            self._base = address
        elif tag == "link" and "alternate" in given.get("rel", "").lower().split() and kind in TYPES:
            self.found.append(address)
