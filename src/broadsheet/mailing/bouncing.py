"""Acting on what came back: addresses that are not there are written to no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from broadsheet.digest.bounce import Bounce, messages, parse
from broadsheet.exceptions import NotFoundError
from broadsheet.store.mailing import Mailing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report. outcome: stopped, noted (it may pass), or unknown (we never wrote there)."""

    recipient: str
    kind: str
    outcome: str
    detail: str


def take(store: Mailing, data: bytes) -> list[Outcome]:
    """Act on the reports in a message or an mbox.

    A report is believed only of an address that we have written to: anybody can send one.
    """
    return [outcome for one in messages(data) for bounce in parse(one) for outcome in _act(store, bounce)]


def _act(store: Mailing, bounce: Bounce) -> Iterator[Outcome]:
    number = bounce.message_id.partition("@")[0]
    try:
        delivery = store.delivery(number) if number else None
    except NotFoundError:
        delivery = None
    recipient = bounce.recipient or (delivery.recipient if delivery else "")
    known = delivery is not None or bool(recipient and store.subscriptions(recipient=recipient))
    if not recipient or not known:
        yield Outcome(recipient, bounce.kind, "unknown", bounce.detail)
        return
    # Mail is passed on from one address to another: what we wrote to is what we stop writing to.
    stopped = delivery.recipient if delivery else recipient
    if bounce.kind == "soft":
        yield Outcome(stopped, bounce.kind, "noted", bounce.detail)
        return
    store.suppress(stopped, "bounced" if bounce.kind == "hard" else "complained", bounce.detail)
    yield Outcome(stopped, bounce.kind, "stopped", bounce.detail)
