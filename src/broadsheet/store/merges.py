"""Merges on record: what was made one and why, by hand or by evidence; and their undoing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, update

from broadsheet.exceptions import StoreError
from broadsheet.store import documents, rows
from broadsheet.store.holdings import Work
from broadsheet.store.schema import aliases, manifestations
from broadsheet.store.schema import merges as table
from broadsheet.store.separations import separate
from broadsheet.store.workbench import Workbench

BY_HAND: Final = "by hand"

_T, _M = table.c, manifestations.c


@dataclass(frozen=True, slots=True)
class Merge:
    """Two that were made one.

    kept: the key of the paper that remained. gone: the key of the paper merged into it, or "source:key" of a
    manifestation that came new. reason: identifier, title, or what a person gave. evidence: in words
    ("same DOI 10.1/x"). undone_at: when it was split again, or None.
    """

    id: int
    kept: str
    gone: str
    reason: str
    evidence: str
    at: datetime
    undone_at: datetime | None


def every(connection: Connection, work_id: int | None) -> list[Merge]:
    """The merges of one work (of those merged into it too), or all; newest first, undone ones included."""
    query = select(table).order_by(_T.id.desc())
    if work_id is not None:
        ids = _lineage(connection, work_id)
        query = query.where(or_(_T.kept_id.in_(ids), _T.gone_id.in_(ids)))
    return [_merge(row) for row in connection.execute(query)]


def unite(connection: Connection, kept_id: int, gone_id: int, reason: str) -> Merge:
    """Merge two works because a person says so."""
    bench = Workbench(connection)
    bench.load((kept_id, gone_id))
    merged = bench.unite(bench.works[kept_id], bench.works[gone_id], reason, BY_HAND)
    rows.write(bench)
    return _one(connection, merged.id)


def undo(connection: Connection, merge_id: int) -> Merge:
    """Split what a merge made one; both are as they were, and are never merged by themselves again."""
    row = connection.execute(select(table).where(_T.id == merge_id)).first()
    if row is None or row.undone_at is not None:
        raise StoreError(f"no merge {merge_id} to undo")
    moved = documents.loads(row.moved)
    bench, work = _holder(connection, moved)
    holdings = [holding for holding in work.holdings if holding.id in moved]
    if len(holdings) == len(work.holdings):
        raise StoreError(f"merge {merge_id} cannot be undone: nothing else is left of {work.key!r}")
    undoing = documents.loads(row.undo)
    part = bench.new_work() if row.gone_id is None else Work(row.gone_id, "", "", bench.now, changed=True)
    if row.gone_id is not None:
        bench.works[part.id] = part
        part.added = undoing["added"]
        part.key, part.pinned = row.gone_key, True
        _give_back_keys(bench, work, undoing)
    _part(bench, holdings, work, part)
    if row.gone_id is not None:
        _give_back_aliases(connection, part, undoing)
    connection.execute(update(table).where(_T.id == merge_id).values(undone_at=bench.now))
    return _one(connection, merge_id)


def detach(connection: Connection, manifestation_id: int) -> str:
    """Make one manifestation a work of its own; returns its key."""
    bench, work = _holder(connection, [manifestation_id])
    holdings = [holding for holding in work.holdings if holding.id == manifestation_id]
    if len(work.holdings) == 1:
        raise StoreError(f"{work.key!r} has this one manifestation only")
    part = bench.new_work()
    _part(bench, holdings, work, part)
    return part.key


def _holder(connection: Connection, moved: Iterable[int]) -> tuple[Workbench, Work]:
    """The work that holds the manifestations now (the first of them that is still with others)."""
    query = select(_M.work_id).where(_M.id.in_(list(moved))).order_by(_M.id)
    holders = connection.scalars(query).all()
    if not holders:
        raise StoreError("no such manifestation")
    bench = Workbench(connection)
    bench.load(holders)
    works = [bench.works[number] for number in dict.fromkeys(holders)]
    wanted = set(moved)
    mixed = (work for work in works if any(holding.id not in wanted for holding in work.holdings))
    return bench, next(mixed, works[0])


def _part(bench: Workbench, holdings: list[Any], work: Work, part: Work) -> None:
    bench.move(holdings, part)
    rows.write(bench)
    separate(bench.connection, [h.id for h in part.holdings], [h.id for h in work.holdings])


def _give_back_keys(bench: Workbench, work: Work, undoing: dict[str, Any]) -> None:
    """The kept work bears its own key again if it had taken that of the other."""
    if work.key == bench.works[max(bench.works)].key or undoing["kept_key"]:
        work.key, work.pinned = undoing["kept_key"] or work.key, True


def _give_back_aliases(connection: Connection, part: Work, undoing: dict[str, Any]) -> None:
    former = undoing.get("aliases", [])
    if former:
        connection.execute(update(aliases).where(aliases.c.key.in_(former)).values(work_id=part.id))


def _lineage(connection: Connection, work_id: int) -> set[int]:
    ids, fresh = {work_id}, {work_id}
    while fresh:
        query = select(_T.gone_id).where(
            _T.kept_id.in_(fresh), _T.gone_id.is_not(None), _T.undone_at.is_(None)
        )
        fresh = {number for number in connection.scalars(query) if number is not None} - ids
        ids |= fresh
    return ids


def _one(connection: Connection, merge_id: int) -> Merge:
    return _merge(connection.execute(select(table).where(_T.id == merge_id)).one())


def _merge(row: Row[Any]) -> Merge:
    undone = documents.moment(row.undone_at) if row.undone_at else None
    return Merge(
        row.id, row.kept_key, row.gone_key, row.reason, row.evidence, documents.moment(row.at), undone
    )
