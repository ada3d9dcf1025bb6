"""arXiv's query API: a search page by page, or papers by their ids.

A search with `from` is a window of submission days, read from its oldest paper on, so that pages do not
shift; without `until` the next pull begins a week before the last one, because papers may be held for some
days before they are announced. A search without `from` reads the newest papers: 300, or `limit` of them.
A window with a `limit` takes that many papers a pull, and the next pull goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from broadsheet import identifiers
from broadsheet.exceptions import FetchError
from broadsheet.sources.fetch.client import Client, Reply
from broadsheet.sources.harvest.step import (
    Cursor,
    HarvestState,
    Page,
    Step,
    filled_page,
    not_understood,
    read_day,
    read_number,
    read_words,
    write_cursor,
)

API: Final = "https://export.arxiv.org/api/query"
FORMAT: Final = "arxiv-atom"
USAGE: Final = """\
arxiv search QUERY [from=DAY] [until=DAY] [limit=N]   e.g. 'cat:cs.LG AND ti:matryoshka'
arxiv ids ID...                      papers by id, in any spelling"""

PAGE: Final = 100
BATCH: Final = 50
DEEPEST: Final = 30_000  # the API serves no results beyond
NEWEST: Final = 300
OVERLAP: Final = timedelta(days=7)

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_TOTAL: Final = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"


def search(client: Client, words: Sequence[str], *, state: HarvestState) -> Iterator[Step]:
    """Yield the pages of a search (see USAGE)."""
    plain, options = read_words(words, ("from", "until", "limit", "base"), USAGE)
    if not plain:
        raise not_understood("", USAGE)
    base = options.get("base", API)
    asked = " ".join(plain)
    saved = Cursor(state.cursor)
    today = client.clock.now().date()
    since = saved.day("from") or (read_day(options["from"], USAGE) if "from" in options else None)
    until = read_day(options["until"], USAGE) if "until" in options else saved.day("until") or today
    if since is None and "until" in options:
        raise not_understood(f"until={options['until']} without from=", USAGE)
    limit = read_number(options.get("limit", str(NEWEST if since is None else DEEPEST)), USAGE)
    window: dict[str, str] = {}
    following = ""
    if since is not None:
        asked = f"({asked}) AND submittedDate:[{since:%Y%m%d}0000 TO {until:%Y%m%d}2359]"
        window = {"from": since.isoformat(), "until": until.isoformat()}
        following = "" if "until" in options else (until - OVERLAP).isoformat()
    params: dict[str, str | int] = {
        "search_query": asked,
        "sortBy": "submittedDate",
        "sortOrder": "ascending" if window else "descending",
    }
    begin = start = saved.number("start")
    while True:
        here: dict[str, str | int] = {"start": start, "max_results": min(PAGE, limit - (start - begin))}
        page = filled_page(client, base, start, partial(_page, client, base, params | here))
        start += page.count
        note = f"{min(start, page.total)} of {page.total} papers"
        if not page.count or start >= page.total:
            cursor = write_cursor({"from": following})
            yield Step(page.body if page.count else b"", FORMAT, cursor, note=note)
            return
        cursor = write_cursor({"start": start, **window})
        if start - begin >= limit:
            yield Step(page.body, FORMAT, cursor if window else "", note=note)
            return
        yield Step(page.body, FORMAT, cursor, note=note)
        if start >= DEEPEST:
            raise FetchError(
                f"arXiv's search goes no deeper than {DEEPEST} of these {page.total} papers; ask for "
                "fewer days, or use: arxiv oai",
                url=base,
            )


def by_ids(client: Client, words: Sequence[str], *, state: HarvestState) -> Iterator[Step]:
    """Yield papers by id, in batches (see USAGE)."""
    plain, options = read_words(words, ("base",), USAGE)
    names: list[str] = []
    for word in plain:
        identifier = identifiers.resolve(word)
        if identifier is None or identifier.scheme != "arxiv":
            raise not_understood(word, USAGE)
        names.append(identifier.value)
    names = list(dict.fromkeys(names))
    if not names:
        raise not_understood("", USAGE)
    done = Cursor(state.cursor).number("done")
    while done < len(names):
        batch = names[done : done + BATCH]
        done += len(batch)
        after = write_cursor({"done": done if done < len(names) else 0})
        parts = list(_batch(client, options.get("base", API), batch))
        for number, (body, note) in enumerate(parts, start=1):
            before = write_cursor({"done": done - len(batch)})
            yield Step(body, FORMAT, after if number == len(parts) else before, note=note)


def _batch(client: Client, base: str, names: Sequence[str]) -> Iterator[tuple[bytes, str]]:
    """A batch of ids; one that arXiv refuses is halved until the culprit stands alone."""
    params: dict[str, str | int] = {"id_list": ",".join(names), "max_results": len(names)}
    reply = client.get(base, params, ok=(200, 400), explain=_words)
    if reply.status == HTTPStatus.OK:
        page = _read(reply)
        missing = len(names) - page.count
        note = f"{missing} of {len(names)} papers are not known to arXiv" if missing > 0 else ""
        yield page.body if page.count else b"", note
    elif len(names) == 1:
        yield b"", f"{names[0]}: {_words(reply)}"
    else:
        middle = len(names) // 2
        yield from _batch(client, base, names[:middle])
        yield from _batch(client, base, names[middle:])


def _page(client: Client, base: str, params: Mapping[str, str | int]) -> Page:
    return _read(client.get(base, params, explain=_words))


def _read(reply: Reply) -> Page:
    """Count a page; raises FetchError if it is none, or an error in a feed's clothes."""
    body = reply.require("XML")
    try:
        feed: Element = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FetchError(f"{reply.url} answered with broken XML ({error})", url=reply.url) from error
    entries = feed.findall(f"{_ATOM}entry")
    if len(entries) == 1 and "/api/errors" in (entries[0].findtext(f"{_ATOM}id") or ""):
        raise FetchError(f"arXiv says: {entries[0].findtext(f'{_ATOM}summary')}", url=reply.url)
    total = (feed.findtext(_TOTAL) or "").strip()
    return Page(body, len(entries), int(total) if total.isdecimal() else len(entries))


def _words(reply: Reply) -> str:
    """The server's words in an error feed, which has its explanation in an entry's summary."""
    try:
        feed: Element = defusedxml.ElementTree.fromstring(reply.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return reply.words()
    said = feed.findtext(f"{_ATOM}entry/{_ATOM}summary") or ""
    return " ".join(said.split())[:300] or reply.words()
