"""A mail as bytes: headers that mean what they say, a text, and its HTML beside it.

Built so that every server takes it as it is: lines end in CR LF and are short, everything is ASCII
(quoted-printable, encoded words), and nothing that came from outside can begin a header of its own.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Final

from broadsheet.exceptions import MailError

_BREAKS: Final = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands above a mail.

    sender: name and address. message_id: without angle brackets, the same at every try.
    unsubscribe: the address for one click (RFC 8058); '' for a letter to one person, which is no list's.
    list_id: the list's name, as a host. settings: a page to change the subscription at.
    """

    sender: tuple[str, str]
    recipient: str
    subject: str
    message_id: str
    date: datetime
    unsubscribe: str = ""
    list_id: str = ""
    list_name: str = ""


def write(heading: Heading, text: str, html: str = "") -> bytes:
    """The mail. Raises MailError when a header would not be one line."""
    headers = [
        ("From", formataddr((one_line(heading.sender[0]), one_line(heading.sender[1])))),
        ("To", one_line(heading.recipient)),
        ("Subject", _encoded(heading.subject)),
        ("Date", format_datetime(heading.date)),
        ("Message-ID", f"<{one_line(heading.message_id)}>"),
        ("Auto-Submitted", "auto-generated"),
    ]
    if heading.unsubscribe:
        name = _encoded(heading.list_name)
        headers += [
            ("List-Id", f"{name} <{one_line(heading.list_id)}>".strip()),
            ("List-Unsubscribe", f"<{one_line(heading.unsubscribe)}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Precedence", "bulk"),
        ]
    headers.append(("MIME-Version", "1.0"))
    if not html:
        return _joined([*headers, *_kind("plain")], _quoted(text))
    # Stable as the rest of the message is; "=_" cannot stand in quoted-printable text.
    boundary = f"=_{one_line(heading.message_id).partition('@')[0]}"
    headers.append(("Content-Type", f'multipart/alternative; boundary="{boundary}"'))
    parts = [
        f"--{boundary}\r\n".encode() + _joined(_kind(subtype), _quoted(content))
        for subtype, content in (("plain", text), ("html", html))
    ]
    return _joined(headers, b"".join(parts) + f"--{boundary}--\r\n".encode())


def one_line(value: str) -> str:
    r"""A value that may stand in a header. Raises MailError for line feeds and other control characters.

    >>> one_line("Reset\r\nBcc: everyone@example.org")
    Traceback (most recent call last):
    broadsheet.exceptions.MailError: a header is one line without control characters, got 'Reset\r\nBcc: ...'
    """
    if _BREAKS.search(value):
        raise MailError(f"a header is one line without control characters, got {value!r}")
    return value


def _encoded(value: str) -> str:
    """A header's words, in encoded words where they are not ASCII; folded."""
    text = one_line(value).encode("utf-8", "replace").decode()
    if text.isascii() and len(text) < 200 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76).encode(linesep="\r\n")


def _kind(subtype: str) -> list[tuple[str, str]]:
    return [
        ("Content-Type", f'text/{subtype}; charset="utf-8"'),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]


def _joined(headers: list[tuple[str, str]], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + b"\r\n" + body


def _quoted(text: str) -> bytes:
    """Text in quoted-printable lines that end in CR LF."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    quoted = binascii.b2a_qp(plain if plain.endswith(b"\n") else plain + b"\n", istext=True)
    # Some servers change a line that begins with "From " on the way.
    quoted = quoted.replace(b"\nFrom ", b"\n=46rom ")
    if quoted.startswith(b"From "):
        quoted = b"=46" + quoted[1:]
    return quoted.replace(b"\n", b"\r\n")
