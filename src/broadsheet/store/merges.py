"""Merges on record: what was made one and why, by hand or by evidence; and their undoing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, update

from broadsheet.exceptions import NotFoundError, StoreError
from broadsheet.store import documents, rows
from broadsheet.store.holdings import Work
from broadsheet.store.schema import aliases, manifestations, works
from broadsheet.store.schema import merges as table
from broadsheet.store.separations import separate
from broadsheet.store.workbench import Workbench

BY_HAND: Final = "by hand"

_T, _M = table.c, manifestations.c


@dataclass(frozen=True, slots=True)
class Merge:
    """Two that were made one.

    kept: the key of the paper that remained, as it was then. gone: the key of the paper merged into it, or
    "source:key" of a manifestation that came new. reason: identifier, title, or what a person gave.
    evidence: in words ("same DOI 10.1/x"). undone_at: when it was split again, or None.
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
        raise NotFoundError(f"no merge {merge_id} to undo; `broadsheet works list` has those there are")
    moved, before = documents.loads(row.moved), documents.loads(row.undo)
    bench, work = _holder(connection, moved)
    if row.gone_id is None:
        part = bench.new_work()
    else:
        part = Work(row.gone_id, row.gone_key, before["added"], bench.now, pinned=True, changed=True)
        bench.works[part.id] = part
        if work.key in (before["key_since"], row.gone_key):
            work.key, work.pinned = before["key"], bool(before["key"])
    _part(bench, work, part, set(moved))
    if former := before.get("aliases"):
        connection.execute(update(aliases).where(aliases.c.key.in_(former)).values(work_id=part.id))
    connection.execute(update(table).where(_T.id == merge_id).values(undone_at=bench.now))
    return _one(connection, merge_id)


def detach(connection: Connection, manifestation_id: int) -> str:
    """Make one manifestation a work of its own; returns its key."""
    standing = select(_T.id, _T.moved).where(_T.gone_id.is_(None), _T.undone_at.is_(None))
    name = connection.scalar(select(_M.source + ":" + _M.key).where(_M.id == manifestation_id))
    for row in connection.execute(standing.where(_T.gone_key == name)):
        if documents.loads(row.moved) == [manifestation_id]:
            undo(connection, row.id)
            break
    else:
        bench, work = _holder(connection, [manifestation_id])
        _part(bench, work, bench.new_work(), {manifestation_id})
    of = select(works.c.key).join_from(works, manifestations).where(_M.id == manifestation_id)
    return str(connection.scalar(of))


def _holder(connection: Connection, moved: Sequence[int]) -> tuple[Workbench, Work]:
    """The work that holds the manifestations now; where they are in several, one that has others too."""
    holders = connection.scalars(select(_M.work_id).where(_M.id.in_(moved)).order_by(_M.id)).all()
    bench = Workbench(connection)
    bench.load(holders)
    for number in holders:
        if any(holding.id not in moved for holding in bench.works[number].holdings):
            return bench, bench.works[number]
    raise StoreError("there is nothing to split: the paper has no other manifestations")


def _part(bench: Workbench, work: Work, part: Work, moved: Collection[int]) -> None:
    """Move the manifestations of a work into another, for good."""
    bench.move([holding for holding in work.holdings if holding.id in moved], part)
    rows.write(bench)
    separate(bench.connection, [h.id for h in part.holdings], [h.id for h in work.holdings])


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
