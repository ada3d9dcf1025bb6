"""Messages on their way: composed, claimed, handed over, done; at most once for each receiver and edition.

That nobody gets an edition twice is a unique key of the table. That a message does not go out twice is the
order of two commits: `hand` notes that it is being given away, and only then may the sender say the last word
of it. Every function works inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from broadsheet.exceptions import NotFoundError
from broadsheet.store import documents
from broadsheet.store.schema_mail import deliveries as table
from broadsheet.store.schema_mail import digests, subscriptions, suppressions
from broadsheet.store.subscriptions import moment_or_none, stored
from broadsheet.subscriptions import Channel, Delivery, Standing, State

NEWS: Final = timedelta(days=4)  # so long a digest that could not be sent is tried
_D, _G, _S, _X = table.c, digests.c, subscriptions.c, suppressions.c


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest as kept: what it tells (JSON), and its two forms but for what is the receiver's own."""

    id: str
    composed: datetime
    document: dict[str, Any]
    html: str
    text: str


def keep_digest(
    connection: Connection, number: str, now: datetime, document: dict[str, Any], html: str, text: str
) -> None:
    """Keep a composed digest, unless one of that id is here: they are the same then."""
    if connection.scalar(select(_G.id).where(_G.id == number)) is None:
        values = {"id": number, "composed": stored(now), "document": documents.dumps(document)}
        connection.execute(insert(digests), [{**values, "html": html, "text": text}])


def digest(connection: Connection, number: str) -> Composed:
    """The composed digest of that id. Raises NotFoundError."""
    row = connection.execute(select(digests).where(_G.id == number)).first()
    if row is None:
        raise NotFoundError("that digest is no longer kept here")
    at = documents.moment(row.composed)
    return Composed(row.id, at, documents.loads(row.document), row.html, row.text)


def compose(
    connection: Connection,
    now: datetime,
    *,
    recipient: str,
    channel: Channel = Channel.MAIL,
    edition: str = "",
    subscription: str | None = None,
    digest: str | None = None,
    subject: str = "",
    body: str = "",
) -> str:
    """Put a message in the queue; returns its id, or '' where this receiver has this edition already."""
    number = secrets.token_hex(8)
    edition = edition or number
    key = recipient.casefold()
    if has(connection, recipient, edition):
        return ""
    moment = stored(now)
    values = {
        "id": number,
        "channel": channel.value,
        "recipient": key,
        "edition": edition,
        "subscription_id": subscription,
        "digest_id": digest,
        "subject": subject,
        "body": body,
        "state": State.COMPOSED.value,
        "tries": 0,
        "not_before": moment,
        "sender": "",
        "until": "",
        "composed": moment,
        "error": "",
        "receipt": "",
    }
    connection.execute(insert(table), [values])
    return number


def has(connection: Connection, recipient: str, edition: str) -> bool:
    """Whether a receiver has an edition, or it is on its way there."""
    wanted = select(_D.id).where(_D.recipient == recipient.casefold(), _D.edition == edition)
    return connection.scalar(wanted) is not None


def claim(
    connection: Connection, sender: str, now: datetime, until: datetime, limit: int, *, mail: bool = True
) -> list[tuple[Delivery, str]]:
    """Take messages that are ready, each with the address it goes to; the letters first, then by age.

    A claim that has lapsed is taken over: its sender died before it had given the message away. Messages to
    addresses that are not written to, or whose subscription has ended, and digests that are no longer news
    are given up here. Without `mail`, mail stays where it is.
    """
    moment = stored(now)
    ready = or_(
        and_(_D.state == State.COMPOSED.value, _D.not_before <= moment),
        and_(_D.state == State.CLAIMED.value, _D.until < moment),
    )
    joined = table.outerjoin(subscriptions, _D.subscription_id == _S.id)
    joined = joined.outerjoin(suppressions, _D.recipient == _X.recipient)
    wanted = (
        select(table, _S.target, _S.standing, _X.reason.label("suppressed"))
        .select_from(joined)
        .where(ready, *(() if mail else (_D.channel != Channel.MAIL.value,)))
        .order_by(_D.subscription_id.is_not(None), _D.not_before, _D.id)
        .limit(limit)
    )
    taken = []
    for row in connection.execute(wanted).all():
        if why := _pointless(row, now):
            give_up(connection, row.id, why)
            continue
        taken.append((_delivery(row), row.target or row.recipient))
    if taken:
        ids = [delivery.id for delivery, _ in taken]
        values = {"state": State.CLAIMED.value, "sender": sender, "until": stored(until)}
        connection.execute(update(table).where(_D.id.in_(ids)).values(**values))
    return taken


def _pointless(row: Row[Any], now: datetime) -> str:
    """Why a message had better not go out any more, or ''."""
    if row.suppressed:
        return f"not written to: {row.suppressed}"
    if row.standing == Standing.ENDED:
        return "unsubscribed before it went"
    old = row.subscription_id and documents.moment(row.composed) < now - NEWS
    return "too old to be news" if old else ""


def hand(connection: Connection, sender: str, numbers: Sequence[str], now: datetime) -> list[str]:
    """Note that messages are being given away, and return those that may be: the others were lost meanwhile.

    When this is committed, the sender says the last word; nobody will ever send these again by themselves.
    """
    mine = []
    for number in numbers:
        owned = and_(_D.id == number, _D.state == State.CLAIMED.value, _D.sender == sender)
        values = {"state": State.HANDED.value, "handed": stored(now)}
        if connection.execute(update(table).where(owned).values(**values)).rowcount:
            mine.append(number)
    return mine


