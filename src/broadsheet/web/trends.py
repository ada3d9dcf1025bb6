"""What trends, with every score taken apart; and the page where its formula can be tried."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from broadsheet.community.trends import Trending
from broadsheet.feed.editions import Edition
from broadsheet.feed.trending import LIMITS, PRESETS, Formula, Preset
from broadsheet.web import wire
from broadsheet.web.lists import PaperList
from broadsheet.web.marks import ERRORS
from broadsheet.web.moments import AsOf, moment_of, spelled
from broadsheet.web.press import Press, Sheet
from broadsheet.web.session import house_of

Page = Annotated[int, Query(ge=1, le=100_000)]
Days = Annotated[int | None, Query(ge=1, le=36_500, description="Only papers of the last so many days.")]
By = Annotated[Preset, Query(description="The order: ours, or another's to compare.")]
Part = Annotated[float | None, Query(description="Another value for this part of the formula.")]

TRIED: Final = 30
"""Papers the what-if page compares."""

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


@router.get("/papers/trending")
def trending(
    request: Request,
    page: Page = 1,
    days: Days = None,
    by: By = "broadsheet",
    as_of: AsOf = "",
    format_: Annotated[str, Query(alias="format", max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What trends, and why."""
    press = _press(request)
    community = press.house.community
    moment = moment_of(as_of)

    def make() -> Sheet:
        papers = PaperList(
            "Trending"
            if days is None
            else f"Trending over {days} days"
            if days > 1
            else "Trending over a day",
            "/papers/trending",
            {"days": days, "by": "" if by == "broadsheet" else by, "as_of": as_of},
            lambda most: list(community.trending(as_of=moment, preset=by, days=days, limit=most).papers),
        )
        where = press.addresses(request)
        if format_:
            return papers.sheet(press.house, where, format_, limit)
        size = press.house.settings.page_size
        found = community.trending(as_of=moment, preset=by, days=days, limit=size, offset=(page - 1) * size)
        return press.page(
            request,
            "trending.html",
            edition=Edition(
                papers.title, None, None, found.total, page, max(1, -(-found.total // size)), None, (), ()
            ),
            found=found,
            listed=found.papers,
            first=(page - 1) * size + 1,
            days=days,
            presets=PRESETS,
            as_of=moment,
            spelled=spelled(found.at),
            list=papers,
            feeds=papers.links(where),
        )

    return press.answer(request, make)


@router.get("/papers/trending/what-if")
def what_if(
    request: Request,
    half_life: Part = None,
    prior: Part = None,
    source_weight: Part = None,
    probation: Part = None,
    seniority: Part = None,
    active_days: Part = None,
    days: Days = None,
    as_of: AsOf = "",
) -> Response:
    """The list under another formula, beside the one of the settings."""
    press = _press(request)
    community = press.house.community
    moment = moment_of(as_of)
    given = {
        "half_life": half_life,
        "prior": prior,
        "source_weight": source_weight,
        "probation": probation,
        "seniority": seniority,
        "active_days": active_days,
    }

    def make() -> Sheet:
        ours = community.formula
        tried = ours.changed(**given)
        now = community.trending(as_of=moment, days=days, limit=10 * TRIED)
        then = community.trending(as_of=now.at, formula=tried, days=days, limit=TRIED)
        places = {paper.id: place for place, paper in enumerate(now.papers, 1)}
        return press.page(
            request,
            "what_if.html",
            found=then,
            listed=then.papers,
            moves=[_moved(places.get(paper.id), place) for place, paper in enumerate(then.papers, 1)],
            limits=LIMITS,
            ours=ours,
            tried=tried,
            days=days,
            as_of=moment,
            given=as_of,
        )

    return press.answer(request, make)


def _moved(before: int | None, after: int) -> str:
    """How far a paper moved, in words that are short."""
    if before is None:
        return "from far below"
    if before == after:
        return "stays"
    return f"up {before - after}" if before > after else f"down {after - before}"


class BreakdownOut(BaseModel):
    """How a score came about; the moment is the list's. See `/docs/api`."""

    preset: str
    votes: int
    trusted: float
    readers: float
    source_votes: int
    sources: float
    prior: float
    heat: float
    score: float | None = None
    age: float


class PlaceOut(BaseModel):
    """A paper in what trends: its place from 1, and why."""

    place: int
    paper: wire.PaperOut
    why: BreakdownOut


class TrendingOut(BaseModel):
    """What trends as of `at`: ask with `as_of=` that moment and get the same again."""

    at: str
    by: str
    formula: dict[str, float]
    total: int
    papers: list[PlaceOut]


@api.get("/trending", response_model=TrendingOut, response_model_exclude_none=True)
def trending_json(
    request: Request,
    by: By = "broadsheet",
    days: Days = None,
    as_of: AsOf = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    half_life: Part = None,
    prior: Part = None,
    source_weight: Part = None,
    probation: Part = None,
    seniority: Part = None,
    active_days: Part = None,
) -> dict[str, Any]:
    """What trends, each score taken apart; with any part of the formula changed to see what would be."""
    community = house_of(request).community
    formula = community.formula.changed(
        half_life=half_life,
        prior=prior,
        source_weight=source_weight,
        probation=probation,
        seniority=seniority,
        active_days=active_days,
    )
    found = community.trending(
        as_of=moment_of(as_of), preset=by, formula=formula, days=days, limit=limit, offset=offset
    )
    return _out(request, found, offset)


def _out(request: Request, found: Trending, offset: int) -> dict[str, Any]:
    where = _press(request).addresses(request)
    return {
        "at": spelled(found.at),
        "by": found.preset,
        "formula": parts(found.formula),
        "total": found.total,
        "papers": [
            {"place": place, "paper": wire.paper_out(paper, where), "why": why.as_json()}
            for place, (paper, why) in enumerate(zip(found.papers, found.breakdowns, strict=True), offset + 1)
        ],
    }


def parts(formula: Formula) -> dict[str, Any]:
    """A formula as name → value."""
    return {name: getattr(formula, name) for name in LIMITS}
