"""What the house does by mail: `house.mail`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from broadsheet.digest import message
from broadsheet.digest.mailbox import mailbox
from broadsheet.digest.signature import Signer
from broadsheet.digest.tokens import Tokens
from broadsheet.exceptions import MailError, NoMailServerError
from broadsheet.mailing.relay import Relay
from broadsheet.mailing.sending import Sender, Sent
from broadsheet.store.mailing import Mailing
from broadsheet.subscriptions import Delivery

if TYPE_CHECKING:
    from broadsheet.house import House

MOST_LETTER: Final = 100_000


class Mail:
    """Letters to one person, and digests to subscribers. Whoever queues a message does not wait for the
    server.

    Safe to share between threads.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.settings = house.settings

    @property
    def store(self) -> Mailing:
        """What is kept of it."""
        return self.house.store.mailing

    @property
    def ready(self) -> bool:
        """Whether a mail server is set, so that mail can go out."""
        return bool(self.settings.smtp_host)

    @cached_property
    def tokens(self) -> Tokens:
        """What signs the links of mails."""
        return Tokens(self.house.store.accounts.secret())

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
        return self._signed(message.write(heading, delivery.body))

    def message_id(self, delivery: str) -> str:
        """The Message-ID of a delivery, without angle brackets."""
        return f"{delivery}@{self.settings.sender[1].rpartition('@')[2]}"

    def post(self, delivery: Delivery, target: str) -> str:
        """Give a digest to a webhook or to ntfy."""
        raise MailError(f"nothing goes by {delivery.channel} yet")

    def send(
        self,
        *,
        most: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
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

    @cached_property
    def _signer(self) -> Signer | None:
        key = self.settings.dkim_key.get_secret_value()
        domain = self.settings.dkim_domain or self.settings.sender[1].rpartition("@")[2]
        return Signer(domain, self.settings.dkim_selector, key.encode()) if key else None

    def _signed(self, mail: bytes) -> bytes:
        return self._signer.sign(mail) if self._signer else mail
