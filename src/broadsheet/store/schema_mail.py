"""The tables of mail, beside those of `schema`.

subscriptions ──< deliveries >── digests        who wants what; what goes to whom; what was composed, once
suppressions                                    addresses that are not written to again, and why
signing_keys                                    what links in mails are signed with
jobs                                            when each job last ran, and how it went
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from broadsheet.store.schema import _Exact, _Number, metadata

_Moment = String(32)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("channel", String(10), nullable=False),
    Column("target", Text, nullable=False),
    Column("recipient", _Exact, nullable=False, doc="the target as it is compared: case-folded"),
    Column("reader_id", _Number, ForeignKey("accounts.id")),
    Column("kind", String(10), nullable=False),
    Column("object", _Exact, nullable=False),
    Column("cadence", String(10), nullable=False),
    Column("wish", Text, nullable=False, doc="JSON: weekday, hour, zone, length, quiet, away"),
    Column("standing", String(10), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("created", _Moment, nullable=False),
    Column("asked", _Moment, nullable=False, doc="when a confirmation was last asked for"),
    Column("asked_times", Integer, nullable=False),
    Column("confirmed", _Moment),
    Column("ended", _Moment),
    Column("reason", Text, nullable=False),
    Column("due", _Moment),
    Column("told", Text, nullable=False),
    UniqueConstraint("recipient", "channel", "kind", "object", "cadence", name="subscriptions_once"),
    Index("subscriptions_by_due", "standing", "due"),
    Index("subscriptions_by_reader", "reader_id"),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(32), primary_key=True, doc="a hash of the document"),
    Column("composed", _Moment, nullable=False),
    Column("document", Text, nullable=False, doc="JSON: what it tells of which papers"),
    Column("html", Text, nullable=False, doc="as it is sent, but for what is the receiver's own"),
    Column("text", Text, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("channel", String(10), nullable=False),
    Column("recipient", _Exact, nullable=False),
    Column("edition", _Exact, nullable=False),
    Column("subscription_id", String(16), ForeignKey("subscriptions.id")),
    Column("digest_id", String(32), ForeignKey("digests.id")),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False, doc="of a letter, until it is done: it may hold what is secret"),
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("not_before", _Moment, nullable=False),
    Column("sender", String(64), nullable=False, doc="who has claimed it"),
    Column("until", _Moment, nullable=False, doc="when the claim lapses"),
    Column("composed", _Moment, nullable=False),
    Column("handed", _Moment),
    Column("done", _Moment),
    Column("error", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    UniqueConstraint("recipient", "edition", name="deliveries_once"),
    Index("deliveries_by_state", "state", "not_before"),
    Index("deliveries_by_subscription", "subscription_id"),
    Index("deliveries_by_digest", "digest_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("recipient", _Exact, primary_key=True),
    Column("at", _Moment, nullable=False),
    Column("reason", String(20), nullable=False, doc="bounced, complained or by hand"),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", _Exact, primary_key=True),
    Column("due", _Moment, nullable=False, doc="when it is to run next"),
    Column("worker", Text, nullable=False, doc="who is at it, or ''"),
    Column("until", _Moment, nullable=False, doc="when the claim lapses"),
    Column("started", _Moment),
    Column("finished", _Moment),
    Column("success", _Moment, doc="the end of the last run that went well"),
    Column("seconds", Float, nullable=False),
    Column("failures", Integer, nullable=False, doc="in a row"),
    Column("error", Text, nullable=False),
    Column("result", Text, nullable=False),
)
