"""A mail server of our own that keeps what it is given, refuses what it is told to, and a house to write from."""

from __future__ import annotations

import socket
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.house import House

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
