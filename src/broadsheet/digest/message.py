"""A mail as bytes: headers that mean what they say, a text, and its HTML beside it.

Built so that every server takes it as it is: lines end in CR LF and are short, everything is ASCII
(quoted-printable, encoded words), and nothing that came from outside can begin a header of its own.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.message import Message
from email.utils import format_datetime, formataddr
from typing import Final

from broadsheet.exceptions import MailError

_POLICY: Final = policy.compat32.clone(linesep="\r\n", max_line_length=None)


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
    mail = _alternatives(text, html, heading.message_id) if html else _part("plain", text)
    mail["From"] = _address(*heading.sender)
    mail["To"] = one_line(heading.recipient)
    mail["Subject"] = _encoded(heading.subject)
    mail["Date"] = format_datetime(heading.date)
    mail["Message-ID"] = f"<{one_line(heading.message_id)}>"
    mail["Auto-Submitted"] = "auto-generated"
    if heading.unsubscribe:
        name = _encoded(heading.list_name)
        mail["List-Id"] = f"{name} <{one_line(heading.list_id)}>".strip()
        mail["List-Unsubscribe"] = f"<{one_line(heading.unsubscribe)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Precedence"] = "bulk"
    return mail.as_bytes(policy=_POLICY)


def one_line(value: str) -> str:
    r"""A value that may stand in a header. Raises MailError for line feeds and other control characters.

    >>> one_line("Reset\r\nBcc: everyone@example.org")
    Traceback (most recent call last):
    broadsheet.exceptions.MailError: a header is one line without control characters, got 'Reset\r\nBcc: ...'
    """
    if any(ord(char) < 32 or ord(char) == 127 or char in "\x85\u2028\u2029" for char in value):
        raise MailError(f"a header is one line without control characters, got {value!r}")
    return value


def _encoded(value: str) -> str:
    """A header's words, in encoded words where they are not ASCII; folded."""
    text = one_line(value).encode("utf-8", "replace").decode()
    if text.isascii() and len(text) < 200 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76).encode(linesep="\r\n")


def _address(name: str, address: str) -> str:
    one_line(address)
    return formataddr((one_line(name), address))


def _part(subtype: str, text: str) -> Message:
    part = Message(policy=_POLICY)
    part["MIME-Version"] = "1.0"
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoded = binascii.b2a_qp(lines, istext=True).decode("ascii")
    # Some servers change a line that begins with "From " on the way.
    encoded = "\n".join(
        f"=46{line[1:]}" if line.startswith("From ") else line for line in encoded.split("\n")
    )
    part.set_payload(encoded if encoded.endswith("\n") else f"{encoded}\n")
    return part


def _alternatives(text: str, html: str, seed: str) -> Message:
    mail = Message(policy=_POLICY)
    mail["MIME-Version"] = "1.0"
    # Stable as the rest of the message is; "_" and "=" cannot stand together in quoted-printable text.
    mail["Content-Type"] = f'multipart/alternative; boundary="=_{one_line(seed).partition("@")[0]}"'
    for subtype, content in (("plain", text), ("html", html)):
        part = _part(subtype, content)
        del part["MIME-Version"]
        mail.attach(part)
    return mail
