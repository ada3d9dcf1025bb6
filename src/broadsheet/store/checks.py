"""Whether the store is well: what the database says, and what must hold between the tables."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from broadsheet.store import documents, rows, schema
from broadsheet.store.workbench import Workbench, chunks

_SAMPLE = 1000
"""How many works are merged again to compare: they are spread over the whole store."""


def problems(connection: Connection) -> list[str]:
    """Every problem in words; none if the store is well."""
    found: list[str] = []
    if connection.dialect.name == "sqlite":
        said = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        found += [f"the database file is damaged: {line}" for line in said if line != "ok"]
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        found += [f"a row of {row[0]} refers to a missing row of {row[2]}" for row in broken]
    found += _aggregates(connection)
    found += _orphans(connection)
    found += _sample(connection)
    return found


def _aggregates(connection: Connection) -> list[str]:
    d, e = schema.days.c, schema.entries.c
    kept = {row.day: row.works for row in connection.execute(select(d.day, d.works))}
    counted = {
        row.day: row.n for row in connection.execute(select(e.day, func.count().label("n")).group_by(e.day))
    }
    return [
        f"the edition of {day} is said to have {kept.get(day, 0)} papers and has {counted.get(day, 0)}"
        for day in sorted(kept.keys() | counted.keys())
        if kept.get(day) != counted.get(day)
    ]


def _orphans(connection: Connection) -> list[str]:
    w, m, r, o = schema.works.c, schema.manifestations.c, schema.raws.c, schema.outbox.c
    bare = select(w.key).where(~select(m.id).where(m.work_id == w.id).exists())
    found = [f"{key} has no manifestation" for key in connection.scalars(bare)]
    silent = select(m.source, m.key).where(~select(r.hash).where(r.hash == m.raw_hash).exists())
    found += [f"the raw record of {row.source}:{row.key} is missing" for row in connection.execute(silent)]
    untold = select(w.key).where(~select(o.seq).where(o.work_id == w.id, o.gone == w.unresolved).exists())
    found += [f"{key} is not in the outbox as it is" for key in connection.scalars(untold)]
    return found


def _sample(connection: Connection) -> list[str]:
    ids = list(connection.scalars(select(schema.works.c.id).order_by(schema.works.c.id)))
    found = []
    for some in chunks(ids[:: max(1, len(ids) // _SAMPLE)]):
        bench = Workbench(connection)
        bench.load(some)
        for work in bench.works.values():
            if not work.holdings:
                continue
            if documents.dumps(rows.document(work)) != work.stored:
                found.append(f"{work.key} is not what its manifestations make of it")
    return found
