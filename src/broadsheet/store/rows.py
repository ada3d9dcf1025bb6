"""Works on the bench as rows of the tables: everything a transaction changed, written at once."""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table, bindparam, cast, delete, insert, literal, select, update

from broadsheet.identifiers import title_key
from broadsheet.papers import Status
from broadsheet.store import documents, keys, merge, schema
from broadsheet.store.holdings import Holding, Work
from broadsheet.store.workbench import Workbench, chunks

_RAW_LEVEL: Final = 1  # a record is short: higher levels cost much and win little
_UNREAD: Final = ("votes", "days", "provenance")
"""Parts of a work's JSON whose change is no new version of the paper."""


@functools.lru_cache(maxsize=4096)  # each title of a batch is asked for a few times
def title_hash(title: str) -> int | None:
    """64 bits of a title's key, to look it up by; None if nothing is left of it."""
    key = title_key(title)
    if not key:
        return None
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def write(bench: Workbench) -> bool:
    """Write what was changed on the bench; returns whether there was anything.

    Each changed work gets its merged fields, its editions and a line in the outbox; a work merged away gets
    a line that says so. Nothing is written when nothing was changed.
    """
    # In order, so that the same records make the same store, row for row.
    changed = sorted((work for work in bench.works.values() if work.changed), key=lambda work: work.id)
    if not changed and not bench.gone:
        return False
    _name(bench, changed)
    _write_works(bench, changed)
    holdings = [holding for work in changed for holding in work.holdings if holding.changed]
    _write_holdings(bench, holdings)
    _drop_gone(bench)
    _write_entries(bench, changed)
    _write_merges(bench)
    bench.next("stamp")
    for name, value in bench.counters.items():
        bench.connection.execute(
            update(schema.counters).where(schema.counters.c.name == name).values(value=value)
        )
    return True


def document(work: Work) -> dict[str, Any]:
    """The JSON of a work: its fields, its editions, and who said what ("source:key" → fields)."""
    fields, provenance = work.merged
    written = documents.encode(fields)
    if days := merge.edition_days(fields, work.places):
        written["days"] = days
    told: dict[str, list[str]] = {}
    for name, teller in provenance.items():
        told.setdefault(teller, []).append(name)
    written["provenance"] = told
    return written


def _name(bench: Workbench, works: Collection[Work]) -> None:
    """Give each work the best key that is free; a work keeps its key unless a better kind is to be had."""
    wanted: dict[int, list[str]] = {}
    for work in works:
        if work.pinned:
            continue
        names = keys.names(work.merged[0].get("identifiers", ()))
        if work.key:
            rank = next((rank for rank, key in names if key == work.key), keys.SLUG)
            names = [(better, key) for better, key in names if better < rank]
        if names or not work.key:
            wanted[work.id] = [key for _, key in names]
    taken = _taken(bench, {key for names in wanted.values() for key in names})
    taken.update((work.key, work.id) for work in works if work.pinned)
    nameless = []
    for work_id, choice in wanted.items():
        work = bench.works[work_id]
        work.key = next((key for key in choice if taken.get(key, work_id) == work_id), work.key)
        if work.key:
            taken[work.key] = work_id
        else:
            nameless.append(work)
    slugs = {work.id: keys.slug(work.merged[0].get("title", ""), work.holdings[0].name) for work in nameless}
    taken = _taken(bench, set(slugs.values()))
    for work in nameless:
        key = slugs[work.id]
        work.key = key if taken.setdefault(key, work.id) == work.id else f"{key}-{work.id}"


def _taken(bench: Workbench, wanted: Iterable[str]) -> dict[str, int]:
    """Which of these keys are given, and to which works; those of works merged away went to the kept one."""
    taken: dict[str, int] = {}
    w, a = schema.works.c, schema.aliases.c
    for some in chunks(wanted):
        for query in (
            select(a.key, a.work_id).where(a.key.in_(some)),
            select(w.key, w.id).where(w.key.in_(some)),
        ):
            for key, owner in bench.connection.execute(query):
                heir = bench.find(owner)
                taken[key] = heir.id if heir else owner
    return taken


