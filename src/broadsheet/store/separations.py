"""Pairs that were split, and are never merged by themselves again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, or_, select, union

from broadsheet.store.holdings import Work
from broadsheet.store.schema import manifestations, separations


class Separations:
    """The pairs of manifestations that somebody took apart."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.any = connection.execute(select(separations.c.a).limit(1)).first() is not None

    def part(self, one: Work, other: Work) -> bool:
        """Whether the two works must not become one."""
        if not self.any:
            return False
        ours, theirs = [h.id for h in one.holdings], [h.id for h in other.holdings]
        a, b = separations.c.a, separations.c.b
        query = select(a).where(or_(a.in_(ours) & b.in_(theirs), a.in_(theirs) & b.in_(ours))).limit(1)
        return self.connection.execute(query).first() is not None


def from_work(connection: Connection, work_id: int) -> list[str]:
    """The names of the manifestations that were taken apart from those of a work."""
    if not Separations(connection).any:
        return []
    m, (a, b) = manifestations.c, (separations.c.a, separations.c.b)
    ours = select(m.id).where(m.work_id == work_id)
    theirs = union(select(b).where(a.in_(ours)), select(a).where(b.in_(ours)))
    names = select(m.source + ":" + m.key).where(m.id.in_(theirs)).order_by(m.id)
    return list(connection.scalars(names))


def separate(connection: Connection, ours: Iterable[int], theirs: Iterable[int]) -> None:
    """Remember that no manifestation of ours is of the same work as any of theirs."""
    theirs = list(theirs)
    pairs = {(min(a, b), max(a, b)) for a in ours for b in theirs}
    known = connection.execute(
        select(separations.c.a, separations.c.b).where(separations.c.a.in_({a for a, _ in pairs}))
    )
    if new := pairs - {(row.a, row.b) for row in known}:
        connection.execute(insert(separations), [{"a": a, "b": b} for a, b in sorted(new)])
