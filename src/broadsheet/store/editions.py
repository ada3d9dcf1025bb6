"""Which works stand on which day, and in what order."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select, union_all

from broadsheet.store.documents import instant
from broadsheet.store.schema import aliases, days, entries, past_entries, works

Order = Literal["votes", "date", "position"]
_FIRST_YEAR = "0"
"""Sorts behind every day without a year ('--07-29') and before every other."""

_E, _P, _D, _W = entries.c, past_entries.c, days.c, works.c


def edition(
    connection: Connection,
    first: str,
    last: str,
    *,
    order: Order,
    category: str,
    limit: int,
    offset: int,
    as_of: datetime | None = None,
) -> tuple[list[int], int]:
    """The numbers of the works of days first..last, each once, and how many there are in all.

    as_of: a moment; the works are those that stood there then, in the order of then.
    """
    table = entries if as_of is None else _stood(first, last, as_of)
    e = table.c
    inside: ColumnElement[bool] = e.day.between(first, last)
    if category:
        inside &= e.categories.contains(f"\n{category}\n", autoescape=True)
    if first == last and as_of is None:  # no work stands twice on a day: nothing to group
        total = connection.scalar(select(func.count()).select_from(entries).where(inside)) or 0
        query = select(e.work_id).where(inside)
        by: dict[str, ColumnElement[Any]] = {
            "votes": e.votes,
            "position": e.position,
            "date": e.date,
            "day": e.day,
        }
    else:
        total = connection.scalar(select(func.count(e.work_id.distinct())).where(inside)) or 0
        query = select(e.work_id).where(inside).group_by(e.work_id)
        by = {
            "votes": func.max(e.votes),
            "position": func.min(e.position),
            "date": func.max(e.date),
            "day": func.max(e.day),
        }
    page = _ordered(query, order, by, e.work_id).limit(limit).offset(offset)
    return list(connection.scalars(page)), total


def _stood(first: str, last: str, as_of: datetime) -> Subquery:
    """What stood on days first..last at a moment: what does so still, and what ceased to later."""
    at = instant(as_of)
    now = select(_E.day, _E.work_id, _E.position, _E.votes, _E.date, _E.categories).where(
        _E.day.between(first, last), _E.since <= at
    )
    number = func.coalesce(_W.id, aliases.c.work_id)
    then = (
        select(_P.day, number.label("work_id"), _P.position, _P.votes, _P.date, _P.categories)
        .select_from(past_entries)
        .outerjoin(works, _W.key == _P.work_key)
        .outerjoin(aliases, aliases.c.key == _P.work_key)
        .where(_P.day.between(first, last), _P.since <= at, _P.until > at, number.is_not(None))
    )
    return union_all(now, then).subquery()


def _ordered(query: Select[Any], order: Order, by: dict[str, Any], number: ColumnElement[int]) -> Select[Any]:
    votes, position = by["votes"].desc().nulls_last(), by["position"].asc().nulls_last()
    newest: ColumnElement[Any] = by["date"].desc()
    match order:
        case "votes":
            return query.order_by(votes, position, newest, number)
        case "date":
            return query.order_by(newest, votes, number)
        case "position":
            return query.order_by(by["day"].desc(), position, votes, number)
    raise ValueError(f"an edition is ordered by votes, date or position, got {order!r}")


def numbered(connection: Connection) -> list[tuple[str, int]]:
    """Every edition day and how many works it has, newest first; days without a year last."""
    query = select(_D.day, _D.works).order_by(_D.day.desc())
    return [(row.day, row.works) for row in connection.execute(query)]


def latest(connection: Connection, until: str | None) -> str | None:
    """The newest day, not after `until`; where no day has a year, the last of those without."""
    dated = select(func.max(_D.day)).where(_D.day > _FIRST_YEAR)
    if until is not None:
        dated = dated.where(_D.day <= until)
    undated = select(func.max(_D.day)).where(_D.day < _FIRST_YEAR)
    day: str | None = connection.scalar(dated) or connection.scalar(undated)
    return day


def neighbours(connection: Connection, day: str) -> tuple[str | None, str | None]:
    """The days with works before and after a day, among those with a year or among those without."""
    among = _D.day > _FIRST_YEAR if day > _FIRST_YEAR else _D.day < _FIRST_YEAR
    before = connection.scalar(select(func.max(_D.day)).where(among, _D.day < day))
    after = connection.scalar(select(func.min(_D.day)).where(among, _D.day > day))
    return before, after


def number(connection: Connection, day: str) -> int:
    """How many dated editions there are up to and including a day."""
    query = select(func.count()).select_from(days).where(_D.day > _FIRST_YEAR, _D.day <= day)
    return connection.scalar(query) or 0


def categories(
    connection: Connection, first: str, last: str, as_of: datetime | None = None
) -> list[tuple[str, int]]:
    """The categories of the works of days first..last with their numbers, the largest first."""
    e = (entries if as_of is None else _stood(first, last, as_of)).c
    query = select(e.categories).where(e.day.between(first, last))
    if first != last or as_of is not None:
        query = select(func.max(e.categories)).where(e.day.between(first, last)).group_by(e.work_id)
    counted: Counter[str] = Counter()
    for text in connection.scalars(query):
        counted.update(filter(None, text.split("\n")))
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def top(connection: Connection, limit: int, offset: int, since: str | None) -> tuple[list[int], int]:
    """The numbers of works by votes, the most first, and how many; `since`: in editions from that day on."""
    voted: ColumnElement[bool] = _W.votes.is_not(None)
    if since is not None:
        voted &= _W.day >= since
    total = connection.scalar(select(func.count()).select_from(works).where(voted)) or 0
    query = select(_W.id).where(voted).order_by(_W.votes.desc(), _W.day.desc(), _W.id.desc())
    return list(connection.scalars(query.limit(limit).offset(offset))), total
