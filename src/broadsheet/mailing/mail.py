"""What the house does by mail: `house.mail`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from broadsheet.digest import letters, message
from broadsheet.digest.issue import DIGEST, SETTINGS, UNSUBSCRIBE, Issue
from broadsheet.digest.mailbox import mailbox
from broadsheet.digest.schedule import next_due, zone_named
from broadsheet.digest.signature import Signer
from broadsheet.digest.tokens import Purpose, Tokens
from broadsheet.exceptions import MailError, NoMailServerError, NotFoundError, TokenError
from broadsheet.mailing import bouncing, health
from broadsheet.mailing.composing import Composer, Told, compose_due, plan
from broadsheet.mailing.health import Ill
from broadsheet.mailing.relay import Relay
from broadsheet.mailing.sending import Sender, Sent
from broadsheet.readers import Reader
from broadsheet.store.deliveries import Composed
from broadsheet.store.mailing import Mailing
from broadsheet.subscriptions import Channel, Delivery, Kind, Standing, State, Subscription, Wish

if TYPE_CHECKING:
    from broadsheet.house import House

MOST_LETTER: Final = 100_000
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class Mail:
    """Letters to one person, and digests to subscribers. Who queues a message does not wait for the server.

    Safe to share between threads.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.settings = house.settings
        self._digest = lru_cache(64)(self._kept_digest)

    @property
    def store(self) -> Mailing:
        """What is kept of it."""
        return self.house.store.mailing

    @property
    def ready(self) -> bool:
        """Whether a mail server is set, so that mail can go out."""
        return bool(self.settings.smtp_host)

    @property
    def tokens(self) -> Tokens:
        """What signs the links of mails."""
        return _tokens(self.house.store.accounts.secret())

    def link(self, purpose: Purpose, number: str) -> str:
        """The address of a page of mail, for who holds its token."""
        return f"{self.settings.site}/mail/{purpose}/{self.tokens.sign(purpose, number)}"

    def send_plain(self, to: str, subject: str, text: str) -> str:
        """Queue a letter to one address (a reset, an invitation); returns the id of its delivery.

        It is kept when this returns, and goes out within seconds where a server or a worker is running. What
        it says is forgotten when it has gone. Ask `ready` first where the answer must not depend on the
        address.

        Raises NoMailServerError, MailAddressError, or MailError for a subject that is not one line.
        """
        if not self.ready:
            raise NoMailServerError
        message.one_line(subject)
        if len(text) > MOST_LETTER:
            raise MailError(f"a letter has at most {MOST_LETTER} characters, got {len(text)}")
        return self.store.queue_letter(mailbox(to), subject, text)

    # Subscriptions

    def subscribe(
        self, address: str, wish: Wish, *, reader: int | None = None, clock: Clock = _now
    ) -> Subscription:
        """Keep a wish, and ask the address by mail whether it is its own; the mail says so if it is kept
        already.

        Who asks again and again is written to three times a day at most, and an address that is not to be
        written to never. Raises NoMailServerError, MailAddressError, MailError.
        """
        if not self.ready:
            raise NoMailServerError
        zone_named(wish.zone)
        self._check(wish, reader)
        target = mailbox(address)
        subscription, may_write = self.store.ask(Channel.MAIL, target, reader, wish, clock())
        if may_write and not self.store.suppressed(target):
            title = self.settings.title
            if subscription.standing is Standing.ACTIVE:
                letter = letters.known(title, wish, self.link(Purpose.SETTINGS, subscription.id))
            else:
                many = reader is not None and self.settings.readers == "many"
                name = self.house.store.accounts.account(reader).reader.name if many and reader else ""
                letter = letters.confirm(title, wish, self.link(Purpose.CONFIRM, subscription.id), name)
            self.send_plain(target, *letter)
        return subscription

    def deliver_to(self, channel: Channel, target: str, wish: Wish, reader: int) -> Subscription:
        """Begin to deliver to a webhook or an ntfy topic of a reader. Raises FetchError, MailError."""
        from broadsheet.sources.fetch.post import check

        check(target, self.settings.allow_hosts)
        zone_named(wish.zone)
        self._check(wish, reader)
        subscription, _ = self.store.ask(channel, target, reader, wish)
        if subscription.reader != reader:
            raise MailError("somebody else has this delivered there already")
        return self.store.activate(subscription.id, next_due(wish, _now()))

    def _check(self, wish: Wish, reader: int | None) -> None:
        """Raise MailError for a shelf or a person that is not here, or not for these eyes."""
        people = self.house.people
        try:
            if wish.kind is Kind.SHELF:
                self.house.community.shelf(int(wish.object), people.reader(reader) if reader else None)
            elif wish.kind is Kind.PERSON:
                people.named(wish.object)
            elif wish.kind is Kind.FOR_YOU and reader is None:
                raise MailError("a digest of one's own belongs to an account: sign in first")
        except (NotFoundError, ValueError) as error:
            raise MailError(f"there is no {wish.kind} {wish.object!r} here") from error

    def named(self, purpose: Purpose, token: str) -> Subscription:
        """The subscription that a link of a mail names. Raises TokenError."""
        try:
            return self.store.subscription(self.tokens.read(purpose, token))
        except NotFoundError as error:
            raise TokenError("what this link led to has been deleted") from error

    def confirm(self, token: str, *, clock: Clock = _now) -> Subscription:
        """The address says yes. A second time changes nothing. Raises TokenError."""
        subscription = self.named(Purpose.CONFIRM, token)
        if subscription.standing is Standing.ACTIVE:
            return subscription
        now = clock()
        return self.store.activate(subscription.id, next_due(subscription.wish, now), now)

    def unsubscribe(self, token: str) -> Subscription:
        """Deliver nothing more; a second time changes nothing. Raises TokenError."""
        subscription = self.named(Purpose.UNSUBSCRIBE, token)
        self.store.end(subscription.id, "unsubscribed")
        return subscription

    def change(self, subscription: Subscription, wish: Wish) -> None:
        """Want it otherwise; what it is about stays. Raises MailError."""
        zone_named(wish.zone)
        wish = replace(
            wish,
            kind=subscription.wish.kind,
            object=subscription.wish.object,
            cadence=subscription.wish.cadence,
        )
        active = subscription.standing is Standing.ACTIVE
        self.store.change(subscription.id, wish, next_due(wish, _now()) if active else None)

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """Everything a reader has subscribed to, as JSON values."""
        mine = self.store.subscriptions(reader=reader_id)
        return {"subscriptions": [as_json(subscription) for subscription in mine]}

    def forget(self, reader_id: int) -> None:
        """Throw away what a reader has subscribed to, and the letters to the reader's address."""
        self.store.forget(reader_id, self.house.store.accounts.account(reader_id).email)

    def examine(self) -> Iterator[Ill]:
        """What can be ill about mail; the mail server is greeted."""
        return health.examine(self.house)

    def delivered(self, token: str) -> tuple[Delivery, Issue]:
        """The digest that a link in it names. Raises TokenError."""
        try:
            delivery = self.store.delivery(self.tokens.read(Purpose.DIGEST, token))
            return delivery, self.digest(delivery.digest)
        except NotFoundError as error:
            raise TokenError("this digest is no longer kept here") from error

    def reader_of(self, delivery: Delivery) -> Reader | None:
        """Whose digest it was; None for an address without an account, or one that is closed."""
        number = self.store.subscription(delivery.subscription).reader
        if number is None:
            return None
        account = self.house.store.accounts.account(number)
        return account.reader if account.open else None

    # Composing

    def compose(self, *, clock: Clock = _now, stop: Callable[[], bool] = lambda: False) -> tuple[int, int]:
        """Queue the digests whose hour has come: how many were queued, how many had nothing new."""
        return compose_due(self.house, clock(), stop=stop)

    def preview(self, wish: Wish, *, thumbs: bool = False, reader: int | None = None) -> Told | None:
        """What a wish would give this minute, to a reader or to anybody, without keeping anything."""
        return Composer(self.house).issue(wish, _now(), thumbs=thumbs, reader=reader)

    def plan(self) -> list[tuple[str, str, str, str]]:
        """Who would get what now: recipient, edition, subject, and `due` or `queued`; nothing is changed."""
        return plan(self.house, _now())

    # Sending

    def message(self, delivery: Delivery, recipient: str) -> bytes:
        """The mail of a delivery as it goes out: the same at every try, but for the signature's moment."""
        heading = message.Heading(
            sender=self.settings.sender,
            recipient=recipient,
            subject=delivery.subject,
            message_id=self.message_id(delivery.id),
            date=delivery.composed,
        )
        if not delivery.digest:
            return self._signed(message.write(heading, delivery.body))
        kept, issue = self._digest(delivery.digest)
        host = urlsplit(self.settings.site).hostname or "localhost"
        own = {
            DIGEST: self.tokens.sign(Purpose.DIGEST, delivery.id),
            SETTINGS: self.tokens.sign(Purpose.SETTINGS, delivery.subscription),
            UNSUBSCRIBE: self.tokens.sign(Purpose.UNSUBSCRIBE, delivery.subscription),
        }
        heading = replace(
            heading,
            subject=issue.subject,
            unsubscribe=f"{self.settings.site}/mail/unsubscribe/{own[UNSUBSCRIBE]}",
            list_id=f"{issue.edition.partition(':')[0]}.{host}",
            list_name=self.settings.title,
        )
        return self._signed(message.write(heading, _filled(kept.text, own), _filled(kept.html, own)))

    def message_id(self, delivery: str) -> str:
        """The Message-ID of a delivery, without angle brackets."""
        return f"{delivery}@{self.settings.sender[1].rpartition('@')[2]}"

    def post(self, delivery: Delivery, target: str) -> str:
        """Give a digest to a webhook or to ntfy; returns a receipt."""
        from broadsheet.mailing import posting

        subscription = self.store.subscription(delivery.subscription)
        _, issue = self._digest(delivery.digest)
        return posting.give(self.settings, subscription, delivery, issue, target)

    def send(
        self, *, most: int | None = None, stop: Callable[[], bool] = lambda: False, clock: Clock = _now
    ) -> Sent:
        """Send what is in the queue and ready. Raises RelayError when the mail server cannot be used."""
        config = self.settings
        sender = Sender(
            self.store,
            self,
            Relay(config) if self.ready else None,
            sender=config.mail_bounces or config.sender[1],
            rate=config.mail_rate,
            clock=clock,
        )
        return sender.run(most=most, stop=stop)

    def again(self, delivery: str, *, clock: Clock = _now) -> None:
        """Queue a message anew that failed, or that was handed over without a receipt: on somebody's word.

        Raises NotFoundError, or MailError for one that is done or on its way.
        """
        found = self.store.delivery(delivery)
        if found.state not in (State.HANDED, State.FAILED):
            raise MailError(f"delivery {delivery} is {found.state}; only what is handed or failed goes again")
        if not found.digest and not found.body:
            raise MailError(f"what the letter {delivery} said is forgotten; write another")
        self.store.put_back(delivery, clock(), "again, by hand")

    def take_bounces(self, data: bytes) -> list[bouncing.Outcome]:
        """Act on what came back: a message, or an mbox of many."""
        return bouncing.take(self.store, data)

    @property
    def due(self) -> bool:
        """Whether the hour of some digest has come."""
        return bool(self.store.due(_now(), 1) or self.store.unscheduled(1))

    @property
    def waiting(self) -> bool:
        """Whether something is in the queue that may go now."""
        earliest = self.store.next_moment(mail=self.ready)
        return earliest is not None and earliest <= _now()

    def digest(self, number: str) -> Issue:
        """The issue of a kept digest. Raises NotFoundError."""
        return self._digest(number)[1]

    def _kept_digest(self, number: str) -> tuple[Composed, Issue]:
        kept = self.store.digest(number)
        return kept, Issue.from_json(kept.document)

    @cached_property
    def signer(self) -> Signer | None:
        """What signs mail for a domain; None where the mail server does, or nobody."""
        key = self.settings.dkim_key.get_secret_value()
        domain = self.settings.dkim_domain or self.settings.sender[1].rpartition("@")[2]
        return Signer(domain, self.settings.dkim_selector, key.encode()) if key else None

    def _signed(self, mail: bytes) -> bytes:
        return self.signer.sign(mail) if self.signer else mail


@lru_cache(maxsize=4)
def _tokens(secret: str) -> Tokens:
    return Tokens(secret)


def as_json(subscription: Subscription) -> dict[str, Any]:
    """A subscription as JSON values."""
    wish = subscription.wish
    return {
        "id": subscription.id,
        "channel": subscription.channel.value,
        "target": subscription.target,
        "standing": subscription.standing.value,
        "kind": wish.kind.value,
        "object": wish.object,
        "cadence": wish.cadence.value,
        "weekday": wish.weekday,
        "hour": wish.hour,
        "zone": wish.zone,
        "length": wish.length,
        "quiet": sorted(wish.quiet),
        "away": [day.isoformat() for day in wish.away] if wish.away else None,
        "created": subscription.created.isoformat(),
        "due": subscription.due.isoformat() if subscription.due else None,
    }


def _filled(template: str, own: dict[str, str]) -> str:
    for bracket, token in own.items():
        template = template.replace(bracket, token)
    return template
