"""Papers by their identifiers, of whatever scheme: what a pasted list needs to become papers.

arXiv ids go to arXiv's API in batches, DOIs to Crossref one by one (those another agency registered are
resolved by doi.org, which speaks CSL-JSON), OpenReview and ACL ids to their own sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from broadsheet import identifiers
from broadsheet.exceptions import FetchError, RateLimitedError
from broadsheet.papers import Identifier
from broadsheet.sources.fetch.client import Client
from broadsheet.sources.harvest import arxiv_api as harvest_arxiv_api
from broadsheet.sources.harvest import openreview as harvest_openreview
from broadsheet.sources.harvest.step import (
    START,
    Cursor,
    HarvestState,
    Position,
    Step,
    not_understood,
    read_words,
    write_cursor,
)

NAME: Final = "ids"
SERVERS: Final = {
    "arxiv": harvest_arxiv_api.API,
    "crossref": "https://api.crossref.org/works",
    "doi": "https://doi.org",
    "openreview": f"{harvest_openreview.API}/notes",
    "acl": "https://aclanthology.org",
}
USAGE: Final = f"""\
ids ID...                            papers by arXiv id, DOI, OpenReview id or ACL id, in any spelling
Other servers of the same kind: {", ".join(f"{name}=URL" for name in SERVERS)}"""

CSL: Final = "application/vnd.citationstyles.csl+json"


def pull(client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
    """Yield a step for each batch of arXiv ids, then one for each other id."""
    plain, options = read_words(query, tuple(SERVERS), USAGE)
    servers = SERVERS | options
    wanted: dict[str, list[str]] = {"arxiv": [], "doi": [], "openreview": [], "acl": []}
    for word in plain:
        identifier = identifiers.resolve(word) or _strict(word)
        if identifier is None or identifier.scheme not in wanted:
            raise not_understood(word, USAGE)
        wanted[identifier.scheme].append(identifier.value)
    if not plain:
        raise not_understood("", USAGE)
    preprints = list(dict.fromkeys(wanted.pop("arxiv")))
    others = [(scheme, name) for scheme, names in wanted.items() for name in dict.fromkeys(names)]
    done = Cursor(state.cursor).number("done")
    if done < len(preprints):
        words = [f"base={servers['arxiv']}", *preprints]
        end = write_cursor({"done": len(preprints)}) if others else ""
        for step in harvest_arxiv_api.by_ids(
            client, words, state=Position(cursor=write_cursor({"done": done}))
        ):
            yield Step(step.payload, step.format, step.cursor or end, note=step.note)
    for number, (scheme, name) in enumerate(others, start=len(preprints) + 1):
        if number <= done:
            continue
        cursor = write_cursor({"done": number if number < len(preprints) + len(others) else 0})
        yield _one(client, servers, scheme, name, cursor)


def _strict(word: str) -> Identifier | None:
    try:
        return identifiers.parse(word)
    except ValueError:
        return None


def _one(client: Client, servers: dict[str, str], scheme: str, name: str, cursor: str) -> Step:
    """One paper; a server's refusal of one is a note, so that the rest is not held up by it."""
    try:
        if scheme == "openreview":
            body, note = harvest_openreview.note_by_id(client, name, base=servers["openreview"])
            return Step(body, harvest_openreview.FORMAT, cursor, note=note)
        if scheme == "acl":
            return _acl(client, servers["acl"].rstrip("/"), name, cursor)
        return _doi(client, servers, name, cursor)
    except RateLimitedError:
        raise
    except FetchError as error:
        return Step(b"", "", cursor, note=f"{scheme}:{name}: {error}", warning=True)


def _acl(client: Client, base: str, name: str, cursor: str) -> Step:
    reply = client.get(f"{base}/{quote(name)}.bib", ok=(200, 404))
    if reply.status != HTTPStatus.OK or reply.is_web_page:
        return Step(b"", "bibtex", cursor, note=f"{name}: not in the ACL Anthology")
    return Step(reply.body, "bibtex", cursor, note=name)


def _doi(client: Client, servers: dict[str, str], name: str, cursor: str) -> Step:
    path = quote(name, safe="")
    reply = client.get(f"{servers['crossref'].rstrip('/')}/{path}", accept="application/json", ok=(200, 404))
    if reply.status == HTTPStatus.OK:
        return Step(reply.require("JSON"), "crossref", cursor, note=name)
    reply = client.get(f"{servers['doi'].rstrip('/')}/{path}", accept=CSL, ok=(200, 404, 406))
    if reply.status == HTTPStatus.OK and not reply.is_web_page:
        return Step(reply.require("JSON"), "csl-json", cursor, note=name)
    return Step(b"", "csl-json", cursor, note=f"{name}: no agency describes this DOI")
