"""Giving messages away: at most once each, whatever is killed when.

    composed ──claim──▶ claimed ──hand──▶ handed ──▶ done
        ▲                  │                 │
        └──── put back ◀───┴──── "not now" ──┘ ╌╌ "no" ╌▶ failed

A message is said to the mail server but for its last word (the lone dot). Then `handed` is committed, and
only then the last word goes out. Who is killed before the commit has sent nothing: the claim lapses and
another sends it. Who is killed behind it has, as a rule, sent everything: nobody sends it again. Between the
commit and the dot lie microseconds; a kill in just that moment, or a connection that breaks before the
answer, leaves messages (at most one a connection) that are `handed` without a receipt. Whether those arrived
only the server's log can tell: `broadsheet digest status` lists them with their Message-ID, and `broadsheet
digest again` sends one anew on somebody's word. Never by itself: twice is worse than not at all.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from broadsheet.exceptions import MailError
from broadsheet.mailing.relay import Parcel, Refusal, Relay, RelayError
from broadsheet.store.mailing import Mailing
from broadsheet.subscriptions import Channel, Delivery

log = logging.getLogger(__name__)

BACK_OFF: Final = tuple(timedelta(minutes=m) for m in (5, 15, 60, 180, 360, 720, 1440))
"""Between one try and the next; when they are used up, a message has failed."""
LEASE: Final = timedelta(minutes=10)
BATCH: Final = 60
ENOUGH: Final = 10
"""So many messages refused in a row by the server's own judgement, and not for their address: it is us."""

Clock = Callable[[], datetime]


class Messages(Protocol):
    """Makes messages of deliveries."""

    def message(self, delivery: Delivery, recipient: str) -> bytes:
        """The mail as it goes out, with CR LF. Raises MailError when it cannot be made."""

    def post(self, delivery: Delivery, target: str) -> str:
        """Give a digest to a webhook or to ntfy; returns a receipt. Raises RefusedError or LostError."""


