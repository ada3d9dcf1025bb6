"""A digest for a program: to a webhook as JSON, to ntfy as a note."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

from broadsheet.config import Settings
from broadsheet.digest.issue import Issue
from broadsheet.exceptions import FetchError
from broadsheet.mailing.sending import LostError, RefusedError
from broadsheet.sources.fetch.post import Posted, UnansweredError, post
from broadsheet.subscriptions import Channel, Delivery, Subscription

NOTE: Final = 3000  # bytes; ntfy turns longer ones into files


def webhook_body(delivery: Delivery, issue: Issue) -> bytes:
    """The JSON that a webhook gets; the same at every try."""
    papers: list[dict[str, Any]] = [
        {
            "key": entry.key,
            "title": entry.title,
            "authors": entry.by,
            "abstract": entry.text,
            "field": entry.field,
            "status": entry.flag.lower() or "standing",
            "url": issue.paper(entry),
            "source_url": entry.url,
        }
        for entry in issue.entries
    ]
    body = {
        "schema_version": 1,
        "id": delivery.id,
        "edition": issue.edition,
        "title": issue.title,
        "url": f"{issue.site}{issue.path}",
        "composed": delivery.composed.isoformat(),
        "total": issue.total,
        "papers": papers,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def signature(secret: str, delivery: str, body: bytes) -> str:
    """What proves to a receiver that a body is ours: the HMAC-SHA256 of the id, a dot and the body, in hex.

    >>> signature("secret", "5f2e", b"{}")[:16]
    '029be75b3e74f096'
    """
    return hmac.new(secret.encode(), delivery.encode() + b"." + body, hashlib.sha256).hexdigest()


def ntfy_body(issue: Issue) -> bytes:
    """The note: a title a line, as many as fit."""
    lines: list[str] = []
    for entry in issue.entries:
        line = f"• {f'[{entry.flag}] ' if entry.flag else ''}{entry.title}"
        if len("\n".join([*lines, line]).encode()) > NOTE:
            break
        lines.append(line)
    return "\n".join(lines).encode()


def give(config: Settings, subscription: Subscription, delivery: Delivery, issue: Issue, target: str) -> str:
    """Give a digest away, once; returns a receipt. Raises RefusedError or LostError."""
    if subscription.channel is Channel.WEBHOOK:
        body = webhook_body(delivery, issue)
        headers = {
            "Content-Type": "application/json",
            "X-Broadsheet-Delivery": delivery.id,
            "X-Broadsheet-Signature": f"sha256={signature(subscription.secret, delivery.id, body)}",
        }
    else:
        body = ntfy_body(issue)
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Title": _header(f"{issue.masthead}: {issue.title}"),
            "Click": f"{issue.site}{issue.path}",
        }
    try:
        answer = post(target, body, headers, allow_hosts=config.allow_hosts)
    except UnansweredError as error:
        raise LostError(str(error)) from error
    except FetchError as error:  # not reached, or an address that has become a private one
        raise RefusedError(str(error)) from error
    return _receipt(answer)


def _receipt(answer: Posted) -> str:
    said = f"{answer.status} {answer.words}".strip()
    if 200 <= answer.status < 300:
        return said
    if answer.status == 410:
        raise RefusedError(f"gone: {said}", gone=True)
    if answer.status == 429 or answer.status >= 500:
        raise RefusedError(said)
    raise RefusedError(said, permanent=True)


def _header(text: str) -> str:
    """Words in a header of HTTP: encoded (RFC 2047, which ntfy reads) where they are not ASCII."""
    from email.header import Header

    one = " ".join(text.split())
    return one if one.isascii() else Header(one, "utf-8", maxlinelen=998).encode().replace("\n", "")
