"""OPML: a list of feeds. It holds no papers; its feeds do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element

from broadsheet.papers import Record, Rejection
from broadsheet.sources.reading import clean, elements, local_name
from broadsheet.sources.xml_root import root_of

NAME: Final = "opml"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed somebody reads, and the folder they keep it in ("journals/biology", or '')."""

    title: str
    url: str
    category: str = ""


def recognise(head: bytes) -> bool:
    """Whether the root is `opml`."""
    return root_of(head)[0] == "opml"


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield one rejection, which says what this is and what to do with it: there are no papers in it."""
    found = len(subscriptions(stream))
    yield Rejection(
        "the whole file",
        f"a list of {found} feeds, not of papers; read a feed with `broadsheet pull feed ADDRESS`",
    )


def subscriptions(stream: BinaryIO) -> list[Subscription]:
    """The feeds of a list, in order. Raises UnreadableInputError."""
    return [
        found
        for outer in elements(stream, ("outline",), roots=("opml",))
        for found in _feeds(outer.element, ())
    ]


def _feeds(outline: Element, folders: tuple[str, ...]) -> Iterator[Subscription]:
    title = clean(outline.get("title", "")) or clean(outline.get("text", ""))
    url = clean(outline.get("xmlUrl", ""))
    if url.startswith(("https://", "http://")):
        # A feed at the top may name its folder in an attribute: "/journals/biology,/daily".
        category = "/".join(folders) or clean(outline.get("category", "")).split(",")[0].strip("/ ")
        yield Subscription(title or url, url, category)
    for child in outline:
        if local_name(child) == "outline":
            yield from _feeds(child, folders if url or not title else (*folders, title))