class RefusedError(MailError):
    """A receiver said no. permanent: it will not change its mind; gone: nobody is there any more."""

    def __init__(self, message: str, *, permanent: bool = False, gone: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.gone = gone


class LostError(MailError):
    """A receiver was given something, and did not answer."""


@dataclass(slots=True)
class Sent:
    """What became of the messages of one run."""

    done: int = 0
    failed: int = 0
    put_back: int = 0
    unsure: int = 0

    def __str__(self) -> str:
        rest = (
            (self.failed, "failed"),
            (self.put_back, "to be tried again"),
            (self.unsure, "without receipt"),
        )
        return ", ".join([f"{self.done} sent", *(f"{number} {what}" for number, what in rest if number)])


class Pace:
    """Lets at most `rate` messages a minute pass; 0 is no limit."""

    def __init__(
        self,
        rate: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 60 / rate if rate else 0.0
        self._monotonic, self._sleep = monotonic, sleep
        self._next = monotonic()

    def wait(self, messages: int) -> None:
        """Wait until so many more messages may go."""
        now = self._monotonic()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap * messages


class Sender:
    """Sends what is in the queue. One may run in each of several processes: claims keep them apart.

    relay: where mail goes; None sends only what is no mail. stop: asked between messages.
    """

    def __init__(
        self,
        mailing: Mailing,
        messages: Messages,
        relay: Relay | None,
        *,
        sender: str,
        rate: int = 0,
        clock: Clock = lambda: datetime.now(UTC),
        pace: Pace | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[-64:]
        self._mailing, self._messages, self._relay = mailing, messages, relay
        self._from = sender
        self._clock, self._chance = clock, chance
        self._pace = pace or Pace(rate)
        self._batch = min(BATCH, max(1, rate * 5)) if rate else BATCH  # what LEASE has room for, twice over
        self._refused = 0
        self._receipts: list[tuple[str, str]] = []
        self.sent = Sent()

    def run(self, *, most: int | None = None, stop: Callable[[], bool] = lambda: False) -> Sent:
        """Send until nothing is ready, `most` are dealt with or `stop` says so.

        Raises RelayError when the mail server cannot be used; whatever was not given away is let go of.
        """
        try:
            while not stop() and (most is None or self._dealt() < most):
                left = self._batch if most is None else min(self._batch, most - self._dealt())
                taken = self._mailing.claim(
                    self.name, self._clock(), LEASE, left, mail=self._relay is not None
                )
                if not taken:
                    break
                self._batch_of(taken, stop)
        finally:
            self._settle()
            self._mailing.release(self.name)
            if self._relay:
                self._relay.close()
        return self.sent

    def _dealt(self) -> int:
        sent = self.sent
        return sent.done + sent.failed + sent.put_back + sent.unsure + len(self._receipts)

    def _batch_of(self, taken: Sequence[tuple[Delivery, str]], stop: Callable[[], bool]) -> None:
        mail = [each for each in taken if each[0].channel is Channel.MAIL]
        width = self._relay.width if self._relay else 1
        for delivery, target in taken:
            if delivery.channel is not Channel.MAIL and not stop():
                self._post(delivery, target)
        for start in range(0, len(mail), width):
            if stop():
                return
            self._round(mail[start : start + width])

    def _round(self, some: Sequence[tuple[Delivery, str]]) -> None:
        """A message on every connection: all but the last word, the note, the last word, the answer."""
        assert self._relay
        by_key: dict[str, Delivery] = {}
        parcels = []
        for delivery, target in some:
            try:
                message = self._messages.message(delivery, target)
            except MailError as error:  # one that cannot be made stops nobody
                self._fail(delivery, str(error))
                continue
            by_key[delivery.id] = delivery
            parcels.append(Parcel(delivery.id, self._from, target, message))
        if not parcels:
            return
        self._pace.wait(len(parcels))
        self._relay.begin(parcels)
        ready = [p for p in parcels if not p.refusal and not p.lost]
        mine = set(self._settle([p.key for p in ready]))
        self._relay.drop([p for p in ready if p.key not in mine])
        self._relay.end([p for p in ready if p.key in mine])
        for parcel in parcels:
            delivery = by_key[parcel.key]
            if parcel.refusal:
                self._refuse(delivery, parcel.refusal)
            elif parcel.receipt:
                self._refused = 0
                self._receipts.append((parcel.key, parcel.receipt))
            elif parcel.lost and parcel.key in mine:
                self._lose(delivery, parcel.lost)
            elif parcel.lost:
                self._put_back(delivery, parcel.lost)
        if self._refused >= ENOUGH:
            raise RelayError(f"the mail server has refused {self._refused} messages in a row")

    def _settle(self, hand: Sequence[str] = ()) -> list[str]:
        """One commit: receipts of the round before, and the note that these are being given away."""
        if not hand and not self._receipts:
            return []
        mine = self._mailing.settle(self.name, self._clock(), hand=hand, done=self._receipts)
        self.sent.done += len(self._receipts)
        self._receipts = []
        return mine

    def _post(self, delivery: Delivery, target: str) -> None:
        if not self._settle([delivery.id]):
            return
        try:
            receipt = self._messages.post(delivery, target)
        except RefusedError as error:
            if error.gone and delivery.subscription:
                self._mailing.end(delivery.subscription, "gone")
            if error.permanent or error.gone:
                self._fail(delivery, str(error))
            else:
                self._put_back(delivery, str(error))
        except LostError as error:
            self._lose(delivery, str(error))
        except MailError as error:
            self._fail(delivery, str(error))
        else:
            self._receipts.append((delivery.id, receipt))

    def _refuse(self, delivery: Delivery, refusal: Refusal) -> None:
        if not refusal.permanent:
            self._put_back(delivery, str(refusal))
            return
        if refusal.nobody_there:
            self._mailing.suppress(delivery.recipient, "bounced", str(refusal), self._clock())
        else:
            self._refused += 1
        self._fail(delivery, str(refusal))

    def _put_back(self, delivery: Delivery, error: str) -> None:
        if delivery.tries >= len(BACK_OFF):
            self._fail(delivery, f"given up after {delivery.tries + 1} tries: {error}")
            return
        wait = BACK_OFF[delivery.tries] * (1 + 0.25 * self._chance())  # not all of them in the same second
        self._mailing.put_back(delivery.id, self._clock() + wait, error)
        self.sent.put_back += 1
        log.info("mail %s is tried again in %.0f minutes: %s", delivery.id, wait.total_seconds() / 60, error)

    def _fail(self, delivery: Delivery, error: str) -> None:
        self._mailing.give_up(delivery.id, error)
        self.sent.failed += 1
        log.warning("mail %s has failed: %s", delivery.id, error)

    def _lose(self, delivery: Delivery, error: str) -> None:
        self._mailing.unsure(delivery.id, error)
        self.sent.unsure += 1
        log.error("mail %s was given away, and no answer came: %s", delivery.id, error)
