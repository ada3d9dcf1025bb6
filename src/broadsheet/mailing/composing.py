"""What is due, composed and queued: each digest is kept before anything of it is sent.

A subscription moves on to its next hour in the same commit that queues its digest, so that a killed run goes
on with those that were not reached. After a time without a running house there is one digest and not many: it
tells of everything since the last one.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from broadsheet.digest.issue import Issue, entries, line
from broadsheet.digest.schedule import next_due, zone_named
from broadsheet.exceptions import NotFoundError
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper
from broadsheet.subscriptions import Cadence, Channel, Kind, State, Subscription, Wish

if TYPE_CHECKING:
    from broadsheet.house import House

log = logging.getLogger(__name__)

BATCH: Final = 250
MOST_DAYS: Final = 7
"""So many days one daily digest reaches back, after quiet days, a vacation or a standstill."""
MOST_TOLD: Final = 300  # papers of a shelf or a person that are remembered to be told
LOOKED_AT: Final = 200  # of the newest papers a query finds


@dataclass(frozen=True, slots=True)
class Told:
    """An issue, its id, and up to where papers are told when it has gone."""

    issue: Issue
    id: str
    upto: str


class Composer:
    """Composes issues; the same for all who want the same."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._made: dict[tuple[Any, ...], Told | None] = {}

    def issue(
        self, wish: Wish, now: datetime, *, told: str = "", thumbs: bool = False, reader: int | None = None
    ) -> Told | None:
        """What a wish of a reader gives now, beyond what was told; None when there is nothing new."""
        today = now.astimezone(zone_named(wish.zone)).date()
        # A query is asked beyond a moment, which hardly two subscribers share; the rest goes by days.
        eyes = reader if wish.kind in (Kind.SHELF, Kind.FOR_YOU) else None
        key = (wish.kind, wish.object, wish.cadence, wish.length, told, thumbs, today, eyes)
        if key not in self._made:
            self._made[key] = self._compose(wish, now, today, told, thumbs, reader)
        return self._made[key]

    def _compose(
        self, wish: Wish, now: datetime, today: date, told: str, thumbs: bool, reader: int | None
    ) -> Told | None:
        match wish.kind:
            case Kind.EDITION:
                found = self._edition(wish, today, told)
            case Kind.TRENDING:
                found = self._trending(wish, today)
            case Kind.QUERY:
                found = self._query(wish, now, today, told)
            case Kind.FOR_YOU:
                found = self._for_you(wish, today, told, reader)
            case _:
                found = self._followed(wish, today, told, reader)
        if found is None or not found.papers:
            return None
        config = self._house.settings
        named = f":{hashlib.blake2b(wish.object.encode(), digest_size=8).hexdigest()}" if wish.object else ""
        issue = Issue(
            edition=f"{wish.kind}:{wish.cadence}:{found.name}{named}",
            title=found.title,
            masthead=config.title,
            site=config.site,
            path=found.path,
            total=found.total,
            entries=tuple(
                replace(entry, votes=" · ".join(filter(None, (entry.votes, found.why.get(entry.key, "")))))
                for entry in entries(found.papers[: wish.length])
            ),
            thumbs=thumbs,
            cadence=wish.cadence.value,
        )
        return Told(issue, issue.id, found.upto)

    def _edition(self, wish: Wish, today: date, told: str) -> _List | None:
        if wish.cadence is Cadence.WEEKLY:
            week = Span.of_week(today - timedelta(weeks=1))
            return self._span(wish, week, week.title, week.name) if week.name > told else None
        latest = self._house.latest()
        if latest is None or latest.name <= told:
            return None
        if not latest.dated:  # all there is are pages that tell no year, as of a first look with a saved one
            return self._span(wish, latest, latest.title, latest.name)
        last = first = date.fromisoformat(latest.name)
        if told and told[0] != "-":
            first = max(date.fromisoformat(told) + timedelta(1), last - timedelta(MOST_DAYS - 1))
        if first == last:
            return self._span(wish, latest, latest.title, latest.name)
        span = Span("day", latest.name, first.isoformat(), last.isoformat())
        before, _ = self._house.store.neighbours(latest.name)
        if before is None or before < span.first:  # the days between had no papers
            return self._span(wish, latest, latest.title, latest.name)
        return self._span(wish, span, f"{_day(first)} to {_day(last)}", latest.name)

    def _span(self, wish: Wish, span: Span, title: str, name: str) -> _List:
        papers, total = self._house.store.edition(span.first, span.last, order="votes", limit=wish.length)
        return _List(title, span.path, name, name, papers, total)

    def _trending(self, wish: Wish, today: date) -> _List:
        days = 7 if wish.cadence is Cadence.DAILY else 30
        found = self._house.community.trending(days=days, limit=wish.length)
        path = f"/papers/trending?days={days}"
        return _List(f"Trending, {_day(today)}", path, today.isoformat(), "", found.papers, found.total)

    def _query(self, wish: Wish, now: datetime, today: date, told: str) -> _List:
        """The papers that came in since the last digest; before the first, since one would have been."""
        found = self._house.search(wish.object, limit=LOOKED_AT, sort="date").papers
        since = datetime.fromisoformat(told) if told else now - _period(wish)
        new = [paper for paper in found if paper.added > since]
        # Up to the newest that was seen and not to this moment: what is taken in now may be found only later.
        upto = max((paper.added for paper in new), default=since).astimezone(UTC).isoformat()
        path = f"/papers?{urlencode({'q': wish.object, 'sort': 'date'})}"
        return _List(f"“{wish.object[:80]}”", path, today.isoformat(), upto, new, len(new))

    def _for_you(self, wish: Wish, today: date, told: str, reader: int | None) -> _List | None:
        """A reader's own page, without what was told; None for nobody, or who has switched it off."""
        if reader is None or not self._house.store.accounts.account(reader).open:
            return None
        person = self._house.people.reader(reader)
        known = set(told.split("\n"))
        page = self._house.for_you.page(
            person, limit=wish.length + min(len(known), wish.length), patient=True
        )
        new = [choice for choice in page.choices if choice.paper.key not in known][: wish.length]
        why = {choice.paper.key: line(choice.because) for choice in new}
        papers = [choice.paper for choice in new]
        upto = "\n".join([*(paper.key for paper in papers), *told.split("\n")][:MOST_TOLD])
        title = f"For you, {_day(today)}"
        return _List(title, "/for-you", f"{today.isoformat()}:{reader}", upto, papers, len(papers), why)

    def _followed(self, wish: Wish, today: date, told: str, reader: int | None) -> _List | None:
        """What a shelf or a person shows that was not told; None where it is not for these eyes."""
        community, people = self._house.community, self._house.people
        try:
            if wish.kind is Kind.SHELF:
                shelf = community.shelf(int(wish.object), people.reader(reader) if reader else None)
                title, path = f"On the shelf “{shelf.name}”", f"/shelves/{shelf.number}"
                shown = [each.paper for each in community.on_shelf(shelf)]
            else:
                person = people.named(wish.object)
                title, path = f"Shown by {person.shown}", f"/readers/{person.name}"
                shown = community.recommended_by(person)
        except (NotFoundError, ValueError):
            return None
        known = set(told.split("\n"))
        new = [paper for paper in shown if paper.key not in known]
        upto = "\n".join([*(paper.key for paper in new), *told.split("\n")][:MOST_TOLD])
        return _List(title, path, today.isoformat(), upto, new, len(new))


