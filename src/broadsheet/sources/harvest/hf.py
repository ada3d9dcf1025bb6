"""Hugging Face Daily Papers: the lists of days, or papers by id.

Without days the harvest goes on at the last day it fetched: that day again, since a list grows and its votes
move until the day is over, then each day up to today (UTC).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from broadsheet import identifiers
from broadsheet.exceptions import FetchError
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest.step import (
    START,
    Cursor,
    HarvestState,
    Step,
    days_between,
    not_understood,
    read_day,
    read_words,
    write_cursor,
)

NAME: Final = "hf"
API: Final = "https://huggingface.co/api"
FORMAT: Final = "hf-json"
USAGE: Final = """\
hf                                   the Daily Papers since the last pull (at first: of the last three days)
hf DAY...                            of these days (2026-09-14)
hf from=DAY [until=DAY]              of each day from one to the other
hf ids ID...                         papers by arXiv id
Each takes base=URL for another server of the same kind."""

PAGE: Final = 50
FIRST_DAYS: Final = timedelta(days=2)


def pull(client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
    """Yield the steps of one of the forms in USAGE."""
    plain, options = read_words(query, ("from", "until", "base"), USAGE)
    base = options.get("base", API).rstrip("/")
    if plain[:1] == ["ids"]:
        yield from _by_ids(client, base, plain[1:], state)
    else:
        yield from _daily(client, base, plain, options, state)


def _daily(
    client: Client, base: str, words: Sequence[str], options: dict[str, str], state: HarvestState
) -> Iterator[Step]:
    today = client.clock.now().date()
    saved = Cursor(state.cursor)
    open_ended = not words and "until" not in options
    if words:
        if "from" in options or "until" in options:
            raise not_understood(" ".join(words), USAGE)
        days = sorted({read_day(word, USAGE) for word in words})
    else:
        if "until" in options and "from" not in options:
            raise not_understood(f"until={options['until']} without from=", USAGE)
        since = read_day(options["from"], USAGE) if "from" in options else today - FIRST_DAYS
        until = read_day(options["until"], USAGE) if "until" in options else today
        days = list(days_between(since, until))
    reached = saved.day("day")
    if reached is not None:
        days = (
            [day for day in days if day >= reached]
            if words or "until" in options
            else list(days_between(reached, today))
        )
    for number, day in enumerate(days, start=1):
        last = number == len(days)
        after = day if last else days[number]
        cursor = "" if last and not open_ended else write_cursor({"day": after.isoformat()})
        page = saved.number("page") if day == reached else 0
        yield from _day(client, base, day, page, cursor, today)


def _day(client: Client, base: str, day: date, page: int, after: str, today: date) -> Iterator[Step]:
    """One day's list; `after` is the cursor once all of it is stored."""
    url = f"{base}/daily_papers"
    before: list[Any] = []
    while True:
        params: dict[str, str | int] = {"date": day.isoformat(), "p": page, "limit": PAGE}
        # The service's own day may begin later than ours; it refuses days to come.
        ok = (200, 400, 404) if day >= today else (200,)
        reply = client.get(url, params, accept="application/json", ok=ok)
        if reply.status != HTTPStatus.OK:
            yield Step(b"", FORMAT, after, note=f"{day}: not there yet")
            return
        try:
            papers = json.loads(reply.require("JSON"))
        except (ValueError, RecursionError) as error:
            raise FetchError(f"{reply.url} answered with broken JSON ({error})", url=reply.url) from error
        if not isinstance(papers, list):
            raise FetchError(
                f"{reply.url} answered with no list of papers ({reply.words()!r})", url=reply.url
            )
        page += 1
        over = len(papers) < PAGE or papers == before
        cursor = after if over else write_cursor({"day": day.isoformat(), "page": page})
        new = papers and papers != before
        yield Step(
            reply.body if new else b"", FORMAT, cursor, note=f"{day}: {len(papers) if new else 'no'} papers"
        )
        if over:
            return
        before = papers


def _by_ids(client: Client, base: str, words: Sequence[str], state: HarvestState) -> Iterator[Step]:
    found = [identifiers.resolve(word) for word in words]
    strange = next((w for w, i in zip(words, found, strict=True) if i is None or i.scheme != "arxiv"), None)
    names = list(dict.fromkeys(identifier.value for identifier in found if identifier))
    if strange is not None or not names:
        raise not_understood(strange or "", USAGE)
    for done in range(Cursor(state.cursor).number("done"), len(names)):
        name = names[done]
        reply = client.get(f"{base}/papers/{name}", accept="application/json", ok=(200, 404))
        known = reply.status == HTTPStatus.OK
        cursor = write_cursor({"done": done + 1 if done + 1 < len(names) else 0})
        note = name if known else f"{name}: not among these papers"
        yield Step(reply.require("JSON") if known else b"", FORMAT, cursor, note=note)
