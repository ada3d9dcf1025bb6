"""The JSON API: Hugging Face's three routes for daily papers, and fuller ones of our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as InPath

from broadsheet.exceptions import EditionNotFoundError
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper
from broadsheet.web import gathering, wire
from broadsheet.web.found import SearchOut, found_out
from broadsheet.web.moments import AsOf, moment_of
from broadsheet.web.pages import press_of
from broadsheet.web.press import Sheet

if TYPE_CHECKING:
    from broadsheet.house import Found, House
    from broadsheet.web.addresses import Addresses

ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": wire.Error, "description": "A parameter cannot be understood."},
    404: {"model": wire.Error, "description": "There is no such thing here."},
    422: {"model": wire.Error, "description": "A parameter is out of its range."},
}
JSON: Final = "application/json"

Limit = Annotated[int, Query(ge=1, le=1000, description="How many papers at most.")]
Key = Annotated[str, InPath(min_length=1, max_length=500, description="A key, or any identifier or address.")]

router = APIRouter(prefix="/api", tags=["papers"], responses=ERRORS)


def _json(request: Request, make: Callable[[], Any]) -> Response:
    """Answer with kept JSON, written once."""
    return press_of(request).answer(request, lambda: Sheet(wire.written(make()), JSON))


def _found(house: House, found: Found, where: Addresses) -> dict[str, Any]:
    out = found_out(found, where)
    _told(house, out["hits"], found.papers)
    return out


@router.get("/daily_papers", response_model=list[wire.DailyPaper])
def daily_papers(
    request: Request,
    date: Annotated[str, Query(max_length=20, description="YYYY-MM-DD, or --MM-DD.")] = "",
    week: Annotated[str, Query(max_length=20, description="YYYY-Www.")] = "",
    month: Annotated[str, Query(max_length=20, description="YYYY-MM.")] = "",
    submitter: Annotated[str, Query(max_length=100, description="Who put it on the source's list.")] = "",
    sort: Annotated[
        Literal["publishedAt", "trending"],
        Query(description="By edition, the newest first; or by votes."),
    ] = "publishedAt",
    p: Annotated[int, Query(ge=0, le=10_000, description="The page, from 0.")] = 0,
    limit: Limit = 50,
) -> Response:
    """The papers of a day, a week, a month, or the latest."""
    house = press_of(request).house
    where = press_of(request).addresses(request)
    span = _span(date, week, month)

    def listed(paper: Paper) -> bool:
        found = wire.submitter(paper)
        return found is not None and submitter.casefold() in (
            found["user"].casefold(),
            found["fullname"].casefold(),
        )

    def make() -> Any:
        offset = p * limit
        if sort == "trending" and not submitter:
            if span:
                papers = gathering.of_span(house, span, offset=offset, limit=limit)
            else:
                papers = gathering.trending(house, offset=offset, limit=limit)
            return _told(house, [wire.daily_out(paper, where) for paper in papers], papers)
        keep = listed if submitter else None
        dated = gathering.by_day(house, span=span, offset=offset, limit=limit, keep=keep)
        if sort == "trending":
            dated.sort(key=lambda pair: -(pair[0].upvotes or 0))
        outs = [wire.daily_out(paper, where, day) for paper, day in dated]
        return _told(house, outs, [paper for paper, _ in dated])

    return _json(request, make)


def _told(house: House, outs: list[dict[str, Any]], papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """The same papers as JSON, and beside each that no source gave a category the guess of the house."""
    guesses = house.subjects.guesses(papers)
    for out, paper in zip(outs, papers, strict=True):
        if guess := guesses.get(paper.id):
            out.get("paper", out)["guessed_category"] = asdict(guess)
    return outs


def _span(date: str, week: str, month: str) -> Span | None:
    for kind, name in (("day", date), ("week", week), ("month", month)):
        if not name:
            continue
        try:
            span = Span.parse(name)
        except EditionNotFoundError as error:
            raise HTTPException(400, str(error)) from error
        if span.kind != kind:
            raise HTTPException(400, f"{name!r} is a {span.kind}, not a {kind}.")
        return span
    return None


@router.get("/papers/search", response_model=list[wire.DailyPaper])
def search_papers(
    request: Request,
    q: Annotated[str, Query(description="Words, operators, an identifier.")] = "",
    limit: Limit = 20,
) -> Response:
    """Papers found by words and meaning, the best first."""
    press = press_of(request)
    house, where = press.house, press.addresses(request)

    def make() -> Sheet:
        found = house.search(q, limit=limit, bare=True, waited_ms=press.waited_ms)
        papers = _told(house, [wire.daily_out(paper, where) for paper in found.papers], found.papers)
        return Sheet(wire.written(papers), JSON, hurried=bool(found.results.skipped))

    return press.answer(request, make)


@router.get("/papers/{key:path}", response_model=wire.PaperDetail)
def paper(request: Request, key: Key) -> Response:
    """A paper by its key, or by any identifier or address of it."""
    house, where = press_of(request).house, press_of(request).addresses(request)

    def make() -> Any:
        found = house.paper(key.replace("\0", ""))
        return _told(house, [wire.detail_out(found, where)], [found])[0]

    return _json(request, make)


@router.get("/search", response_model=SearchOut)
def search(
    request: Request,
    q: Annotated[str, Query(description="Words, operators, an identifier.")] = "",
    sort: Literal["relevance", "date", "votes"] = "relevance",
    limit: Limit = 20,
    offset: Annotated[int, Query(ge=0, le=20_000)] = 0,
    budget_ms: Annotated[
        float | None, Query(ge=1, le=600_000, description="Milliseconds for the answer.")
    ] = None,
) -> Response:
    """Search with everything the house knows of the answer: why a paper is there, facets, what was done."""
    press = press_of(request)
    house, where = press.house, press.addresses(request)

    def make() -> Sheet:
        found = house.search(
            q, limit=limit, offset=offset, sort=sort, budget_ms=budget_ms, waited_ms=press.waited_ms
        )
        return Sheet(wire.written(_found(house, found, where)), JSON, hurried=bool(found.results.skipped))

    return press.answer(request, make)


@router.get("/similar", response_model=SearchOut)
def similar(
    request: Request,
    like: Annotated[list[str], Query(min_length=1, max_length=50, description="Keys or identifiers.")],
    unlike: Annotated[list[str] | None, Query(max_length=50, description="Papers to stay away from.")] = None,
    limit: Limit = 20,
) -> Response:
    """Papers like some, and unlike others; all of these are left out."""
    press = press_of(request)
    house, where = press.house, press.addresses(request)

    def make() -> Sheet:
        wanted = [name.replace("\0", "") for name in like]
        unwanted = [name.replace("\0", "") for name in unlike or ()]
        found = house.similar(wanted, unlike=unwanted, limit=limit, bare=False)
        return Sheet(wire.written(_found(house, found, where)), JSON)

    return press.answer(request, make)


@router.get("/editions/{span}", response_model=wire.EditionOut)
def edition(
    request: Request,
    span: Annotated[str, InPath(max_length=20, description="YYYY-MM-DD, --MM-DD, YYYY-Www or YYYY-MM.")],
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    category: Annotated[str, Query(max_length=100)] = "",
    as_of: AsOf = "",
) -> Response:
    """The edition of a day, week or month, as it is or as it stood; a span without papers is an empty one."""
    house, where = press_of(request).house, press_of(request).addresses(request)
    moment = moment_of(as_of)

    def make() -> Any:
        found = house.edition(span, page=page, category=category.replace("\0", ""), as_of=moment)
        out = wire.edition_out(found, Span.parse(span), where)
        _told(house, out["papers"], found.papers)
        return out

    return _json(request, make)