def _write_works(bench: Workbench, works: list[Work]) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    for work in works:
        fields = work.merged[0]
        written = document(work)
        unresolved = work.unresolved
        stored = documents.loads(work.stored) if work.stored is not None else None
        text = documents.dumps(written)
        if stored is None or text != work.stored or work.key != work.stored_key or unresolved == work.shown:
            seen.append({"work_id": work.id, "gone": unresolved})
        if stored is not None and _read(stored) != _read(documents.loads(text)):
            work.updated = bench.now
        days = [day for day in written.get("days", ()) if day[0] != "-"]
        row = {
            "id": work.id,
            "key": work.key,
            "title_hash": None if unresolved else title_hash(fields.get("title", "")),
            "status": fields.get("status", Status.STANDING).value,
            "unresolved": unresolved,
            "votes": max((v.votes for v in fields.get("votes", ())), default=None),
            "day": "" if unresolved or not days else days[-1],
            "added": work.added,
            "updated": work.updated,
            "fields": text,
        }
        (new if stored is None else old).append(row)
    renamed = [work for work in works if work.key != work.stored_key]
    _rename(bench, renamed)
    _insert(bench, schema.works, new)
    if old:
        statement = update(schema.works).where(schema.works.c.id == bindparam("work"))
        bench.connection.execute(statement, [{"work": row.pop("id"), **row} for row in old])
    borne = {work.key for work in works}
    former = [work for work in renamed if work.stored_key and work.stored_key not in borne]
    _insert(bench, schema.aliases, [{"key": work.stored_key, "work_id": work.id} for work in former])
    _announce(bench, seen)


def _read(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name not in _UNREAD}


def _rename(bench: Workbench, works: list[Work]) -> None:
    """Free the keys that are to be given to others, and let the former keys of works go on answering."""
    w, a = schema.works.c, schema.aliases.c
    # Two works may take each other's keys (a split does it), so all of them let go first.
    for some in chunks([*(work.id for work in works if work.stored is not None), *bench.gone]):
        nameless = literal("\n") + cast(w.id, w.key.type)
        bench.connection.execute(update(schema.works).where(w.id.in_(some)).values(key=nameless))
    for some in chunks(work.key for work in works):
        bench.connection.execute(delete(schema.aliases).where(a.key.in_(some)))


def _announce(bench: Workbench, changes: list[dict[str, Any]]) -> None:
    """Write the changes into the outbox, which keeps the latest of each work."""
    for some in chunks(change["work_id"] for change in changes):
        bench.connection.execute(delete(schema.outbox).where(schema.outbox.c.work_id.in_(some)))
    for change in changes:
        change["seq"] = bench.next("change")
    _insert(bench, schema.outbox, changes)


def _write_holdings(bench: Workbench, holdings: list[Holding]) -> None:
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    names, places, raws = [], [], []
    for holding in holdings:
        row = {
            "id": holding.id,
            "work_id": holding.work.id,
            "source": holding.source,
            "key": holding.key,
            "format": holding.format,
            "raw_hash": holding.raw_hash,
            "url": holding.url,
            "first_seen": holding.first_seen,
            "last_seen": holding.last_seen,
            "extra": documents.dumps(holding.extra),
            "statements": documents.dumps([documents.encode_record(r) for r in holding.statements.values()]),
        }
        (new if holding.new else old).append(row)
        names += [
            {"scheme": name.scheme, "value": name.value, "manifestation_id": holding.id}
            for name in holding.identifiers
        ]
        places += [
            {"manifestation_id": holding.id, "day": day, "source": source, "position": position}
            for (day, source), position in holding.listings.items()
        ]
        for name_, format_, raw in holding.raws:
            compressed = zlib.compress(raw, _RAW_LEVEL)
            raws.append(
                {"hash": name_, "manifestation_id": holding.id, "format": format_, "bytes": compressed}
            )
    _insert(bench, schema.manifestations, new)
    if old:
        statement = update(schema.manifestations).where(schema.manifestations.c.id == bindparam("held"))
        bench.connection.execute(statement, [{"held": row.pop("id"), **row} for row in old])
        for some in chunks(holding.id for holding in holdings if not holding.new):
            for table in (schema.identifiers, schema.listings):
                bench.connection.execute(delete(table).where(table.c.manifestation_id.in_(some)))
    _insert(bench, schema.identifiers, names)
    _insert(bench, schema.listings, places)
    _insert(bench, schema.raws, raws)


