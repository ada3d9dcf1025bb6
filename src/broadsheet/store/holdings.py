"""What a writer holds in its hands: works and their manifestations, while records change them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from broadsheet.identifiers import url_of
from broadsheet.papers import Description, Identifier, Listing, Record, Status
from broadsheet.store import merge


def raw_name(record: Record) -> str:
    """The content name of a record's bytes: 32 hex digits, the same for the same bytes of the same thing."""
    named = "\0".join((record.format, record.source, record.key, ""))
    return hashlib.blake2b(named.encode() + record.raw, digest_size=16).hexdigest()


@dataclass(slots=True, eq=False)
class Holding:
    """A manifestation: the newest record of each format, every listing, and the raws that came in now."""

    id: int
    source: str
    key: str
    work: Work
    first_seen: str
    last_seen: str
    format: str = ""
    raw_hash: str = ""
    statements: dict[str, Record] = field(default_factory=dict)
    listings: dict[tuple[str, str], int | None] = field(default_factory=dict)
    raws: list[tuple[str, str, bytes]] = field(default_factory=list)
    new: bool = False
    changed: bool = False

    def take(self, record: Record, name: str, now: str) -> bool:
        """Take in what a record says, under the content name of its bytes.

        Returns whether it was news: an older version than the one held adds its listings and nothing more.
        """
        self.raws.append((name, record.format, record.raw))
        self.last_seen = now
        self.changed = self.work.changed = True
        listed = self.list_in(record.listings)
        held = self.statements.get(record.format)
        if merge.is_deletion(record) and self.statements:
            self.statements = {
                kind: replace(said, status=Status.WITHDRAWN, extra={**said.extra, "deleted": True})
                for kind, said in self.statements.items()
            }
        elif held and merge.is_newer(held, than=record):
            self.statements[record.format] = _announcing(held, record)
            return listed
        else:
            self.statements[record.format] = _succeeding(held, record)
            self.format, self.raw_hash = record.format, name
        return True

    def list_in(self, listings: Iterable[Listing], *, moving: bool = True) -> bool:
        """Add places in lists; returns whether any is new.

        A day without its year says nothing beside the same day with one. `moving`: a place that is known may
        have another position now.
        """
        changed = False
        for listing in listings:
            place = (listing.day, listing.source)
            if self.is_listed(listing):
                if not moving or self.listings.get(place, listing.position) == listing.position:
                    continue
            elif not listing.day.startswith("--"):
                self.listings.pop((f"-{listing.day[4:]}", listing.source), None)
            self.listings[place] = listing.position
            changed = True
        if changed:
            self.changed = self.work.changed = True
        return changed

    def is_listed(self, listing: Listing) -> bool:
        """Whether the place is known, with its year or (where the listing has none) with any year."""
        return is_listed(self.listings, listing)

    @property
    def name(self) -> str:
        """What it is called in provenance: "source:key"."""
        return f"{self.source}:{self.key}"

    @property
    def identifiers(self) -> list[Identifier]:
        """Every name its records give."""
        return list(dict.fromkeys(i for record in self.statements.values() for i in record.identifiers))

    @property
    def extra(self) -> dict[str, Any]:
        """What its records say besides, the one that speaks first winning."""
        united: dict[str, Any] = {}
        for record in reversed(merge.in_order(self.statements.values())):
            united.update(record.extra)
        return united

    @property
    def url(self) -> str:
        """Its page at the source, or that of its first identifier that has one, or ''."""
        records = merge.in_order(self.statements.values())
        pages = [record.link("page") for record in records]
        return next(filter(None, pages), "") or next(filter(None, map(url_of, self.identifiers)), "")


def is_listed(listings: Iterable[tuple[str, str]], listing: Listing) -> bool:
    """Whether a place is among (day, source) pairs, with its year or (where it has none) with any year."""
    if not listing.day.startswith("--"):
        return (listing.day, listing.source) in listings
    return any(day[-6:] == listing.day[-6:] and source == listing.source for day, source in listings)


@dataclass(slots=True, eq=False)
class Work:
    """A work and its manifestations."""

    id: int
    key: str
    added: str
    updated: str
    holdings: list[Holding] = field(default_factory=list)
    stored: str | None = None
    """Its JSON as stored; None for a new work."""
    shown: bool = False
    """Whether readers see it as it is stored: not when it is known by identifier alone."""
    stored_key: str = ""
    pinned: bool = False
    """Whether its key is settled and no better one is looked for."""
    changed: bool = False
    _merged: tuple[dict[str, Any], dict[str, str]] | None = None

    @property
    def records(self) -> list[Record]:
        """Everything that is said of it."""
        return [record for holding in self.holdings for record in holding.statements.values()]

    @property
    def merged(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Its fields and their provenance; call `touched` when a record has changed."""
        if self._merged is None:
            self._merged = merge.merge(self.records)
        return self._merged

    def touched(self) -> None:
        """Forget what was merged: something was taken in."""
        self._merged = None
        self.changed = True

    @property
    def description(self) -> Description:
        """The part of its fields that works are matched by."""
        fields = self.merged[0]
        return Description(
            title=fields.get("title", ""),
            abstract=fields.get("abstract", ""),
            authors=fields.get("authors", ()),
            identifiers=fields.get("identifiers", ()),
        )

    @property
    def unresolved(self) -> bool:
        """Whether nothing is known of it but its name."""
        return all(merge.is_unresolved(record) or not record.title for record in self.records)

    @property
    def places(self) -> dict[str, int | None]:
        """Day → the best position in any list of that day."""
        best: dict[str, int | None] = {}
        for holding in self.holdings:
            for (day, _), position in holding.listings.items():
                known = best.get(day)
                best[day] = position if known is None else known if position is None else min(known, position)
        return best


def _announcing(held: Record, record: Record) -> Record:
    """What is held, announced when the earlier of the two was."""
    days = [day for said in (held, record) if (day := merge.announced(said))]
    if not days:
        return held
    return replace(held, announced=min(days), update_only=False)


def _succeeding(held: Record | None, record: Record) -> Record:
    """The new record in place of the one held, which keeps what time must not take away."""
    record = replace(record, raw=b"", place="", listings=())
    if held is None:
        return record
    record = _announcing(record, held)
    if (
        held.status is not Status.STANDING
        and record.status is Status.STANDING
        and not merge.is_newer(record, held)
    ):
        record = replace(record, status=held.status)
    return record
