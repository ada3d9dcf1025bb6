"""OpenReview's notes (API version 2): the papers of a venue or of an invitation, or papers by id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from broadsheet import identifiers
from broadsheet.exceptions import FetchError
from broadsheet.sources.fetch.client import Client, Reply
from broadsheet.sources.harvest.step import (
    START,
    Cursor,
    HarvestState,
    Page,
    Step,
    filled_page,
    not_understood,
    read_words,
    write_cursor,
)

NAME: Final = "openreview"
API: Final = "https://api2.openreview.net"
FORMAT: Final = "openreview"
USAGE: Final = """\
openreview VENUE                     the papers of a venue (ICLR.cc/2025/Conference)
openreview INVITATION                all submissions to it (ICLR.cc/2025/Conference/-/Submission)
openreview venue=NAME                by the venue's name as papers show it ("ICLR 2025 Oral")
openreview ids ID...                 papers by the id in their address
Each takes base=URL for another server of the same kind (venues before 2023: https://api.openreview.net)."""

PAGE: Final = 1000
BLOCKED: Final = (
    "OpenReview refuses visitors from data centres and unknown networks. Pull from a network at home or at a "
    "university, or save this address in a browser and import the file"
)


def pull(client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
    """Yield the steps of one of the forms in USAGE."""
    plain, options = read_words(query, ("venue", "base"), USAGE)
    base = f"{options.get('base', API).rstrip('/')}/notes"
    match plain:
        case ["ids", *words] if words and "venue" not in options:
            yield from _by_ids(client, base, words, state)
        case [] if "venue" in options:
            yield from _list(client, base, {"content.venue": options["venue"]}, state)
        case [name] if "/" in name and "venue" not in options:
            asked = {"invitation": name} if "/-/" in name else {"content.venueid": name}
            yield from _list(client, base, asked, state)
        case _:
            raise not_understood(" ".join(plain), USAGE)


def _list(client: Client, url: str, asked: Mapping[str, str], state: HarvestState) -> Iterator[Step]:
    start = Cursor(state.cursor).number("start")
    while True:
        # Oldest first: a paper that comes in meanwhile stands on the last page and shifts none.
        params: dict[str, str | int] = {**asked, "sort": "tcdate:asc", "limit": PAGE, "offset": start}
        page = filled_page(client, url, start, partial(_page, client, url, params))
        start += page.count
        over = not page.count or start >= page.total if page.total else page.count < PAGE
        note = f"{start} of {page.total or 'unknown'} papers"
        cursor = "" if over else write_cursor({"start": start})
        yield Step(page.body if page.count else b"", FORMAT, cursor, note=note)
        if over:
            return


def _by_ids(client: Client, url: str, words: Sequence[str], state: HarvestState) -> Iterator[Step]:
    names: list[str] = []
    for word in words:
        identifier = identifiers.resolve(word) or identifiers.of("openreview", word)
        if identifier is None or identifier.scheme != "openreview":
            raise not_understood(word, USAGE)
        names.append(identifier.value)
    names = list(dict.fromkeys(names))
    for done in range(Cursor(state.cursor).number("done"), len(names)):
        cursor = write_cursor({"done": done + 1 if done + 1 < len(names) else 0})
        body, note = note_by_id(client, names[done], base=url)
        yield Step(body, FORMAT, cursor, note=note)


def note_by_id(client: Client, name: str, *, base: str = f"{API}/notes") -> tuple[bytes, str]:
    """One paper's payload and a note; no payload if OpenReview does not know it, or does not show it."""
    reply = client.get(base, {"id": name}, accept="application/json", ok=(200, 403, 404), explain=_words)
    if reply.status == HTTPStatus.OK and (page := _read(reply)).count:
        return page.body, name
    if reply.status == HTTPStatus.FORBIDDEN and _is_block(reply):
        raise FetchError(f"{reply.url} answered 403: {BLOCKED}", url=reply.url)
    return b"", f"{name}: OpenReview does not show this paper to everyone"


def _page(client: Client, url: str, params: Mapping[str, str | int]) -> Page:
    return _read(client.get(url, params, accept="application/json", explain=_words))


def _read(reply: Reply) -> Page:
    """Count a page; raises FetchError if it is none. `total` is 0 where the server does not count."""
    try:
        answer = json.loads(reply.require("JSON"))
        notes = answer["notes"]
        count, total = len(notes), answer.get("count")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise FetchError(
            f"{reply.url} answered with no list of notes ({reply.words()!r})", url=reply.url
        ) from error
    return Page(reply.body, count, total if isinstance(total, int) else 0)


def _is_block(reply: Reply) -> bool:
    """Whether a 403 is about who asks, not about what is asked for."""
    said = reply.body[:4096].lower()
    return reply.is_web_page or b"challenge" in said or b"forbiddenerror" not in said


def _words(reply: Reply) -> str:
    """The server's words, or ours where it refuses our whole network."""
    if reply.status == HTTPStatus.FORBIDDEN and _is_block(reply):
        return BLOCKED
    try:
        return str(json.loads(reply.body)["message"])[:300]
    except (ValueError, RecursionError, TypeError, KeyError):
        return reply.words()
