"""A mail server of our own that keeps what it is given, refuses what it is told to, and a house to write from."""

from __future__ import annotations

import socket
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.digest.schedule import next_due
from broadsheet.house import House
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.subscriptions import Channel, Subscription, Wish

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller


@dataclass
class Sink:
    """Keeps the mail it accepts: (envelope sender, recipient, bytes)."""

    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # recipient → answer to RCPT
    reject: dict[str, list[str]] = field(default_factory=dict)  # recipient → answers to the last dot, in turn
    connections: int = 0
    refuse_sender: str = ""
    hang_up: set[str] = field(default_factory=set)  # recipients after whose mail the server says nothing more
    port: int = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any
    ) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0] in self.hang_up:
            server.transport.abort()
        answers = self.reject.get(envelope.rcpt_tos[0])
        if answers:
            return answers.pop(0)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return f"250 2.0.0 kept as {len(self.taken)}"

    def recipients(self) -> Counter[str]:
        return Counter(recipient for _, recipient, _ in self.taken)

    def mails(self) -> list[EmailMessage]:
        return [read(content) for _, _, content in self.taken]


def read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    for part in mail.walk():
        assert not part.defects
    return mail


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    kept.port = port
    yield kept
    controller.stop()


@pytest.fixture
def house(tmp_path: Path, sink: Sink) -> Iterator[House]:
    """A house that writes to the sink."""
    given = {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": "none"}
    with broadsheet.open(
        tmp_path / "house", encoder="none", base_url="https://papers.example.org", **given
    ) as made:
        yield made


@pytest.fixture(scope="session")
def parsed() -> Callable[[bytes], EmailMessage]:
    """Read a mail with the standard library's strict parser; it has no defects."""
    return read


def planted(number: int, day: str = "2025-07-29", **given: Any) -> Record:
    """An invented paper, voted for the more the smaller its number."""
    given = {
        "title": f"Paper {number} on the habits of tides",
        "abstract": f"Tides come and go {number} times. They cost $O(n^{{{number}}})$ steps. "
        + "More words. " * 30,
        "authors": (Author("Ada Example"), Author("Bruno Beispiel")),
        "identifiers": (Identifier("arxiv", f"2507.{number:05}"),),
        "listings": (Listing("hf", day, number),),
        "primary_category": "cs.LG",
        "categories": ("cs.LG",),
        "votes": 100 - number,
        "submitted": date(2025, 7, 1),
        **given,
    }
    key = f"2507.{number:05}"
    return Record(source="hf", format="hf-json", key=key, place="", raw=key.encode(), **given)


@pytest.fixture
def papers(house: House) -> Callable[..., None]:
    """Takes invented papers in: their numbers, and the day whose edition they stand in."""

    def take_in(numbers: range, day: str = "2025-07-29", **given: Any) -> None:
        house.store.ingest([planted(number, day, **given) for number in numbers])
        house.index.sync()

    return take_in


@pytest.fixture
def subscribe(house: House) -> Callable[..., Subscription]:
    """Subscribes an address as if it had said yes."""

    def subscribe(
        address: str, at: datetime, wish: Wish | None = None, reader: int | None = None
    ) -> Subscription:
        wish = wish or Wish()
        asked, _ = house.mail.store.ask(Channel.MAIL, address, reader, wish, at)
        return house.mail.store.activate(asked.id, next_due(wish, at), at)

    return subscribe
