"""The one door to what the store keeps of mail: `store.mailing`. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from broadsheet.exceptions import NotFoundError
from broadsheet.store import deliveries, subscriptions
from broadsheet.store.database import Database
from broadsheet.store.deliveries import Composed
from broadsheet.store.schema_mail import suppressions
from broadsheet.store.subscriptions import stored
from broadsheet.subscriptions import Channel, Delivery, Standing, State, Subscription, Wish

_X = suppressions.c


class Mailing:
    """Subscriptions, digests, deliveries and the addresses that are not written to.

    Moments are aware; those not given are now.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    # Subscriptions

    def ask(
        self, channel: Channel, target: str, reader: int | None, wish: Wish, now: datetime | None = None
    ) -> tuple[Subscription, bool]:
        """Keep a wish until it is confirmed; returns it, and whether its address may be written to now."""
        with self.database.writing() as connection:
            return subscriptions.ask(connection, channel, target, reader, wish, now or _now())

    def subscription(self, number: str) -> Subscription:
        """The subscription of that id. Raises NotFoundError."""
        with self.database.reading() as connection:
            return subscriptions.one(connection, number)

    def activate(self, number: str, due: datetime, now: datetime | None = None) -> Subscription:
        """A subscription was confirmed. Its address may be written to again, whatever was before.

        Raises NotFoundError.
        """
        with self.database.writing() as connection:
            found = subscriptions.one(connection, number)
            subscriptions.activate(connection, number, now or _now(), due)
            connection.execute(delete(suppressions).where(_X.recipient == found.target.casefold()))
            return subscriptions.one(connection, number)

    def change(self, number: str, wish: Wish, due: datetime | None) -> None:
        """Want it otherwise."""
        with self.database.writing() as connection:
            subscriptions.change(connection, number, wish, due)

    def end(self, number: str, reason: str, now: datetime | None = None) -> None:
        """End a subscription; a second time changes nothing. Raises NotFoundError."""
        with self.database.writing() as connection:
            if subscriptions.one(connection, number).standing is not Standing.ENDED:
                subscriptions.end(connection, number, now or _now(), reason)

    def subscriptions(self, *, reader: int | None = None, recipient: str = "") -> list[Subscription]:
        """Those of a reader, or those that go to an address."""
        with self.database.reading() as connection:
            if reader is not None:
                return subscriptions.of_reader(connection, reader)
            return subscriptions.of_recipient(connection, recipient)

    def due(self, now: datetime, limit: int = 500) -> list[Subscription]:
        """Those whose time has come."""
        with self.database.reading() as connection:
            return subscriptions.due(connection, now, limit)

    def unscheduled(self, limit: int = 500) -> list[Subscription]:
        """Those that are active and have no hour yet."""
        with self.database.reading() as connection:
            return subscriptions.unscheduled(connection, limit)

    def forget(self, reader: int, address: str = "") -> None:
        """Throw away everything that belongs to a reader, and every letter to the reader's address."""
        with self.database.writing() as connection:
            mine = subscriptions.of_reader(connection, reader)
            deliveries.forget(connection, [each.id for each in mine])
            if address:
                deliveries.forget_letters(connection, address)

    # Digests and deliveries

    @contextmanager
    def composing(self) -> Iterator[Composing]:
        """A transaction that moves subscriptions on and queues their digests: both or neither."""
        with self.database.writing() as connection:
            yield Composing(connection)

    def queue_letter(self, recipient: str, subject: str, body: str, now: datetime | None = None) -> str:
        """Put a letter in the queue; returns the id of its delivery."""
        with self.database.writing() as connection:
            return deliveries.compose(
                connection, now or _now(), recipient=recipient, subject=subject, body=body
            )

    def digest(self, number: str) -> Composed:
        """The composed digest of that id. Raises NotFoundError."""
        with self.database.reading() as connection:
            return deliveries.digest(connection, number)

    def delivery(self, number: str) -> Delivery:
        """The delivery of that id. Raises NotFoundError."""
        with self.database.reading() as connection:
            return deliveries.one(connection, number)

    def deliveries(
        self, *, subscription: str = "", state: State | None = None, limit: int = 50
    ) -> list[Delivery]:
        """The latest of a subscription, or in a state; newest first."""
        with self.database.reading() as connection:
            if state:
                return deliveries.in_state(connection, state, limit)
            return deliveries.of_subscription(connection, subscription, limit)

    def has(self, recipient: str, edition: str) -> bool:
        """Whether an address has an edition, or it is on its way there."""
        with self.database.reading() as connection:
            return deliveries.has(connection, recipient, edition)

    def claim(
        self, sender: str, now: datetime, lease: timedelta, limit: int, *, mail: bool = True
    ) -> list[tuple[Delivery, str]]:
        """Take messages that are ready for `lease`, each with the address it goes to."""
        with self.database.writing() as connection:
            return deliveries.claim(connection, sender, now, now + lease, limit, mail=mail)

    def settle(
        self, sender: str, now: datetime, *, hand: Sequence[str] = (), done: Iterable[tuple[str, str]] = ()
    ) -> list[str]:
        """Note who has what they were given (`done`: id, receipt) and what is being given away now (`hand`).

        Returns those of `hand` that are still the sender's to give.
        """
        with self.database.writing() as connection:
            for number, receipt in done:
                deliveries.finish(connection, number, now, receipt)
            return deliveries.hand(connection, sender, hand, now)

    def put_back(self, number: str, not_before: datetime, error: str) -> None:
        """Try a message again later."""
        with self.database.writing() as connection:
            deliveries.put_back(connection, number, not_before, error)

    def give_up(self, number: str, error: str) -> None:
        """A message cannot be delivered."""
        with self.database.writing() as connection:
            deliveries.give_up(connection, number, error)

    def unsure(self, number: str, error: str) -> None:
        """A message was given away, and no answer came."""
        with self.database.writing() as connection:
            deliveries.unsure(connection, number, error)

    def release(self, sender: str) -> None:
        """Let go of what a sender has claimed and not given away."""
        with self.database.writing() as connection:
            deliveries.release(connection, sender)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many subscriptions there are of each standing, and deliveries in each state."""
        with self.database.reading() as connection:
            return subscriptions.counts(connection), deliveries.counts(connection)

    def next_moment(self, *, mail: bool = True) -> datetime | None:
        """When the next message is ready, or was; None when none waits. `mail`: whether mail counts."""
        with self.database.reading() as connection:
            return deliveries.next_moment(connection, mail=mail)

    def sweep(self, before: datetime) -> int:
        """Throw away what was dealt with before a moment; returns how many messages."""
        with self.database.writing() as connection:
            return deliveries.sweep(connection, before)

    # Addresses that are not written to

    def suppress(self, recipient: str, reason: str, detail: str, now: datetime | None = None) -> None:
        """Write to an address no more, and end what goes there."""
        moment = now or _now()
        key = recipient.casefold()
        with self.database.writing() as connection:
            if connection.scalar(select(_X.recipient).where(_X.recipient == key)) is None:
                values = {"recipient": key, "at": stored(moment), "reason": reason, "detail": detail[:500]}
                connection.execute(insert(suppressions), [values])
            for each in subscriptions.of_recipient(connection, key):
                if each.channel is Channel.MAIL and each.standing is not Standing.ENDED:
                    subscriptions.end(connection, each.id, moment, reason)

    def lift(self, recipient: str) -> None:
        """Write to an address again. Raises NotFoundError."""
        with self.database.writing() as connection:
            key = recipient.casefold()
            if not connection.execute(delete(suppressions).where(_X.recipient == key)).rowcount:
                raise NotFoundError(f"{recipient!r} is not on the list of addresses that are not written to")

    def suppressed(self, recipient: str) -> bool:
        """Whether an address is not written to."""
        with self.database.reading() as connection:
            wanted = select(_X.recipient).where(_X.recipient == recipient.casefold())
            return connection.scalar(wanted) is not None

    def suppressions(self, limit: int = 1000) -> list[dict[str, Any]]:
        """The addresses that are not written to, newest first: recipient, at, reason, detail."""
        with self.database.reading() as connection:
            rows = connection.execute(select(suppressions).order_by(_X.at.desc()).limit(limit))
            return [dict(row._mapping) for row in rows]


class Composing:
    """A transaction in which digests are composed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, number: str, now: datetime, document: dict[str, Any], html: str, text: str) -> None:
        """Keep a digest, once."""
        deliveries.keep_digest(self._connection, number, now, document, html, text)

    def queue(self, subscription: Subscription, edition: str, digest: str, now: datetime) -> str:
        """Queue a digest for a subscriber; '' where the address has this edition already."""
        return deliveries.compose(
            self._connection,
            now,
            recipient=subscription.target,
            channel=subscription.channel,
            edition=edition,
            subscription=subscription.id,
            digest=digest,
        )

    def move_on(self, subscription: Subscription, due: datetime, told: str) -> None:
        """Look at a subscription next at `due`."""
        subscriptions.move_on(self._connection, subscription.id, due, told)


def _now() -> datetime:
    return datetime.now(UTC)
