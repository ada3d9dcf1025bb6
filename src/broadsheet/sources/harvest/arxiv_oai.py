"""arXiv's changes by OAI-PMH: every record added, replaced or withdrawn since a day, list by list.

A list ends with a resumption token that names the next one; tokens expire. Then the harvest begins again at
the last datestamp it saw, if the server has sent datestamps in order so far, else at the first day. The
next pull begins the day before this one began: a datestamp is a day of the server, so a day may have grown
since. A datestamp tells of any change, so an old paper here is not a new one.

The Open Archives Initiative Protocol for Metadata Harvesting, version 2.0, sections 3.5, 3.6 and 4.5.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from broadsheet.exceptions import FetchError
from broadsheet.sources.arxiv_oai import resumption_token
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest.step import (
    Cursor,
    HarvestState,
    Step,
    not_understood,
    read_day,
    read_words,
    write_cursor,
)

OAI: Final = "https://oaipmh.arxiv.org/oai"
FORMAT: Final = "arxiv-oai"
USAGE: Final = """\
arxiv oai [set=SET] [from=DAY] [until=DAY] [prefix=arXiv|arXivRaw]   every change since a day (a week ago), of
                                     all papers or of a set: cs, math, physics:hep-ph, physics:astro-ph:EP"""

FIRST_WEEK: Final = timedelta(days=7)
OVERLAP: Final = timedelta(days=1)
RESTARTS: Final = 3  # how often a list begins again at the same place before that is called an error


@dataclass(slots=True)
class _List:
    """What one answer says about itself."""

    response_day: str = ""
    token: str = ""
    error: str = ""
    words: str = ""
    records: int = 0
    datestamps: list[str] = field(default_factory=list)


def changes(client: Client, words: Sequence[str], *, state: HarvestState) -> Iterator[Step]:
    """Yield list after list of changed records (see USAGE)."""
    plain, options = read_words(words, ("set", "from", "until", "prefix", "base"), USAGE)
    if plain:
        raise not_understood(plain[0], USAGE)
    url = options.get("base", OAI)
    saved = Cursor(state.cursor)
    week_ago = client.clock.now().date() - FIRST_WEEK
    since = saved.text("from") or read_day(options.get("from", week_ago.isoformat()), USAGE).isoformat()
    first = {"verb": "ListRecords", "metadataPrefix": options.get("prefix", "arXiv")}
    if "set" in options:
        first["set"] = options["set"]
    if "until" in options:
        first["until"] = read_day(options["until"], USAGE).isoformat()
    token, following, reached = saved.text("token"), saved.text("next"), saved.text("reached")
    ordered = not saved.number("unordered")
    restarts = 0
    while True:
        asked = {"verb": "ListRecords", "resumptionToken": token} if token else {**first, "from": since}
        reply = client.get(url, asked, accept="text/xml, application/xml")
        found = _read(reply.require("XML"), reply.url)
        if found.error == "badResumptionToken" and token:
            again = reached if ordered and reached > since else since
            restarts = 0 if again > since else restarts + 1
            if restarts > RESTARTS:
                raise FetchError(f"{url} forgets its resumption tokens before they can be used", url=url)
            since, token = again, ""
            client.back_off(url, restarts + 1)
            continue
        following = following or ("" if "until" in options else _day_before(found.response_day))
        done = write_cursor({"from": following})
        if found.error == "noRecordsMatch":
            yield Step(b"", FORMAT, done, note=f"no changes since {since}")
            return
        if found.error:
            raise FetchError(f"{url} says {found.error}: {found.words}", url=url)
        if found.token and found.token == token:
            raise FetchError(f"{url} names a list as its own continuation; pull again later", url=url)
        if found.datestamps:
            ordered = ordered and min(found.datestamps) >= reached
            reached = max(reached, *found.datestamps)
        token = found.token
        going_on = write_cursor(
            {
                "token": token,
                "from": since,
                "next": following,
                "reached": reached,
                "unordered": int(not ordered),
            }
        )
        plural = "" if found.records == 1 else "s"
        note = f"{found.records} record{plural}" + (f" up to {reached}" if reached else "")
        yield Step(reply.body if found.records else b"", FORMAT, going_on if token else done, note=note)
        if not token:
            return


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - OVERLAP).isoformat()
    except ValueError:
        return ""


def _read(body: bytes, url: str) -> _List:
    """Read an answer's envelope; raises FetchError if it is none."""
    found = _List(token=resumption_token(body))
    root = ""
    try:
        for event, element in defusedxml.ElementTree.iterparse(
            io.BytesIO(body), events=("start", "end"), forbid_dtd=True
        ):
            name = element.tag.rpartition("}")[2]
            root = root or name
            if event == "start":
                continue
            text = (element.text or "").strip()
            if name == "responseDate":
                found.response_day = text[:10]
            elif name == "error":
                found.error, found.words = element.get("code", "error"), text
            elif name == "datestamp":
                found.datestamps.append(text[:10])
            elif name == "record":
                found.records += 1
                element.clear()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise FetchError(f"{url} answered with broken XML ({error})", url=url) from error
    if root != "OAI-PMH":
        raise FetchError(f"{url} is no OAI-PMH server: its answer is a <{root}>", url=url)
    return found
