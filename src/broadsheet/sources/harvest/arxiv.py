"""arXiv: today's announcements, a search, papers by id, or all changes (OAI-PMH).

Announcements (RSS) are the daily paper's own source, but show the last announcement only: when days were
missed, the step warns and names the `oai` harvest, which has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest import arxiv_api as harvest_arxiv_api
from broadsheet.sources.harvest import arxiv_oai as harvest_arxiv_oai
from broadsheet.sources.harvest.step import (
    START,
    Cursor,
    HarvestState,
    Step,
    days_between,
    not_understood,
    read_words,
    step_of,
    write_cursor,
)

NAME: Final = "arxiv"
FEED: Final = "https://rss.arxiv.org/rss"
FORMAT: Final = "arxiv-feed"
USAGE: Final = f"""\
arxiv CATEGORY...                    the newest announcements (cs.LG, math.AG, astro-ph)
{harvest_arxiv_api.USAGE}
{harvest_arxiv_oai.USAGE}
Each takes base=URL for another server of the same kind."""

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)*)?")
_PUBLISHED = re.compile(rb"<(?:pubDate|lastBuildDate)>\s*([^<]{10,60}?)\s*</")
_SATURDAY: Final = 5


def pull(client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
    """Yield the steps of one of the forms in USAGE."""
    match list(query):
        case ["search", *words]:
            yield from harvest_arxiv_api.search(client, words, state=state)
        case ["ids", *words]:
            yield from harvest_arxiv_api.by_ids(client, words, state=state)
        case ["oai", *words]:
            yield from harvest_arxiv_oai.changes(client, words, state=state)
        case words:
            yield _announcements(client, words, state=state)


def _announcements(client: Client, words: Sequence[str], *, state: HarvestState) -> Step:
    categories, options = read_words(words, ("base",), USAGE)
    strange = next((word for word in categories if not _CATEGORY.fullmatch(word)), None)
    if strange is not None or not categories:
        raise not_understood(strange or "", USAGE)
    url = f"{options.get('base', FEED).rstrip('/')}/{'+'.join(dict.fromkeys(categories))}"
    reply = client.get(url, etag=state.etag, last_modified=state.last_modified)
    if reply.not_modified:
        return step_of(reply, state, parser=FORMAT, cursor=state.cursor)
    day = _day(reply.require("XML"))
    missed = _missed(Cursor(state.cursor).day("day"), day)
    cursor = write_cursor({"day": day.isoformat()}) if day else state.cursor
    step = step_of(reply, state, parser=FORMAT, cursor=cursor)
    if not missed:
        return step
    span = missed[0].isoformat() if len(missed) == 1 else f"{missed[0]} to {missed[-1]}"
    note = f"announcements of {span} were not seen; fetch what they held with: arxiv oai from={missed[0]}"
    return replace(step, note=note, warning=True)


def _day(body: bytes) -> date | None:
    """The day a feed says it was published."""
    found = _PUBLISHED.search(body[:65536])
    try:
        return parsedate_to_datetime(found[1].decode("latin-1")).date() if found else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _missed(before: date | None, now: date | None) -> list[date]:
    """The working days between two announcements; arXiv announces nothing at weekends."""
    if before is None or now is None:
        return []
    one = timedelta(days=1)
    return [day for day in days_between(before + one, now - one) if day.weekday() < _SATURDAY]
