"""What came back: reports of deliveries that failed (RFC 3464), and complaints (RFC 5965).

Reports are written by programs of every age, so nothing in one is relied on but what is needed: whom it is
about, and whether the address is gone for good. What is no report says nothing; a reply from a person's
holiday program least of all.
"""

from __future__ import annotations

import email
import mailbox as mailboxes
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final, Literal

from broadsheet.digest.mailbox import mailbox
from broadsheet.exceptions import MailAddressError

Kind = Literal["hard", "soft", "complaint"]
MOST: Final = 50 << 20
_ADDRESS: Final = re.compile(r"[^\s<>;,\"()]{1,64}@[^\s<>;,\"()]{1,253}")
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE: Final = re.compile(r"\b([45]\d\d)\b")
_ID: Final = re.compile(r"<([^<>\s@]{1,100}@[^<>\s@]{1,253})>")
# 5.1.x: the address; 5.2.1: the mailbox is closed. Full mailboxes and opinions about our mail may pass.
_GONE: Final = re.compile(r"5\.1\.[0-9]+|5\.2\.1|5\.4\.4")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of one address.

    kind: hard, there is nobody; soft, not now or not this; complaint, the reader called it spam.
    status: the enhanced code, or ''. message_id: of the mail it is about, or ''.
    """

    recipient: str
    kind: Kind
    status: str
    detail: str
    message_id: str = ""


def messages(data: bytes) -> Iterator[bytes]:
    """The messages in a file: one, or those of an mbox."""
    if not data.startswith(b"From "):
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="broadsheet-bounces-") as folder:
        path = Path(folder) / "mbox"
        path.write_bytes(data)
        box = mailboxes.mbox(str(path), create=False)
        try:
            for key in box.iterkeys():
                yield box.get_bytes(key)
        finally:
            box.close()


def parse(data: bytes) -> list[Bounce]:
    """What a message reports, one for each address; none if it is no report."""
    try:
        message = email.message_from_bytes(data[:MOST])
        found = list(_complaints(message)) or list(_reports(message))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []  # bytes that the parser of the standard library trips over are no report
    return list({bounce.recipient.casefold(): bounce for bounce in found}.values())


def _reports(message: Message) -> Iterator[Bounce]:
    original = _original_id(message)
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        # A list of blocks, of which the first is about the message; some programs leave it out.
        for block in _inner(part):
            bounce = _report(block, original)
            if bounce:
                yield bounce


def _report(block: Message, original: str) -> Bounce | None:
    action = _text(block, "Action").lower()
    recipient = _address(_text(block, "Final-Recipient")) or _address(_text(block, "Original-Recipient"))
    if not recipient or action not in ("failed", "delayed"):
        return None
    diagnostic = _text(block, "Diagnostic-Code")
    status = _STATUS.search(_text(block, "Status"))
    told = _STATUS.search(diagnostic)
    if told and (status is None or status[0].endswith(".0.0")):
        status = told  # the words of the last server say more than a general code
    code = _CODE.search(diagnostic)
    permanent = status[1] == "5" if status else bool(code and code[1][0] == "5")
    if status and status[0].endswith(".0.0"):
        gone = bool(code and code[1] in ("550", "551", "553"))
    else:
        gone = bool(_GONE.fullmatch(status[0])) if status else bool(code and code[1] in ("550", "551", "553"))
    hard = action == "failed" and permanent and gone
    detail = diagnostic or (status[0] if status else action)
    return Bounce(recipient, "hard" if hard else "soft", status[0] if status else "", detail, original)


def _complaints(message: Message) -> Iterator[Bounce]:
    original = _original_id(message)
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        for block in _inner(part) or [email.message_from_string(str(part.get_payload()))]:
            recipient = _address(_text(block, "Original-Rcpt-To"))
            kind = _text(block, "Feedback-Type").lower()
            if kind in ("abuse", "fraud", "opt-out"):
                yield Bounce(recipient, "complaint", "", kind, original)


def _original_id(message: Message) -> str:
    """The Message-ID of the mail that a report is about, from the copy or the headers it carries."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = _inner(part)
            found = _ID.search(_text(inner[0], "Message-ID")) if inner else None
        elif kind == "text/rfc822-headers":
            raw = part.get_payload(decode=True)
            headers = email.message_from_bytes(raw if isinstance(raw, bytes) else b"")
            found = _ID.search(_text(headers, "Message-ID"))
        else:
            continue
        if found:
            return found[1]
    return ""


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _text(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())[:1000]


def _address(field: str) -> str:
    """The address in `rfc822; <ada@example.org>`, canonical; '' for none."""
    found = _ADDRESS.search(field.partition(";")[2] or field)
    try:
        return mailbox(found[0]) if found else ""
    except MailAddressError:
        return ""
