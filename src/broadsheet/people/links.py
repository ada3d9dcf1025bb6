"""Links that work once: an invitation, a new password, the proof that an address is one's own.

A link is a secret: it is told to whoever asked for it at the console, or sent to the address it is about, and
kept as a hash.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from broadsheet.exceptions import PeopleError, SignInError
from broadsheet.people import passwords
from broadsheet.people.limits import Limit, Limiter
from broadsheet.readers import OWNER, Reader, Role, checked_name, folded, is_email, tidy
from broadsheet.store import Store
from broadsheet.store.accounts import Account
from broadsheet.store.tickets import Ticket

if TYPE_CHECKING:
    from broadsheet.people.people import Post

LIFE: Final = {"invitation": timedelta(days=14), "reset": timedelta(hours=2), "confirm": timedelta(days=3)}
TO_ADDRESS: Final = Limit(3, 3600)  # letters to one address; who asks for more gets none, and is not told
OUTDATED: Final = "That link was used already, or is too old. A new one can be asked for."

log = logging.getLogger("broadsheet.people")
Address = Callable[[str], str]
"""From a path of this site to its whole address."""


class Links:
    """Makes links and keeps their promise.

    post: carries letters; None where mail is not set up, and links are passed on by hand.
    """

    def __init__(self, store: Store, title: str, limiter: Limiter, post: Post | None) -> None:
        self.store = store
        self.title = title
        self.limiter = limiter
        self.post = post

    # Invitations

    def invite(self, giver: Reader | None, role: Role = Role.READER, email: str = "") -> tuple[str, Ticket]:
        """A token that makes somebody a reader here, once. Raises PeopleError for what is no address."""
        if email and not is_email(email):
            raise PeopleError(f"{email!r} is no address of mail")
        token = secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + LIFE["invitation"]
        number = giver.id if giver else None
        return token, self.store.tickets.issue(
            "invitation", token, expires, account_id=number, role=role, email=email
        )

    def send_invitation(self, giver: Reader, role: Role, email: str, at: Address) -> None:
        """Invite by mail. Raises PeopleError."""
        if self.post is None:
            raise PeopleError("mail is not set up here; give the link of an invitation by hand")
        if not email:
            raise PeopleError("an invitation by mail needs an address")
        token, _ = self.invite(giver, role, email)
        self.post.send_plain(
            email,
            f"{giver.shown} invites you to {self.title}",
            f"{giver.shown} invites you to {self.title}, a daily paper of research papers.\n\n"
            f"Choose a name here, within two weeks:\n{at(f'/invitation/{token}')}\n\n"
            "If you do not know what this is about, nothing happens when you do nothing.\n",
        )

    def accept(self, token: str, name: str, password: str, shown: str = "") -> Reader:
        """Become a reader by an invitation. Raises PeopleError; the invitation is then still good."""
        ticket = self.store.tickets.find("invitation", token)
        if ticket is None:
            raise SignInError(OUTDATED)
        passwords.check(password, name, ticket.email)
        checked_name(name)
        kept = passwords.hashed(password)
        if self.store.tickets.use("invitation", token) is None:
            raise SignInError(OUTDATED)
        try:
            # Whoever holds a link that was sent to an address reads the mail of that address.
            account = self.store.accounts.create(
                name,
                ticket.role,
                shown=tidy(shown),
                email=ticket.email,
                confirmed=bool(ticket.email),
                password=kept,
            )
        except PeopleError:
            self.store.tickets.restore(ticket.id)
            raise
        # Who invites somebody vouches for them: their votes count from the first day.
        with self.store.events.writing() as events:
            events.put(ticket.account_id or OWNER, "vouch", thing=f"reader:{account.reader.id}", trust=1.0)
        log.info("reader %d came by invitation %s", account.reader.id, ticket.id)
        return account.reader

    # A new password

    def reset_token(self, reader: Reader) -> str:
        """A token with which to choose a new password, for whoever keeps this machine to pass on."""
        self.store.tickets.withdraw_all("reset", reader.id)
        token = secrets.token_urlsafe(32)
        self.store.tickets.issue("reset", token, datetime.now(UTC) + LIFE["reset"], account_id=reader.id)
        return token

    def send_reset(self, email: str, at: Address) -> None:
        """Write to an address how to choose new passwords, if it is somebody's here; never says whether."""
        if self.post is None or not is_email(email):
            return
        found = [account for account in self.store.accounts.addressed(email) if account.open]
        if not found or not self._may_write(email):
            return
        lines = [
            f"{account.reader.name}:\n{at(f'/reset/{self.reset_token(account.reader)}')}" for account in found
        ]
        self.post.send_plain(
            found[0].email,
            f"A new password for {self.title}",
            f"Somebody, perhaps you, asked for a new password at {self.title}.\n"
            "Choose it here, within two hours:\n\n" + "\n\n".join(lines) + "\n\n"
            "If it was not you, nothing happens when you do nothing.\n",
        )

    def reset(self, token: str, password: str) -> Reader:
        """Choose a new password by a link; every browser is signed out. Raises PeopleError."""
        ticket = self.store.tickets.find("reset", token)
        account = self._account(ticket)
        passwords.check(password, account.reader.name, account.email)
        kept = passwords.hashed(password)
        if self.store.tickets.use("reset", token) is None:
            raise SignInError(OUTDATED)
        changed = self.store.accounts.change(account.reader.id, password=kept)
        self.store.tickets.withdraw_all("reset", account.reader.id)
        self.store.entrances.close_sessions(account.reader.id)
        log.info("reader %d chose a new password by a link", account.reader.id)
        return changed.reader

    def whose(self, kind: str, token: str) -> Ticket | None:
        """The ticket of a link, if it still works."""
        return self.store.tickets.find(kind, token)

    # An address

    def send_confirmation(self, reader: Reader, email: str, at: Address) -> None:
        """Write to an address, so that whoever reads there can say it is the reader's. Raises PeopleError."""
        if not is_email(email):
            raise PeopleError(f"{email!r} is no address of mail")
        if self.post is None or not self._may_write(email):
            return
        self.store.tickets.withdraw_all("confirm", reader.id)
        token = secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + LIFE["confirm"]
        self.store.tickets.issue("confirm", token, expires, account_id=reader.id, email=email)
        self.post.send_plain(
            email,
            f"Is this your address at {self.title}?",
            f"The reader {reader.name} of {self.title} says that this address is theirs.\n"
            f"If that is you, say so here:\n{at(f'/confirm/{token}')}\n\n"
            "If it is not, nothing happens when you do nothing.\n",
        )

    def confirm(self, token: str) -> Reader:
        """The address is the reader's. Raises SignInError."""
        ticket = self.store.tickets.use("confirm", token)
        account = self._account(ticket)
        assert ticket
        return self.store.accounts.change(account.reader.id, email=ticket.email, confirmed=True).reader

    def _account(self, ticket: Ticket | None) -> Account:
        if ticket is None or ticket.account_id is None:
            raise SignInError(OUTDATED)
        account = self.store.accounts.account(ticket.account_id)
        if not account.open:
            raise SignInError(OUTDATED)
        return account

    def _may_write(self, email: str) -> bool:
        try:
            self.limiter.take(TO_ADDRESS, "letter", folded(email))
        except PeopleError:
            return False
        return True
