"""Lists of papers of any length, out of a house that speaks in pages of editions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from broadsheet.feed.editions import Edition
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper

if TYPE_CHECKING:
    from broadsheet.house import House

MOST_DAYS: Final = 400  # how far back a list over days looks: more than a year of mornings
MOST_PAPERS: Final = 20_000


def in_order(turn: Callable[[int], Edition], *, offset: int, limit: int, size: int) -> list[Paper]:
    """Papers `offset` to `offset + limit` of a list of which `turn` gives the pages, `size` papers each."""
    papers: list[Paper] = []
    page = offset // size + 1
    while len(papers) < offset % size + limit:
        edition = turn(page)
        papers += edition.papers
        if page >= edition.pages:
            break
        page += 1
    return papers[offset % size :][:limit]


def of_span(
    house: House,
    span: Span,
    *,
    category: str = "",
    as_of: datetime | None = None,
    offset: int = 0,
    limit: int,
) -> list[Paper]:
    """Papers of an edition, the most voted first; as it stood at a moment."""
    return in_order(
        lambda page: house.edition(span.name, page=page, category=category, as_of=as_of),
        offset=offset,
        limit=limit,
        size=house.settings.page_size,
    )


def trending(house: House, *, days: int | None = None, offset: int = 0, limit: int) -> list[Paper]:
    """Papers by votes, over all time or the last days."""
    return in_order(
        lambda page: house.trending(page=page, days=days),
        offset=offset,
        limit=limit,
        size=house.settings.page_size,
    )


def by_day(
    house: House,
    *,
    span: Span | None = None,
    category: str = "",
    offset: int = 0,
    limit: int,
    keep: Callable[[Paper], bool] | None = None,
) -> list[tuple[Paper, str]]:
    """Papers with the day they stand under: the newest edition first, the most voted of it first, each once.

    span: only the days of it. Without one, days that are yet to come are left out.
    """
    wanted = min(offset + limit, MOST_PAPERS)
    today = house.today().isoformat()
    found: dict[int, tuple[Paper, str]] = {}
    looked = 0
    for day, count in house.archive():
        inside = span.first <= day.name <= span.last if span else not (day.dated and day.name > today)
        if not inside:
            continue
        if looked >= MOST_DAYS or len(found) >= wanted:
            break
        looked += 1
        # Of `wanted` papers at most as many as were found already can be repetitions.
        most = min(count, wanted) if keep is None else count
        for paper in of_span(house, day, category=category, limit=most):
            if paper.id not in found and (keep is None or keep(paper)):
                found[paper.id] = (paper, day.name)
    return list(found.values())[offset:wanted]