def _period(wish: Wish) -> timedelta:
    return timedelta(days=1 if wish.cadence is Cadence.DAILY else 7)


@dataclass(frozen=True, slots=True)
class _List:
    """Papers and where they stand. name: of the edition; upto: what is told when it has gone; why: key → the
    reason a paper is there, where there is one."""

    title: str
    path: str
    name: str
    upto: str
    papers: Sequence[Paper]
    total: int
    why: Mapping[str, str] = field(default_factory=dict)


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def compose_due(house: House, now: datetime, *, stop: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Queue the digests whose hour has come. Returns how many were queued, and how many had nothing new."""
    from broadsheet.digest import page, plain  # brings the templates, which reading does not need

    store, composer = house.store.mailing, Composer(house)
    written: set[str] = set()
    queued = quiet = 0
    while unscheduled := store.unscheduled(BATCH):
        with store.composing() as composing:
            for subscription in unscheduled:
                composing.move_on(subscription, next_due(subscription.wish, now), subscription.told)
    while not stop():
        due = store.due(now, BATCH)
        if not due:
            break
        made = [(each, _told(house, composer, each, now)) for each in due]
        with store.composing() as composing:
            for subscription, told in made:
                following = next_due(subscription.wish, now)
                if told is None:
                    quiet += 1
                    composing.move_on(subscription, following, subscription.told)
                    continue
                issue = told.issue
                if told.id not in written:
                    written.add(told.id)
                    composing.keep(told.id, now, issue.as_json(), page.write(issue), plain.write(issue))
                if composing.queue(subscription, issue.edition, told.id, now):
                    queued += 1
                composing.move_on(subscription, following, told.upto or subscription.told)
    return queued, quiet


def _told(house: House, composer: Composer, subscription: Subscription, now: datetime) -> Told | None:
    """What a subscription is told now; what goes wrong with one stops no other."""
    if subscription.channel is Channel.MAIL and not house.mail.ready:
        return None
    try:
        reader = subscription.reader
        thumbs = subscription.channel is Channel.MAIL and reader is not None
        return composer.issue(subscription.wish, now, told=subscription.told, thumbs=thumbs, reader=reader)
    except Exception:
        log.exception("the digest of subscription %s could not be composed", subscription.id)
        return None


def plan(house: House, now: datetime) -> list[tuple[str, str, str, str]]:
    """What `compose_due` and a sender would do now, without doing it: recipient, edition, subject, state."""
    store, composer = house.store.mailing, Composer(house)
    rows = []
    for subscription in store.due(now, 1_000_000):
        told = _told(house, composer, subscription, now)
        if told and not store.has(subscription.target, told.issue.edition):
            rows.append((subscription.target, told.issue.edition, told.issue.subject, "due"))
    for delivery in store.deliveries(state=State.COMPOSED, limit=1_000_000):
        subject = house.mail.digest(delivery.digest).subject if delivery.digest else delivery.subject
        rows.append((delivery.recipient, delivery.edition, subject, "queued"))
    return rows