def finish(connection: Connection, number: str, now: datetime, receipt: str) -> None:
    """The receiver said that it has it. What a letter said is forgotten."""
    _set(
        connection, number, state=State.DONE.value, done=stored(now), receipt=receipt[:500], error="", body=""
    )


def put_back(connection: Connection, number: str, not_before: datetime, error: str) -> None:
    """The receiver said that it does not have it, for now: try again later."""
    values = {"state": State.COMPOSED.value, "not_before": stored(not_before), "error": error[:500]}
    _set(connection, number, **values, tries=_D.tries + 1, sender="", until="", handed=None)


def give_up(connection: Connection, number: str, error: str) -> None:
    """It cannot be delivered."""
    _set(connection, number, state=State.FAILED.value, error=error[:500], body="")


def unsure(connection: Connection, number: str, error: str) -> None:
    """Given away, and no answer came: it stays handed, and says why."""
    _set(connection, number, error=error[:500])


def release(connection: Connection, sender: str) -> None:
    """Let go of everything this sender has claimed and not given away."""
    mine = and_(_D.sender == sender, _D.state == State.CLAIMED.value)
    values = {"state": State.COMPOSED.value, "sender": "", "until": ""}
    connection.execute(update(table).where(mine).values(**values))


def begin_anew(connection: Connection) -> None:
    """After a backup was restored: what was on its way then has arrived since, or is no longer news."""
    under_way = _D.state.in_([State.COMPOSED.value, State.CLAIMED.value])
    values = {"state": State.FAILED.value, "error": "from a backup; it may have gone then", "body": ""}
    connection.execute(update(table).where(under_way).values(**values))


def one(connection: Connection, number: str) -> Delivery:
    """The delivery of that id. Raises NotFoundError."""
    row = connection.execute(select(table).where(_D.id == number)).first()
    if row is None:
        raise NotFoundError("no such delivery; it may have been swept away")
    return _delivery(row)


def of_subscription(connection: Connection, number: str, limit: int) -> list[Delivery]:
    """The latest deliveries of a subscription, newest first."""
    mine = select(table).where(_D.subscription_id == number).order_by(_D.composed.desc(), _D.id).limit(limit)
    return [_delivery(row) for row in connection.execute(mine)]


def counts(connection: Connection) -> dict[str, int]:
    """How many there are in each state."""
    rows = connection.execute(select(_D.state, func.count()).group_by(_D.state))
    return {row[0]: row[1] for row in rows}


def in_state(connection: Connection, state: State, limit: int) -> list[Delivery]:
    """The latest deliveries in a state, newest first."""
    wanted = select(table).where(_D.state == state.value).order_by(_D.composed.desc(), _D.id).limit(limit)
    return [_delivery(row) for row in connection.execute(wanted)]


def next_moment(connection: Connection, *, mail: bool = True) -> datetime | None:
    """When the next message is ready, or was, a claim that lapses too; None when none waits."""
    c = table.c
    wanted = () if mail else (c.channel != Channel.MAIL.value,)
    waiting = select(func.min(c.not_before)).where(c.state == State.COMPOSED.value, *wanted)
    lapsing = select(func.min(c.until)).where(c.state == State.CLAIMED.value, *wanted)
    moments = [moment for moment in (connection.scalar(waiting), connection.scalar(lapsing)) if moment]
    return moment_or_none(min(moments, default=None))


def sweep(connection: Connection, before: datetime) -> int:
    """Throw away what was dealt with before a moment, and digests nobody refers to; returns how many."""
    dealt_with = _D.state.in_([State.DONE.value, State.FAILED.value, State.HANDED.value])
    gone = connection.execute(delete(table).where(dealt_with, _D.composed < stored(before))).rowcount
    used = select(_D.digest_id).where(_D.digest_id.is_not(None))
    connection.execute(delete(digests).where(_G.composed < stored(before), _G.id.not_in(used)))
    return gone


def forget(connection: Connection, numbers: Iterable[str]) -> None:
    """Throw away everything about some subscriptions."""
    for number in numbers:
        connection.execute(delete(table).where(_D.subscription_id == number))
        connection.execute(delete(subscriptions).where(_S.id == number))


def forget_letters(connection: Connection, recipient: str) -> None:
    """Throw away every letter to an address, sent or not."""
    wanted = _D.subscription_id.is_(None) & (_D.recipient == recipient.casefold())
    connection.execute(delete(table).where(wanted))


def _set(connection: Connection, number: str, **values: Any) -> None:
    connection.execute(update(table).where(_D.id == number).values(**values))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        channel=Channel(row.channel),
        recipient=row.recipient,
        edition=row.edition,
        subscription=row.subscription_id or "",
        digest=row.digest_id or "",
        subject=row.subject,
        body=row.body,
        state=State(row.state),
        tries=row.tries,
        composed=documents.moment(row.composed),
        not_before=documents.moment(row.not_before),
        handed=moment_or_none(row.handed),
        done=moment_or_none(row.done),
        error=row.error,
        receipt=row.receipt,
    )
