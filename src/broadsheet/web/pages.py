"""The pages people read. Each handler asks the house one question and renders the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.exceptions import BroadsheetError, PaperNotFoundError
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper
from broadsheet.web import feeds, gathering, layout, signs
from broadsheet.web.addresses import local_path
from broadsheet.web.lists import PaperList, export_sheet
from broadsheet.web.moments import AsOf, moment_of
from broadsheet.web.press import MAX_VALUE, THEME_COOKIE, THEMES, Press, Sheet
from broadsheet.web.searching import Question, look_up
from broadsheet.web.session import csrf_exempt, open_to_all, reader_of

# Other forms of a paper, by the ending of its address, and the export each one is; Markdown has a page.
SUFFIXES: Final = {".md": "", ".bib": "bibtex", ".ris": "ris", ".csl.json": "csl-json"}

Page = Annotated[int, Query(ge=1, le=100_000)]
Category = Annotated[str, Query(max_length=100)]
Format = Annotated[str, Query(alias="format", max_length=40)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Sort = Annotated[str, Query(pattern="^(relevance|date|votes)$")]

router = APIRouter(include_in_schema=False)


def press_of(request: Request) -> Press:
    """The press of the app that got the request."""
    press: Press = request.app.state.press
    return press


@router.get("/")
def root(request: Request) -> Response:
    """The front door leads to the latest edition."""
    return RedirectResponse(press_of(request).addresses(request).at("/papers"), 307)


@router.get("/papers")
def latest(
    request: Request,
    q: str = "",
    sort: Sort = "relevance",
    page: Page = 1,
    category: Category = "",
    format_: Format = "",
    limit: Limit = 100,
) -> Response:
    """The latest edition, or what a query finds."""
    press = press_of(request)
    q = q[:MAX_VALUE]
    if q.strip():
        return _search(press, request, Question(q, sort, page), format_, limit)

    def make() -> Sheet:
        house = press.house
        span = house.latest()
        title = f"Latest papers in {category}" if category else "Latest papers"
        papers = PaperList(
            title,
            "/papers",
            {"category": category},
            lambda most: [p for p, _ in gathering.by_day(house, category=category, limit=most)],
        )
        if format_:
            return papers.sheet(house, press.addresses(request), format_, limit)
        if span is None and page == 1:
            counts = house.counts()
            if counts.papers == 0:
                return press.page(request, "welcome.html", edition=house.demo(), demo=True)
            return press.page(request, "undated.html", counts=counts)
        return _edition(press, request, span, page, category, papers)

    return press.answer(request, make)


def _search(press: Press, request: Request, question: Question, format_: str, limit: int) -> Response:
    if format_ in feeds.FORMATS and "sort" not in request.query_params:
        question = replace(question, sort="date")  # who follows a search wants what is new

    def make() -> Sheet:
        found = PaperList(
            f"“{question.text[:80]}”",
            "/papers",
            {"q": question.text, "sort": question.sort},
            lambda most: list(
                press.house.search(question.text, limit=most, sort=question.sort, bare=True).papers
            ),
        )
        where = press.addresses(request)
        if format_:
            return found.sheet(press.house, where, format_, limit)
        answer = look_up(press.house, question, press.waited_ms)
        newest = PaperList(found.title, found.path, {"q": question.text}, found.fetch)
        sheet = press.page(
            request, "search.html", answer=answer, question=question, list=found, feeds=newest.links(where)
        )
        return replace(sheet, hurried=answer.hurried)

    return press.answer(request, make)


@router.get("/papers/date/{name}")
@router.get("/papers/week/{name}")
@router.get("/papers/month/{name}")
def edition(
    request: Request,
    name: str,
    page: Page = 1,
    category: Category = "",
    as_of: AsOf = "",
    format_: Format = "",
    limit: Limit = 100,
) -> Response:
    """The edition of a day, a week or a month; as it is, or as it stood at a moment."""
    press, moment = press_of(request), moment_of(as_of)

    def make() -> Sheet:
        span = Span.parse(name)
        where = press.addresses(request)
        if where.at(span.path) != where.at(request.url.path.removeprefix(where.root)):
            raise HTTPException(404, f"{span.title} has its page at {span.path}.")
        papers = PaperList(
            span.title + (f", {category}" if category else ""),
            span.path,
            {"category": category, "as_of": as_of},
            lambda most: gathering.of_span(press.house, span, category=category, as_of=moment, limit=most),
        )
        if format_:
            return papers.sheet(press.house, where, format_, limit)
        return _edition(press, request, span, page, category, papers, moment)

    return press.answer(request, make)


def _edition(
    press: Press,
    request: Request,
    span: Span | None,
    page: int,
    category: str,
    papers: PaperList,
    as_of: datetime | None = None,
) -> Sheet:
    found = press.house.edition(span.name if span else None, page=page, category=category, as_of=as_of)
    if not found.papers:
        return press.page(request, "no_edition.html", status=404, edition=found, span=span)
    links = papers.links(press.addresses(request))
    return press.page(
        request,
        "edition.html",
        edition=found,
        span=span,
        feeds=links,
        list=papers,
        days=press.house.archive() if span and span.kind != "day" else (),
        counts=press.counts(),
        as_of=as_of,
    )


@router.get("/papers/archive")
def archive(request: Request, year: Annotated[int | None, Query(ge=1, le=9999)] = None) -> Response:
    """Every edition there is, as calendars."""
    press = press_of(request)

    def make() -> Sheet:
        days = press.house.archive()
        years = list(dict.fromkeys(span.name[:4] for span, _ in days if span.dated))
        shown = f"{year:04}" if year else next(iter(years), "")
        if year and shown not in years:
            raise HTTPException(404, f"There are no editions of {year}.")
        inside = [(span, count) for span, count in days if span.dated and span.name.startswith(shown)]
        return press.page(
            request,
            "archive.html",
            months=list(layout.months(inside)),
            years=years,
            year=shown,
            undated=[(span, count) for span, count in days if not span.dated],
            total=len(days),
        )

    return press.answer(request, make)


@router.post("/theme")
@open_to_all
@csrf_exempt  # it changes nothing but the look, in the browser that asks
def theme(request: Request, to: str = "", back: str = "/") -> Response:
    """Choose light, dark or the system's choice, and go back to the page one came from."""
    where = press_of(request).addresses(request)
    response = RedirectResponse(local_path(back), 303)
    response.set_cookie(
        THEME_COOKIE,
        to if to in THEMES else "",
        max_age=31_536_000 if to in THEMES else 0,
        path=where.root or "/",
        secure=where.origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/papers/{reference:path}")
def paper(request: Request, reference: str, as_of: AsOf = "") -> Response:
    """A paper, or another form of it by the ending of the address; other names lead to its own.

    as_of: what readers had to say at that moment; the paper itself is told as it is.
    """
    press, moment = press_of(request), moment_of(as_of)
    found, suffix = find_paper(press, reference)
    if found.key != reference.removesuffix(suffix):
        return RedirectResponse(press.addresses(request).paper(found, suffix), 301)

    def make() -> Sheet:
        if suffix == ".md":
            return press.page(request, "paper.md", media_type="text/markdown; charset=utf-8", paper=found)
        if suffix:
            return export_sheet(press.house, SUFFIXES[suffix], [found], found.key)
        similar = _similar(press, found)
        beside = {**_tags(request, found), **signs.beside(request, found, moment)}
        next_to = press.house.for_you.lists.beside(found) if reader_of(request) else []
        return press.page(
            request, "paper.html", paper=found, similar=similar, next_to=next_to, as_of=moment, **beside
        )

    return press.answer(request, make)


def find_paper(press: Press, reference: str) -> tuple[Paper, str]:
    """The paper of an address and the ending that asks for another form of it. Raises PaperNotFoundError."""
    reference = reference.replace("\0", "")
    for suffix in SUFFIXES:
        if reference.endswith(suffix):
            try:
                return press.house.paper(reference.removesuffix(suffix)), suffix
            except PaperNotFoundError:
                break  # a name may end like that by itself
    return press.house.paper(reference), ""


def _tags(request: Request, paper: Paper) -> dict[str, Any]:
    """The tags of who reads: those this paper carries or may carry, and the names of all."""
    reader, tagging = reader_of(request), press_of(request).house.subjects.tagging
    if reader is None:
        return {"tags": (), "tag_names": ()}
    names = [tag.name for tag in tagging.tags(reader)]
    return {"tags": tagging.of_paper(reader, paper) if names else (), "tag_names": names}


def _similar(press: Press, paper: Paper) -> tuple[Paper, ...]:
    try:
        near = press.house.nearby.of(paper.id)[:6]
        return tuple(press.house.store.papers([number for number, _ in near]))
    except BroadsheetError:
        return ()  # a page is worth reading while the index is being mended
