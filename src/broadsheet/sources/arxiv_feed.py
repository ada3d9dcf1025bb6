"""arXiv's daily announcements (rss.arxiv.org), as RSS 2.0 or Atom.

`new` and `cross` make an edition entry; `replace` and `replace-cross` only update. The announced day is the
one the feed writes (midnight in New York), not its UTC shift. At weekends the feed is empty: no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, SubElement

from broadsheet.identifiers import arxiv_version
from broadsheet.papers import Record, Rejection, Version
from broadsheet.sources.arxiv_fields import authors_of, record_of
from broadsheet.sources.reading import (
    child_text,
    clean,
    elements,
    excerpt,
    html_to_text,
    local_name,
    moments,
    xml_bytes,
)

NAME: Final = "arxiv-feed"

_PREFACE = re.compile(r"\s*arXiv:\S+\s+Announce\s+Type:\s*(?P<kind>[\w-]+)\s*(?:Abstract:\s*)?", re.I)
_OLD_TITLE = re.compile(r"\.?\s*\(arXiv:(?P<id>\S+)\s*\[[^\]]*\](?P<updated>\s+UPDATED)?\)\s*$")
_EMPTY_WEEKEND = re.compile(
    rb"<title>\s*[a-z-]{2,10}(?:\.[A-Za-z-]{2,10})?(?: updates on arXiv\.org)?\s*</title>"
)


def recognise(head: bytes) -> bool:
    """Whether this is one of arXiv's announcement feeds."""
    if not any(root in head[:4096] for root in (b"<rss", b"<feed", b"<entry", b"<item")):
        return False
    return (
        b"//rss.arxiv.org/" in head
        or b"announce_type>" in head
        or b"Announce Type:" in head
        or (b"<skipDays" in head and b"<item" not in head and bool(_EMPTY_WEEKEND.search(head)))
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The announcements of the feed."""
    for number, found in enumerate(elements(stream, ("item", "entry"), roots=("rss", "feed")), 1):
        channel = found.around[-1] if found.around else None
        yield _read(found.element, channel, f"entry {number}")


def _read(item: Element, channel: Element | None, place: str) -> Record | Rejection:
    own_day = child_text(item, "pubDate") or child_text(item, "published")
    channel_day = "" if own_day or channel is None else child_text(channel, "pubDate")
    raw = xml_bytes(_with_channel(item, channel_day) if channel_day else item)
    title = clean(child_text(item, "title"))
    old = _OLD_TITLE.search(title)
    name, version = "", None
    for said in (child_text(item, "guid"), child_text(item, "id"), old["id"] if old else "", _link(item)):
        name, version = arxiv_version(re.split(r"arXiv\.org:|/abs/", clean(said))[-1])
        if name:
            break
    if old:
        title = title[: old.start()]
    if not name or not title:
        return Rejection(
            place, "the entry has no title" if name else "the entry has no arXiv id", excerpt(title or raw)
        )
    text = child_text(item, "description") or child_text(item, "summary")
    preface = _PREFACE.match(text)
    kind = clean(child_text(item, "announce_type")) or (preface["kind"] if preface else "")
    if old and old["updated"]:
        kind = kind or "replace"
    moment = moments.moment(clean(own_day or channel_day))
    day = moment.date() if moment else None
    replaced = kind.startswith("replace")
    return record_of(
        name,
        format=NAME,
        place=place,
        raw=raw,
        title=html_to_text(title),
        abstract=html_to_text(text[preface.end() :] if preface else text),
        authors=authors_of(html_to_text(child_text(item, "creator")) or _atom_authors(item)),
        dois=child_text(item, "DOI") or child_text(item, "doi"),
        announced=day if day and not replaced and _is_fresh(name, version, day, kind) else None,
        primary_category="",
        categories=tuple(dict.fromkeys(filter(None, map(_category, item)))),
        comment=child_text(item, "comment"),
        journal_ref=child_text(item, "journal_reference") or child_text(item, "journal_ref"),
        licence=clean(child_text(item, "rights")),
        versions=(Version(version),) if version else (),
        update_only=replaced,
        extra={"announce_type": kind} if kind else {},
    )


def _is_fresh(name: str, version: int | None, day: date, kind: str) -> bool:
    """Whether an announcement is the paper's first; a `cross` may list a paper of years ago anew."""
    if kind != "cross":
        return True
    if (version or 1) > 1 or "/" in name:
        return False
    months = (day.year - 2000 - int(name[:2])) * 12 + day.month - int(name[2:4])
    return months <= 1


def _with_channel(item: Element, day: str) -> Element:
    """The item in a feed of its own, which dates it."""
    feed = Element("rss")
    channel = SubElement(feed, "channel")
    SubElement(channel, "pubDate").text = day
    channel.append(item)
    return feed


def _category(child: Element) -> str:
    return clean(child.get("term") or child.text) if local_name(child) == "category" else ""


def _link(item: Element) -> str:
    for child in item:
        if local_name(child) == "link" and (address := child.get("href") or child.text):
            return address
    return ""


def _atom_authors(item: Element) -> str:
    return ", ".join(child_text(child, "name") for child in item if local_name(child) == "author")
