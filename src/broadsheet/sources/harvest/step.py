"""A harvest's shape: what it is asked, what it yields, where it goes on.

A harvest fetches and never parses or stores. It yields steps; whoever runs it parses each step's payload,
stores the records, saves the step's cursor, and asks for the next step. Killed at any moment, it goes
on at the last saved cursor: a step may come twice, none is left out. The end of the generator is a success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from broadsheet.exceptions import ConfigError, FetchError
from broadsheet.sources.fetch.client import Client, Reply

EMPTY_PAGES: Final = 3  # how often an empty page that should not be empty is asked for again


@dataclass(frozen=True, slots=True)
class Step:
    """One fetched payload and what to remember once its records are stored.

    payload: bytes for a parser; empty when there is nothing new (which is a success).
    format: the name of the parser, or '' to recognise the format by the bytes.
    cursor: where to go on after this step; '' means at the beginning.
    note: a sentence for the person who watches, or ''. `warning` marks one that must not be overlooked.
    etag, last_modified: for the next conditional request.
    """

    payload: bytes
    format: str
    cursor: str
    note: str = ""
    warning: bool = False
    etag: str = ""
    last_modified: str = ""


class HarvestState(Protocol):
    """What is remembered of the same harvest's last step; the store's `Harvest` is one."""

    @property
    def etag(self) -> str:
        """As the last step gave it."""

    @property
    def last_modified(self) -> str:
        """As the last step gave it."""

    @property
    def cursor(self) -> str:
        """As the last step gave it."""


@dataclass(frozen=True, slots=True)
class Position:
    """A state by itself, without a store."""

    etag: str = ""
    last_modified: str = ""
    cursor: str = ""


START: Final = Position()


class Harvest(Protocol):
    """A module that harvests one service.

    NAME: as in `broadsheet pull NAME ...`. USAGE: the words it understands, one form a line.
    `pull` raises ConfigError for words it does not understand, FetchError (or a kind of it) for the network.
    """

    NAME: str
    USAGE: str

    def pull(self, client: Client, query: Sequence[str], *, state: HarvestState = START) -> Iterator[Step]:
        """Yield steps from where `state` left off."""


def step_of(reply: Reply, state: HarvestState, *, parser: str, cursor: str, note: str = "") -> Step:
    """The step of a conditional request: empty when nothing was modified. `parser` is its format."""
    if reply.not_modified:
        return Step(
            b"",
            parser,
            cursor,
            note="nothing new since the last time",
            etag=reply.etag or state.etag,
            last_modified=reply.last_modified or state.last_modified,
        )
    return Step(reply.body, parser, cursor, note=note, etag=reply.etag, last_modified=reply.last_modified)


def read_words(
    query: Sequence[str], options: Collection[str], usage: str
) -> tuple[list[str], dict[str, str]]:
    """Split what was asked into plain words and `name=value` options; raises ConfigError.

    >>> read_words(["cs.LG", "from=2026-01-31"], ["from"], "")
    (['cs.LG'], {'from': '2026-01-31'})
    """
    plain: list[str] = []
    given: dict[str, str] = {}
    for word in query:
        found = re.match(r"([a-z]+)=(.*)", word, re.DOTALL)
        if not found:
            plain.append(word)
        elif found[1] not in options or not found[2] or found[1] in given:
            raise not_understood(word, usage)
        else:
            given[found[1]] = found[2]
    return plain, given


def not_understood(word: str, usage: str) -> ConfigError:
    """The error for a word no harvest understands."""
    return ConfigError(f"cannot pull {word!r}; understood are:\n{usage}" if word else f"pull what?\n{usage}")


def read_day(text: str, usage: str) -> date:
    """Read YYYY-MM-DD; raises ConfigError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise not_understood(text, usage) from error


def read_number(text: str, usage: str) -> int:
    """Read a whole number above zero; raises ConfigError."""
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0):
        raise not_understood(text, usage)
    return int(text[:10])


def write_cursor(fields: Mapping[str, str | int]) -> str:
    """A cursor from its fields; those that are empty or 0 are left out, and nothing is ''."""
    kept = {name: value for name, value in fields.items() if value}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""


class Cursor:
    """The fields of a saved cursor; one that cannot be read has none, so that the harvest begins anew."""

    def __init__(self, text: str) -> None:
        try:
            fields = json.loads(text) if text else {}
        except ValueError:
            fields = {}
        self._fields = fields if isinstance(fields, dict) else {}

    def text(self, name: str) -> str:
        """A field of text, or ''."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A whole number, or 0."""
        value = self._fields.get(name)
        return value if isinstance(value, int) and value > 0 else 0

    def day(self, name: str) -> date | None:
        """A day, or None."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a numbered list: its bytes, how many papers it holds, how many there are in all."""

    body: bytes
    count: int
    total: int


def filled_page(client: Client, url: str, start: int, ask: Callable[[], Page]) -> Page:
    """A page that holds something, unless the list is at its end.

    Servers under load sometimes send an empty page in the middle of a list; it is asked for again, and
    taken for an error rather than for the end.
    """
    for attempt in range(1, EMPTY_PAGES + 2):
        page = ask()
        if page.count or start >= page.total:
            return page
        client.back_off(url, attempt)
    raise FetchError(
        f"{url} keeps sending an empty page at number {start} of {page.total}; pull again later to go on",
        url=url,
    )


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
