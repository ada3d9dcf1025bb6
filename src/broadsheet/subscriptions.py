"""The nouns of mail: who wants what and when (`Subscription`), and one message on its way (`Delivery`).

Frozen dataclasses without I/O. Moments are aware and in UTC.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from broadsheet.exceptions import MailError

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_PAPERS: Final = 50


class Channel(enum.StrEnum):
    """The way a digest goes."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    NTFY = "ntfy"


class Kind(enum.StrEnum):
    """What a digest tells of."""

    EDITION = "edition"
    TRENDING = "trending"
    QUERY = "query"
    SHELF = "shelf"
    PERSON = "person"
    FOR_YOU = "for-you"


class Cadence(enum.StrEnum):
    """How often."""

    DAILY = "daily"
    WEEKLY = "weekly"


class Standing(enum.StrEnum):
    """Where a subscription stands: asked for, confirmed by its address, or ended."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class State(enum.StrEnum):
    """Where a delivery stands.

    composed: kept, and nobody's yet; also after a try that is to be repeated.
    claimed: a sender has it and has not given it away; if the sender dies, another takes it.
    handed: noted just before the last word of the message goes out; from here on it is never sent again.
    done: the receiver said that it has it.
    failed: given up; `error` says why.
    """

    COMPOSED = "composed"
    CLAIMED = "claimed"
    HANDED = "handed"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a subscriber wants, and when.

    object: the words of a query, the number of a shelf, the name of a person; else ''.
    weekday: of a weekly digest, Monday is 0. hour: in the zone. quiet: days of the week without any mail.
    length: the most papers of one digest. away: first and last day of a vacation.

    Raises MailError for what nobody can want.
    """

    kind: Kind = Kind.EDITION
    object: str = ""
    cadence: Cadence = Cadence.DAILY
    weekday: int = 0
    hour: int = 7
    zone: str = "UTC"
    length: int = 10
    quiet: frozenset[int] = frozenset()
    away: tuple[date, date] | None = None

    def __post_init__(self) -> None:
        named = self.kind in (Kind.QUERY, Kind.SHELF, Kind.PERSON)
        if named != bool(self.object.strip()):
            raise MailError(
                f"a subscription to {self.kind} {'says which' if named else 'names nothing more'}"
            )
        if len(self.object) > 1000:
            raise MailError("what is subscribed to is named in at most 1,000 characters")
        if not 0 <= self.hour <= 23 or not 0 <= self.weekday <= 6:
            raise MailError(f"an hour is 0 to 23 and a weekday 0 to 6, got {self.hour} and {self.weekday}")
        if not 1 <= self.length <= MOST_PAPERS:
            raise MailError(f"a digest has 1 to {MOST_PAPERS} papers, got {self.length}")
        if not self.quiet <= set(range(7)) or len(self.quiet) == 7:
            raise MailError("quiet days are days of the week, and not all seven")
        if self.away and self.away[0] > self.away[1]:
            raise MailError("a vacation ends after it has begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A wish with the address it goes to.

    id: unguessable; the links of its mails are signed for it. target: a mail address, or the URL of a webhook
    or an ntfy topic. reader: the account it belongs to, None where there is none. secret: what a webhook's
    messages are signed with. due: when it is looked at next. told: up to where its papers have been told.
    """

    id: str
    channel: Channel
    target: str
    reader: int | None
    wish: Wish
    standing: Standing
    secret: str
    created: datetime
    confirmed: datetime | None = None
    ended: datetime | None = None
    reason: str = ""
    due: datetime | None = None
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way to one receiver.

    edition: which digest it is; nobody gets the same edition twice. A letter is an edition of its own.
    digest: the composed digest it carries, '' for a letter, which has `subject` and `body` instead.
    tries: how often it was tried in vain. not_before: when it may be tried next. receipt: the receiver's own
    words.
    """

    id: str
    channel: Channel
    recipient: str
    edition: str
    subscription: str
    digest: str
    subject: str
    body: str
    state: State
    tries: int
    composed: datetime
    not_before: datetime
    handed: datetime | None = None
    done: datetime | None = None
    error: str = ""
    receipt: str = ""