def _write_entries(bench: Workbench, works: Iterable[Work]) -> None:
    """Write the editions of works, and keep the number of works of each day, and how they stood before."""
    e = schema.entries
    difference: Counter[str] = Counter()
    before: dict[tuple[str, int], Any] = {}
    for some in chunks([work.id for work in works if work.stored is not None]):
        stood = bench.connection.execute(select(e).where(e.c.work_id.in_(some))).mappings()
        before.update(((row["day"], row["work_id"]), dict(row)) for row in stood)
        bench.connection.execute(delete(e).where(e.c.work_id.in_(some)))
    difference.subtract(day for day, _ in before)
    rows: list[dict[str, Any]] = []
    for work in works:
        if work.unresolved:
            continue
        fields = work.merged[0]
        places = work.places
        rest = {
            "work_id": work.id,
            "votes": max((v.votes for v in fields.get("votes", ())), default=None),
            "date": merge.own_date(fields),
            "categories": "".join(f"\n{name}\n" for name in fields.get("categories", ())),
        }
        days = merge.edition_days(fields, places)
        rows += [{"day": day, "position": places.get(day), **rest} for day in days]
        difference.update(days)
    for row in rows:
        old = before.get((row["day"], row["work_id"]))
        same = old is not None and all(old[name] == value for name, value in row.items())
        row["since"] = old["since"] if old is not None and same else bench.now
        if same:
            del before[row["day"], row["work_id"]]
    _insert(bench, e, rows)
    _keep_past(bench, {work.id: work.stored_key or work.key for work in works}, before.values())
    count_days(bench, difference)


def _keep_past(bench: Workbench, keys: Mapping[int, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Entries that no longer stand, under the keys that their works had."""
    past = []
    for row in rows:
        kept = {name: value for name, value in row.items() if name != "work_id"}
        past.append({**kept, "work_key": keys[row["work_id"]], "until": bench.now})
    # One that came and went within a moment was never seen.
    _insert(bench, schema.past_entries, [row for row in past if row["since"] < row["until"]])


def count_days(bench: Workbench, difference: Mapping[str, int]) -> None:
    """Add to the number of works of each day, and forget days without any."""
    d = schema.days
    for some in chunks(sorted(day for day, number in difference.items() if number)):
        known = dict(bench.connection.execute(select(d.c.day, d.c.works).where(d.c.day.in_(some))).all())
        bench.connection.execute(delete(d).where(d.c.day.in_(list(known))))
        sums = {day: known.get(day, 0) + difference[day] for day in some}
        _insert(bench, d, [{"day": day, "works": number} for day, number in sums.items() if number])


def _drop_gone(bench: Workbench) -> None:
    """Take away the works that were merged into others; their keys answer for these from now on."""
    if not bench.gone:
        return
    w, a, e = schema.works, schema.aliases, schema.entries
    days: Counter[str] = Counter()
    living = {work.key for work in bench.works.values()}
    for merged in bench.merges:
        gone = bench.gone.get(merged.gone_id or 0)
        if gone is None:
            continue
        to = bench.moved[gone.id]
        while to.id in bench.moved:
            to = bench.moved[to.id]
        aliases = bench.connection.scalars(select(a.c.key).where(a.c.work_id == gone.id)).all()
        merged.undo["aliases"] = sorted(aliases)
        bench.connection.execute(update(a).where(a.c.work_id == gone.id).values(work_id=to.id))
        found = bench.connection.execute(select(e).where(e.c.work_id == gone.id)).mappings()
        stood = [dict(row) for row in found]
        days.subtract(row["day"] for row in stood)
        _keep_past(bench, {gone.id: gone.stored_key or gone.key}, stood)
        bench.connection.execute(delete(e).where(e.c.work_id == gone.id))
        bench.connection.execute(delete(w).where(w.c.id == gone.id))
        if gone.key not in living:
            _insert(bench, a, [{"key": gone.key, "work_id": to.id}])
    count_days(bench, days)
    _announce(bench, [{"work_id": gone, "gone": True} for gone in bench.gone])


def _write_merges(bench: Workbench) -> None:
    _insert(
        bench,
        schema.merges,
        [
            {
                "id": merged.id,
                "kept_id": merged.kept.id,
                "gone_id": merged.gone_id,
                "kept_key": merged.kept_key or merged.kept.key,
                "gone_key": merged.gone_key,
                "moved": documents.dumps(merged.moved),
                "undo": documents.dumps(
                    {"key": merged.kept_key, "key_since": merged.kept.key, **merged.undo}
                ),
                "reason": merged.reason,
                "evidence": merged.evidence,
                "at": bench.now,
            }
            for merged in bench.merges
        ],
    )


def _insert(bench: Workbench, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        bench.connection.execute(insert(table), rows)
