"""Topics and maps: pages whose pictures are made here, and work with a keyboard and without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from broadsheet.feed.spans import Span
from broadsheet.subjects.maps import HEIGHT, WIDTH, Map, Point
from broadsheet.subjects.topics import Topic, Topics
from broadsheet.web import gathering
from broadsheet.web.api import ERRORS, JSON
from broadsheet.web.pages import press_of
from broadsheet.web.press import Sheet
from broadsheet.web.wire import PaperOut, paper_out, written

ZOOMS: Final = (1, 2, 4, 8)
_LABELLED: Final = 2
"""From this zoom on papers stand with their titles."""
_LETTER: Final = 6.3
"""The width of a letter of a title, in units of the drawing at zoom 1."""
_LONGEST_TITLE: Final = 46

Number = Annotated[int, InPath(ge=1, le=1000, description="The number of a topic.")]

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["topics"], responses=ERRORS)


# Topics


@pages.get("/topics")
def every(request: Request) -> Response:
    """What the papers are about: topics with names, curves, and how firm each is."""
    press = press_of(request)

    def make() -> Sheet:
        topics = press.house.subjects.topics()
        firsts = {topic.number: topic.papers[:1] for topic in topics.topics} if topics else {}
        papers = press.house.store.papers([n for numbers in firsts.values() for n in numbers])
        return press.page(
            request,
            "topics.html",
            topics=topics,
            first={paper.id: paper for paper in papers},
            curve=curve,
            possible=press.house.subjects.space() is not None,
        )

    return press.answer(request, make)


@pages.get("/topics/{number}")
def one(request: Request, number: Number, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    """One topic: its curve, its most central papers, and all of them."""
    press = press_of(request)

    def make() -> Sheet:
        topics, topic = _topic(request, number)
        size = press.house.settings.page_size
        numbers = topics.papers_of(topic)
        return press.page(
            request,
            "topic.html",
            topics=topics,
            topic=topic,
            central=press.house.store.papers(topic.papers[:6]),
            papers=press.house.store.papers(numbers[(page - 1) * size : page * size]),
            page=page,
            pages=max(1, -(-len(numbers) // size)),
            curve=curve,
        )

    return press.answer(request, make)


def curve(topic: Topic, width: int = 240, height: int = 44) -> str:
    """The points of a topic's curve in a box, each month the mean of itself and its neighbours."""
    smooth = [_mean(topic.curve[max(0, i - 1) : i + 2]) for i in range(len(topic.curve))]
    top = max(smooth, default=0.0) or 1.0
    step = width / max(len(smooth) - 1, 1)
    return " ".join(
        f"{i * step:.1f},{height - 3 - value / top * (height - 6):.1f}" for i, value in enumerate(smooth)
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


class TopicOut(BaseModel):
    """A topic. `rising`: its share of the last quarter of the months by that of all, minus 1."""

    number: int
    name: str
    terms: list[str]
    size: int
    stability: float = Field(description="From 0 to 1: how much of it other beginnings found again.")
    rising: float
    curve: list[float] = Field(description="Its share of the papers of each month.")
    url: str


class TopicsOut(BaseModel):
    """The topics that were found last."""

    at: str
    papers: int
    months: list[str]
    topics: list[TopicOut]


class TopicDetail(TopicOut):
    """A topic with its most central papers."""

    papers: list[PaperOut]


@api.get("/topics", response_model=TopicsOut)
def list_topics(
    request: Request, limit: Annotated[int, Query(ge=1, le=100, description="The largest.")] = 100
) -> Response:
    """What the papers are about; nothing while no topics were found."""
    press = press_of(request)

    def make() -> Sheet:
        topics = press.house.subjects.topics()
        found = topics.topics[:limit] if topics else ()
        return Sheet(
            written(
                {
                    "at": topics.at if topics else "",
                    "papers": len(topics.ids) if topics else 0,
                    "months": topics.months if topics else (),
                    "topics": [_topic_out(request, topic) for topic in found],
                }
            ),
            JSON,
        )

    return press.answer(request, make)


@api.get("/topics/{number}", response_model=TopicDetail)
def show_topic(request: Request, number: Number) -> Response:
    """One topic with its most central papers."""
    press, where = press_of(request), press_of(request).addresses(request)

    def make() -> Sheet:
        _, topic = _topic(request, number)
        papers = [paper_out(paper, where) for paper in press.house.store.papers(topic.papers)]
        return Sheet(written({**_topic_out(request, topic), "papers": papers}), JSON)

    return press.answer(request, make)


def _topic(request: Request, number: int) -> tuple[Topics, Topic]:
    topics = press_of(request).house.subjects.topics()
    topic = topics.named(number) if topics else None
    if topics is None or topic is None:
        raise HTTPException(404, f"There is no topic {number}.")
    return topics, topic


def _topic_out(request: Request, topic: Topic) -> dict[str, Any]:
    where = press_of(request).addresses(request)
    return {
        "number": topic.number,
        "name": topic.name,
        "terms": topic.terms,
        "size": topic.size,
        "stability": topic.stability,
        "rising": topic.rising,
        "curve": topic.curve,
        "url": where.absolute(f"/topics/{topic.number}"),
    }


# Maps


@dataclass(frozen=True, slots=True)
class View:
    """What of a map is looked at: the middle, in its own units, and how many times it is enlarged."""

    x: float
    y: float
    zoom: int

    @classmethod
    def of(cls, x: float, y: float, zoom: int) -> View:
        """The nearest view there is: on the map, and at one of its zooms."""
        near = min(ZOOMS, key=lambda each: abs(each - zoom))
        half_x, half_y = WIDTH / near / 2, HEIGHT / near / 2
        return cls(
            round(min(max(x, half_x), WIDTH - half_x), 1),
            round(min(max(y, half_y), HEIGHT - half_y), 1),
            near,
        )

    @property
    def box(self) -> str:
        """As the viewBox of an SVG."""
        width, height = WIDTH / self.zoom, HEIGHT / self.zoom
        return f"{self.x - width / 2:.1f} {self.y - height / 2:.1f} {width:.1f} {height:.1f}"

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is seen."""
        return abs(x - self.x) <= WIDTH / self.zoom / 2 and abs(y - self.y) <= HEIGHT / self.zoom / 2

    def moved(self, right: int, down: int) -> View:
        """Half a view further."""
        return View.of(
            self.x + right * WIDTH / self.zoom / 2, self.y + down * HEIGHT / self.zoom / 2, self.zoom
        )

    def nearer(self, by: int) -> View | None:
        """One zoom nearer (1) or further away (-1); None at the end."""
        place = ZOOMS.index(self.zoom) + by
        return View.of(self.x, self.y, ZOOMS[place]) if 0 <= place < len(ZOOMS) else None

    @property
    def query(self) -> dict[str, str]:
        """As it stands in addresses; the whole map needs nothing."""
        return {} if self.zoom == 1 else {"x": f"{self.x:g}", "y": f"{self.y:g}", "zoom": str(self.zoom)}


@pages.get("/papers/date/{name}/map")
@pages.get("/papers/week/{name}/map")
@pages.get("/papers/month/{name}/map")
def edition_map(
    request: Request,
    name: str,
    x: Annotated[float, Query(ge=-1e6, le=1e6, allow_inf_nan=False)] = WIDTH / 2,
    y: Annotated[float, Query(ge=-1e6, le=1e6, allow_inf_nan=False)] = HEIGHT / 2,
    zoom: Annotated[int, Query(ge=1, le=100)] = 1,
) -> Response:
    """An edition as a map: papers near those they are like. It is moved and enlarged by links."""
    press = press_of(request)
    where, span, view = press.addresses(request), Span.parse(name), View.of(x, y, zoom)
    path = f"{span.path}/map"
    if where.at(path) != where.at(request.url.path.removeprefix(where.root)):
        return RedirectResponse(where.at(path), 307)

    def make() -> Sheet:
        papers = gathering.of_span(press.house, span, limit=1000)
        drawn = press.house.subjects.map(papers)
        seen = [point for point in drawn.points if view.holds(point.x, point.y)]
        return press.page(
            request,
            "map.html",
            status=200 if papers else 404,
            span=span,
            path=path,
            view=view,
            map=drawn,
            total=len(papers),
            seen=seen,
            labels=_labels(drawn, seen, view),
            width=WIDTH,
            height=HEIGHT,
            View=View,
            anchor=anchor,
        )

    return press.answer(request, make)


def anchor(x: float, view: View) -> str:
    """How a name at a place is set, so that it is not cut off at the edge of what is seen."""
    away = (x - view.x) * view.zoom / WIDTH
    return "start" if away < -0.33 else "end" if away > 0.33 else "middle"


def _labels(drawn: Map, seen: Sequence[Point], view: View) -> list[tuple[Point, str, bool]]:
    """Titles that find room beside their points, those of earlier papers first; whether each stands left."""
    if view.zoom < _LABELLED:
        return []
    letter, line = _LETTER / view.zoom * 1.25, 17 / view.zoom * 1.25
    dot = 6 / view.zoom
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for point in seen:
        title = point.paper.title
        text = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1].rstrip()}…"
        long = len(text) * letter
        left = point.x + long > view.x + WIDTH / view.zoom / 2
        start = point.x - long - dot if left else point.x + dot
        box = (start, point.y - line / 2, start + long, point.y + line / 2)
        if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            taken.append(box)
            found.append((point, text, left))
    return found
