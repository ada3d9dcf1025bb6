"""Whether mail will arrive: the settings, the mail server, the signature, and what is stuck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from broadsheet.digest import message
from broadsheet.digest.signature import SIGNED, signed_headers
from broadsheet.exceptions import BroadsheetError
from broadsheet.mailing.relay import Relay

if TYPE_CHECKING:
    from broadsheet.house import House

ONE_CLICK: Final = ("list-unsubscribe", "list-unsubscribe-post")
OVERDUE: Final = timedelta(hours=1)


class Ill(NamedTuple):
    """What was looked at: a level (ok, warning, problem), what was seen, what to do."""

    level: Literal["ok", "warning", "problem"]
    detail: str
    advice: str = ""


def examine(house: House) -> Iterator[Ill]:
    """Look at everything about mail; the mail server is asked for a greeting."""
    config, mail = house.settings, house.mail
    if not mail.ready:
        yield Ill("ok", "no mail server is set, so no mail goes out")
        return
    yield from _site(house)
    yield from _server(house)
    if mail.signer is None:
        advice = "let it sign both List-Unsubscribe headers too (h=), or set BROADSHEET_DKIM_KEY"
        yield Ill("ok", f"not signed here: {config.smtp_host} must, for {_domain(house)}", advice)
    else:
        yield from _signature(house)
    yield from _queue(house)


def _domain(house: House) -> str:
    return house.settings.sender[1].rpartition("@")[2]


def _site(house: House) -> Iterator[Ill]:
    config = house.settings
    if not config.base_url:
        advice = "set BROADSHEET_BASE_URL to the public address"
        yield Ill("warning", f"links in mails lead to {config.site}, which only this machine knows", advice)
    elif not config.base_url.startswith("https://"):
        advice = "serve the paper over https: mail programs offer one click to unsubscribe only then"
        yield Ill("warning", f"links in mails lead to {config.base_url}", advice)
    else:
        yield Ill("ok", f"from {config.sender[1]}, with links to {config.base_url}")


def _server(house: House) -> Iterator[Ill]:
    config = house.settings
    place = f"{config.smtp_host}:{config.smtp_port}"
    relay = Relay(config)
    try:
        relay.greet()
    except BroadsheetError as error:
        yield Ill("problem", str(error), "mail waits in the queue until it can go")
    else:
        open_ = config.smtp_security == "none" and config.smtp_host not in ("localhost", "127.0.0.1", "::1")
        advice = "set BROADSHEET_SMTP_SECURITY to starttls or tls" if open_ else ""
        yield Ill("warning" if open_ else "ok", f"{place} answers ({config.smtp_security})", advice)
    finally:
        relay.close()


def _signature(house: House) -> Iterator[Ill]:
    signer = house.mail.signer
    assert signer
    heading = message.Heading(
        sender=house.settings.sender,
        recipient=house.settings.sender[1],
        subject="A look at the signature",
        message_id=f"doctor@{_domain(house)}",
        date=datetime.now(UTC),
        unsubscribe=f"{house.settings.site}/mail/unsubscribe/x",
        list_id=_domain(house),
    )
    try:
        signed = signer.sign(message.write(heading, "text"))
        record = signer.public_record()
    except BroadsheetError as error:
        yield Ill("problem", str(error), "no mail goes out until the key is mended")
        return
    head = signed.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "")
    names = signed_headers(head.partition("DKIM-Signature:")[2].partition("MIME-Version:")[0])
    missing = [name for name in ONE_CLICK if name not in names]
    if missing:
        yield Ill("problem", f"the signature leaves out {' and '.join(missing)}", "")
        return
    place = f"{signer.selector}._domainkey.{signer.domain}"
    yield Ill(
        "ok", f"signed for {signer.domain}, {len(names)} of {len(SIGNED)} headers", f"{place} TXT {record}"
    )
    sender = _domain(house)
    if sender != signer.domain and not sender.endswith(f".{signer.domain}"):
        yield Ill(
            "warning",
            f"mail comes from {sender} and is signed for {signer.domain}: DMARC does not count that",
            "set BROADSHEET_DKIM_DOMAIN to the domain of BROADSHEET_MAIL_FROM, or to one above it",
        )


def _queue(house: House) -> Iterator[Ill]:
    subscriptions, deliveries = house.mail.store.counts()
    told = f"{subscriptions.get('active', 0)} subscriptions, {deliveries.get('done', 0)} messages delivered"
    unknown = deliveries.get("handed", 0)
    earliest = house.mail.store.next_moment()
    if earliest and earliest < datetime.now(UTC) - OVERDUE:
        waiting = deliveries.get("composed", 0)
        advice = "is `broadsheet serve` or `broadsheet work` running? `broadsheet jobs` says how mail fares"
        yield Ill(
            "warning", f"{waiting} messages have been waiting since {earliest:%Y-%m-%d %H:%M} UTC", advice
        )
    if unknown:
        advice = "`broadsheet digest status` names them; the mail server's log knows whether they arrived"
        yield Ill("warning", f"{told}; {unknown} handed over without a receipt", advice)
    else:
        yield Ill("ok", told)
