"""A list of papers as a feed: Atom, RSS 2.0 and JSON Feed 1.1.

An entry keeps its id for ever, and its `updated` moves when the paper changes, never because the feed was
made again; so a feed reader shows a paper once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from broadsheet.papers import Paper, Status
from broadsheet.web import wording
from broadsheet.web.addresses import Addresses
from broadsheet.web.wording import printable

# Name in addresses → media type and label.
FORMATS: Final = {
    "atom": ("application/atom+xml; charset=utf-8", "Atom"),
    "rss": ("application/rss+xml; charset=utf-8", "RSS"),
    "json": ("application/feed+json; charset=utf-8", "JSON Feed"),
}
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself: its title, the page it follows, its own address."""

    title: str
    page: str
    feed: str


def write(name: str, channel: Channel, papers: Sequence[Paper], where: Addresses) -> bytes:
    """The papers as a feed in the format of that name."""
    return {"atom": _atom, "rss": _rss, "json": _json}[name](channel, papers, where)


def identity(paper: Paper) -> str:
    """A URN that stays with a paper.

    Made from the record that brought the paper in, so a better key or a new version does not change it.
    """
    first = min(paper.manifestations, key=lambda m: m.id, default=None)
    name = f"{first.source}:{first.key}" if first else paper.key
    return uuid.uuid5(uuid.NAMESPACE_URL, f"broadsheet:{name}").urn


def published(paper: Paper) -> datetime:
    """The first edition that carries the paper; where its year is unknown, the moment it came in."""
    first = next((day for day in paper.days if not day.startswith("--")), None)
    return datetime.fromisoformat(first).replace(tzinfo=UTC) if first else paper.added.astimezone(UTC)


def content(paper: Paper) -> str:
    """What an entry shows: a warning where one is due, the authors, the whole abstract, its maths as TeX."""
    lines = []
    if paper.status is not Status.STANDING:
        lines.append(Markup("<p><strong>{}.</strong></p>").format(wording.STATUS[paper.status]))
    if paper.authors:
        lines.append(Markup("<p><em>{}</em></p>").format(wording.by_line(paper.authors, 8)))
    lines += (Markup("<p>{}</p>").format(part) for part in paper.abstract.split("\n\n") if part)
    facts = [wording.votes(paper), paper.venue, wording.where(paper)]
    if any(facts):
        lines.append(Markup("<p>{}</p>").format(" · ".join(filter(None, facts))))
    return printable("\n".join(lines))


def _categories(paper: Paper) -> list[str]:
    return list(dict.fromkeys(printable(name) for name in paper.categories if name.strip()))


def _generator(channel: Channel, papers: Sequence[Paper], where: Addresses) -> Any:
    from feedgen.feed import FeedGenerator

    feed = FeedGenerator()
    feed.load_extension("dc")
    feed.id(uuid.uuid5(uuid.NAMESPACE_URL, channel.page).urn)
    feed.title(printable(channel.title))
    feed.subtitle("A daily paper of research papers")
    feed.generator("Broadsheet")
    feed.language("en")
    # RSS takes the address of the page from the last link that is set.
    feed.link(href=channel.feed, rel="self")
    feed.link(href=channel.page, rel="alternate")
    changed = max((paper.updated for paper in papers), default=EPOCH).astimezone(UTC)
    feed.updated(changed)
    feed.lastBuildDate(changed)
    for paper in papers:
        entry = feed.add_entry(order="append")
        entry.id(identity(paper))
        entry.guid(identity(paper), permalink=False)
        entry.title(printable(wording.flagged(paper)))
        entry.link(href=where.origin + where.paper(paper), rel="alternate")
        entry.published(published(paper))
        entry.updated(paper.updated.astimezone(UTC))
        entry.content(content(paper), type="html")
        entry.category([{"term": name} for name in _categories(paper)])
        names = [printable(author.name) for author in paper.authors]
        entry.author([{"name": name} for name in names])
        entry.dc.dc_creator(names)
    return feed


def _atom(channel: Channel, papers: Sequence[Paper], where: Addresses) -> bytes:
    written: bytes = _generator(channel, papers, where).atom_str(pretty=True)
    return written


def _rss(channel: Channel, papers: Sequence[Paper], where: Addresses) -> bytes:
    written: bytes = _generator(channel, papers, where).rss_str(pretty=True)
    return written


def _json(channel: Channel, papers: Sequence[Paper], where: Addresses) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": printable(channel.title),
        "home_page_url": channel.page,
        "feed_url": channel.feed,
        "language": "en",
        "items": [
            {
                "id": identity(paper),
                "url": where.origin + where.paper(paper),
                **({"external_url": wording.where(paper)} if wording.where(paper) else {}),
                "title": printable(wording.flagged(paper)),
                "content_html": content(paper),
                "date_published": published(paper).isoformat(),
                "date_modified": paper.updated.astimezone(UTC).isoformat(),
                "authors": [{"name": printable(author.name)} for author in paper.authors],
                "tags": _categories(paper),
            }
            for paper in papers
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()
