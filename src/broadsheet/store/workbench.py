"""One writing transaction: the works it touches are loaded at once, and changed in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from broadsheet.store import documents, schema
from broadsheet.store.holdings import Holding, Work

_CHUNK: Final = 5000
"""Values in one IN: well below what either database takes."""


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut values into lists that fit into one query."""
    values = list(values)
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


@dataclass(slots=True)
class Merged:
    """A merge to be recorded: of two works, or of a work and a new manifestation."""

    id: int
    kept: Work
    kept_key: str
    gone_id: int | None
    gone_key: str
    moved: list[int]
    reason: str
    evidence: str
    undo: dict[str, Any] = field(default_factory=dict)


class Workbench:
    """Works in the hands of one writer. Nothing is written before `flush`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = documents.now()
        self.works: dict[int, Work] = {}
        self.merges: list[Merged] = []
        self.gone: dict[int, Work] = {}
        """Stored works that were merged away."""
        self.moved: dict[int, Work] = {}
        rows = connection.execute(select(schema.counters.c.name, schema.counters.c.value))
        self.counters: dict[str, int] = dict(rows.all())

    def next(self, counter: str) -> int:
        """The next number of a counter; numbers are never given out twice."""
        self.counters[counter] += 1
        return self.counters[counter]

    def load(self, ids: Iterable[int]) -> None:
        """Load works with everything that is said of them; those loaded already are left alone."""
        wanted = [i for i in dict.fromkeys(ids) if i not in self.works and i not in self.moved]
        holdings: dict[int, Holding] = {}
        w, m, li = schema.works.c, schema.manifestations.c, schema.listings.c
        for some in chunks(wanted):
            query = select(w.id, w.key, w.added, w.updated, w.fields, w.unresolved).where(w.id.in_(some))
            for row in self.connection.execute(query):
                self.works[row.id] = Work(
                    row.id, row.key, row.added, row.updated,
                    stored=row.fields, stored_key=row.key, shown=not row.unresolved,
                )  # fmt: skip
            manifest = select(schema.manifestations).where(m.work_id.in_(some)).order_by(m.id)
            for held in self.connection.execute(manifest):
                work = self.works[held.work_id]
                said = [
                    documents.decode_record(document, held.source, held.key)
                    for document in documents.loads(held.statements)
                ]
                holdings[held.id] = Holding(
                    held.id, held.source, held.key, work, held.first_seen, held.last_seen,
                    held.format, held.raw_hash, {record.format: record for record in said},
                )  # fmt: skip
                work.holdings.append(holdings[held.id])
        for some in chunks(holdings):
            places = select(schema.listings).where(li.manifestation_id.in_(some))
            for place in self.connection.execute(places):
                holdings[place.manifestation_id].listings[place.day, place.source] = place.position

    def new_work(self) -> Work:
        """A work of which nothing is said yet."""
        work = Work(self.next("work"), "", self.now, self.now, changed=True)
        self.works[work.id] = work
        return work

    def new_holding(self, work: Work, source: str, key: str) -> Holding:
        """A manifestation of a work, of which nothing is said yet."""
        holding = Holding(
            self.next("manifestation"), source, key, work, self.now, self.now, new=True, changed=True
        )
        work.holdings.append(holding)
        return holding

    def attach(self, work: Work, source: str, key: str, reason: str, evidence: str) -> Holding:
        """A new manifestation of a work that others have told of, and the record of why it is the same."""
        holding = self.new_holding(work, source, key)
        merged = Merged(
            self.next("merge"), work, work.key, None, holding.name, [holding.id], reason, evidence
        )
        self.merges.append(merged)
        return holding

    def unite(self, kept: Work, gone: Work, reason: str, evidence: str) -> Merged:
        """Make two works one."""
        moved = [holding.id for holding in gone.holdings]
        first = gone.holdings[0]
        gone_id: int | None = gone.id
        gone_key = gone.key
        if gone.stored is None:  # never seen outside this transaction: it has no name to give back
            gone_id, gone_key = None, first.name
        for earlier in self.merges:
            if earlier.kept is gone:
                earlier.kept = kept
        merged = Merged(
            self.next("merge"), kept, kept.key, gone_id, gone_key, moved, reason, evidence,
            undo={"added": gone.added},
        )  # fmt: skip
        self.merges.append(merged)
        self.move(gone.holdings, kept)
        del self.works[gone.id]
        self.moved[gone.id] = kept
        if gone.stored is not None:
            self.gone[gone.id] = gone
        return merged

    def move(self, holdings: Sequence[Holding], to: Work) -> None:
        """Make manifestations those of another work."""
        for holding in list(holdings):
            holding.work.holdings.remove(holding)
            holding.work.touched()
            to.holdings.append(holding)
            holding.work = to
            holding.changed = True
        to.holdings.sort(key=lambda holding: holding.id)
        to.touched()

    def find(self, work_id: int) -> Work | None:
        """The loaded work of that number, or the one it was merged into just now."""
        work = self.works.get(work_id) or self.moved.get(work_id)
        while work is not None and work.id in self.moved:
            work = self.moved[work.id]
        return work
