"""Records → works: matched, merged and written in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, select

from broadsheet.papers import Description, Record, Status
from broadsheet.store import keys, match, merge, rows, schema
from broadsheet.store.holdings import Holding, Work, is_listed, raw_name
from broadsheet.store.separations import Separations, separate
from broadsheet.store.workbench import Workbench, chunks

Kind = Literal["imported", "updated", "unchanged", "merged"]
_OLDER: Final = "a newer version is held"
_UNKNOWN: Final = "announces a change to a paper that is not here"
_NO_NEWS: Final = "the paper is here already"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record: `key` is that of its paper, '' where it made none.

    imported: a paper that was not here. merged: a paper that others had told of; the evidence is the reason.
    updated: the source says something new of it. unchanged: nothing was written, or nothing that shows.
    """

    kind: Kind
    key: str
    place: str
    reason: str = ""


class Ingest:
    """The records of one transaction."""

    def __init__(self, connection: Connection, records: Sequence[Record]) -> None:
        self.connection = connection
        self.bench = Workbench(connection)
        self.records = records
        self.names = [raw_name(record) for record in records]
        self.held: dict[tuple[str, str], tuple[int, int]] = {}
        self.seen: set[str] = set()
        self.holdings: dict[tuple[str, str], Holding] = {}
        self.by_identifier: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.by_title: dict[int, list[int]] = defaultdict(list)
        self.separations = Separations(connection)

    def run(self) -> list[Outcome]:
        """Take the records in, in their order, and write what they change."""
        self._look_up_held()
        repeated = self._repeated()
        live = [i for i in range(len(self.records)) if i not in repeated]
        self._look_up_works([self.records[i] for i in live])
        taken = {i: self._take(self.records[i], self.names[i]) for i in live}
        rows.write(self.bench)
        self._keep_apart(self.records[i] for i in live)
        outcomes = []
        for i, record in enumerate(self.records):
            if i in repeated:
                outcomes.append(Outcome("unchanged", repeated[i], record.place))
            else:
                kind, work_id, reason = taken[i]
                work = self.bench.find(work_id)
                outcomes.append(Outcome(kind, work.key if work else "", record.place, reason))
        return outcomes

    # Looking up: one query a kind for the whole batch

    def _look_up_held(self) -> None:
        m = schema.manifestations.c
        by_source: dict[str, list[str]] = defaultdict(list)
        for record in self.records:
            by_source[record.source].append(record.key)
            for name in (*record.together, *record.apart):
                source, key = _named(name)
                by_source[source].append(key)
        for source, names in by_source.items():
            for some in chunks(dict.fromkeys(names)):
                query = select(m.key, m.id, m.work_id).where(m.source == source, m.key.in_(some))
                self.held.update(
                    ((source, key), (number, work)) for key, number, work in self.connection.execute(query)
                )
        told = [n for n, r in zip(self.names, self.records, strict=True) if (r.source, r.key) in self.held]
        for some in chunks(dict.fromkeys(told)):
            query = select(schema.raws.c.hash).where(schema.raws.c.hash.in_(some))
            self.seen.update(self.connection.scalars(query))

    def _repeated(self) -> dict[int, str]:
        """The records that say what is known byte for byte, with the keys of their papers."""
        known = {
            i: self.held[record.source, record.key]
            for i, record in enumerate(self.records)
            if self.names[i] in self.seen
        }
        listings: dict[int, set[tuple[str, str]]] = defaultdict(set)
        li, w = schema.listings.c, schema.works.c
        for some in chunks({number for i, (number, _) in known.items() if self.records[i].listings}):
            query = select(li.manifestation_id, li.day, li.source).where(li.manifestation_id.in_(some))
            for number, day, source in self.connection.execute(query):
                listings[number].add((day, source))
        known = {
            i: (number, work)
            for i, (number, work) in known.items()
            if all(is_listed(listings[number], listing) for listing in self.records[i].listings)
        }
        names: dict[int, str] = {}
        for some in chunks({work for _, work in known.values()}):
            names.update(self.connection.execute(select(w.id, w.key).where(w.id.in_(some))).all())
        return {i: names[work] for i, (_, work) in known.items()}

    def _look_up_works(self, records: Sequence[Record]) -> None:
        wanted = {self.held[r.source, r.key][1] for r in records if (r.source, r.key) in self.held}
        for record in records:
            others = map(_named, (*record.together, *record.apart))
            wanted.update(self.held[other][1] for other in others if other in self.held)
        schemes: dict[str, dict[str, None]] = defaultdict(dict)
        titles: dict[int, None] = {}
        for record in records:
            for name in match.telling(record.identifiers):
                schemes[name.scheme][name.value] = None
            if (title := _title(record)) is not None:
                titles[title] = None
        names, m, w = schema.identifiers.c, schema.manifestations.c, schema.works.c
        for scheme, values in schemes.items():
            for some in chunks(values):
                query = (
                    select(names.value, m.work_id)
                    .join_from(schema.identifiers, schema.manifestations)
                    .where(names.scheme == scheme, names.value.in_(some))
                    .order_by(m.work_id)
                )
                for value, work in self.connection.execute(query):
                    self.by_identifier[scheme, value].append(work)
                    wanted.add(work)
        for some in chunks(titles):
            titled = select(w.title_hash, w.id).where(w.title_hash.in_(some)).order_by(w.id)
            for title, work in self.connection.execute(titled):
                self.by_title[title].append(work)
                wanted.add(work)
        self.bench.load(wanted)
        for work in self.bench.works.values():
            for holding in work.holdings:
                self.holdings[holding.source, holding.key] = holding

    # Taking in

    def _take(self, record: Record, name: str) -> tuple[Kind, int, str]:
        holding = self.holdings.get((record.source, record.key))
        if holding:
            if name in self.seen:
                news = holding.list_in(record.listings, moving=False)
                return "updated" if news else "unchanged", holding.work.id, ""
            self.seen.add(name)
            news = holding.take(record, name, self.bench.now)
            holding.work.touched()
            self._remember(record, holding.work)
            work = self._bridge(record, holding.work)
            return ("updated", work.id, "") if news else ("unchanged", work.id, _OLDER)
        found = self._told(record) + self._same(record)
        if not found:
            if record.update_only:
                return "unchanged", 0, _UNKNOWN
            work, evidence = self.bench.new_work(), ""
            holding = self.bench.new_holding(work, record.source, record.key)
        else:
            work, reason, evidence = found[0]
            if merge.is_unresolved(record) and not record.listings and record.status is Status.STANDING:
                return "unchanged", work.id, _NO_NEWS
            holding = self.bench.attach(work, record.source, record.key, reason, evidence)
        was_unresolved = bool(found) and work.unresolved
        self.seen.add(name)
        self.holdings[record.source, record.key] = holding
        holding.take(record, name, self.bench.now)
        work.touched()
        self._remember(record, work)
        if found:
            work = self._bridge(record, work)
        return "imported" if not found or was_unresolved else "merged", work.id, evidence

    def _remember(self, record: Record, work: Work) -> None:
        for name in match.telling(record.identifiers):
            known = self.by_identifier[name.scheme, name.value]
            if work.id not in known:
                known.append(work.id)
        if (title := _title(record)) is not None and work.id not in self.by_title[title]:
            self.by_title[title].append(work.id)

    def _same(self, said: Description, record: Record | None = None) -> list[tuple[Work, str, str]]:
        """The works that are the one described, with reason and evidence, the most certain first."""
        asked = record or said
        assert isinstance(asked, Record)
        found: dict[int, tuple[Work, str, str]] = {}
        for name in sorted(match.telling(asked.identifiers), key=match.strength):
            for work in self._works(self.by_identifier.get((name.scheme, name.value), ())):
                # It may have borne the name in this batch and lost it again.
                if work.id in found or name not in work.description.identifiers:
                    continue
                if self._part(asked, work):
                    continue
                if evidence := match.by_identifier(said, work.description):
                    found[work.id] = (work, "identifier", evidence)
        title = _title(asked)
        alike = [
            (-match.shared_authors(said.authors, work.description.authors), work.id, work, evidence)
            for work in self._works(self.by_title.get(title, ()) if title is not None else ())
            if work.id not in found
            and not self._part(asked, work)
            and (evidence := match.by_title(said, work.description))
        ]
        for *_, work, evidence in sorted(alike, key=lambda each: each[:2]):
            found[work.id] = (work, "title", evidence)
        return list(found.values())

    def _told(self, record: Record) -> list[tuple[Work, str, str]]:
        """The work that a person said the record is of, where it was exported."""
        known = (self.holdings.get(_named(name)) for name in record.together)
        return [(holding.work, "export", "one paper where it was exported") for holding in known if holding][
            :1
        ]

    def _part(self, record: Record, work: Work) -> bool:
        """Whether a person said, where the record was exported, that it is not of that work."""
        return bool(record.apart) and any(holding.name in record.apart for holding in work.holdings)

    def _keep_apart(self, records: Iterable[Record]) -> None:
        for record in records:
            others = [h.id for h in map(self.holdings.get, map(_named, record.apart)) if h]
            ours = self.holdings.get((record.source, record.key))
            if ours and others:
                separate(self.connection, [ours.id], others)

    def _works(self, ids: Iterable[int]) -> list[Work]:
        # By number, as they are looked up: what this batch has added must not stand in another order.
        works = {work for number in ids if (work := self.bench.find(number)) is not None}
        return sorted(works, key=lambda work: work.id)

    def _bridge(self, record: Record, work: Work) -> Work:
        """Merge the works that a record shows to be one with its own; returns the one that is kept."""
        for other, reason, evidence in self._same(work.description, record):
            if other is work or other.id in self.bench.moved or self.separations.part(work, other):
                continue
            kept, gone = sorted((work, other), key=_standing)
            self.bench.unite(kept, gone, reason, evidence)
            work = kept
        return work


def _named(name: str) -> tuple[str, str]:
    source, _, key = name.partition(":")
    return source, key


def _title(record: Record) -> int | None:
    return None if merge.is_unresolved(record) else rows.title_hash(record.title)


def _standing(work: Work) -> tuple[int, int]:
    """Of two works, the one to keep comes first: the better named, then the earlier."""
    names = keys.names(work.merged[0].get("identifiers", ()))
    return names[0][0] if names else keys.SLUG, work.id
