"""Shelves as pages, feeds and JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from broadsheet.community.shelving import Access, Shelf
from broadsheet.web.addresses import local_path
from broadsheet.web.lists import PaperList
from broadsheet.web.marks import ERRORS, Reference
from broadsheet.web.moments import AsOf, moment_of
from broadsheet.web.press import Press, Sheet
from broadsheet.web.session import house_of, reader_of
from broadsheet.web.who import Signed

Name = Annotated[str, Form(max_length=500)]
Text = Annotated[str, Form(max_length=10_000)]
Number = Annotated[int, Form(ge=0, le=10**15)]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
Token = Annotated[str, Query(max_length=100, description="The token of a shelf that is shared by link.")]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


@router.get("/shelves")
def shelves(request: Request) -> Response:
    """One's own shelves, and everybody's public ones."""
    press, reader = _press(request), reader_of(request)

    def make() -> Sheet:
        community = press.house.community
        own = community.shelves(reader) if reader else []
        public = [s for s in community.public_shelves() if reader is None or s.owner.id != reader.id]
        saved = list(community.marked(reader, "save", limit=60)) if reader else []
        return press.page(request, "shelves.html", own=own, public=public, listed=saved)

    return press.answer(request, make)


@router.post("/shelves")
def make_shelf(
    request: Request, reader: Signed, name: Name = "", about: Text = "", access: Name = "private"
) -> Response:
    """Put up a shelf."""
    shelf = house_of(request).community.make_shelf(reader, name, about=about, access=_access(access))
    return _to(request, shelf)


@router.post("/shelves/change")
def change_shelf(
    request: Request,
    reader: Signed,
    number: Number = 0,
    name: Name = "",
    about: Text = "",
    access: Name = "private",
) -> Response:
    """Describe a shelf anew."""
    community = house_of(request).community
    return _to(
        request, community.change_shelf(reader, number, name=name, about=about, access=_access(access))
    )


@router.post("/shelves/remove")
def remove_shelf(request: Request, reader: Signed, number: Number = 0) -> Response:
    """Take a shelf down."""
    house_of(request).community.remove_shelf(reader, number)
    return RedirectResponse(_press(request).addresses(request).at("/shelves"), 303)


@router.post("/shelves/put")
def shelve(
    request: Request,
    reader: Signed,
    paper: Name = "",
    number: Number = 0,
    new: Name = "",
    note: Text = "",
    tags: Name = "",
    back: Annotated[str, Form(max_length=4096)] = "/shelves",
) -> Response:
    """Put a paper on a shelf, on a new one if a name is given."""
    community = house_of(request).community
    if new.strip():
        number = community.make_shelf(reader, new).number
    community.shelve(reader, number, paper.replace("\0", ""), note=note, tags=tags.split(","))
    return RedirectResponse(local_path(back), 303)


@router.post("/shelves/take")
def unshelve(
    request: Request,
    reader: Signed,
    paper: Name = "",
    number: Number = 0,
    back: Annotated[str, Form(max_length=4096)] = "/shelves",
) -> Response:
    """Take a paper off a shelf."""
    house_of(request).community.unshelve(reader, number, paper.replace("\0", ""))
    return RedirectResponse(local_path(back), 303)


@router.get("/shelves/{number}")
def shelf_page(
    request: Request,
    number: int,
    token: Token = "",
    as_of: AsOf = "",
    order: Annotated[str, Query(pattern="^(latest|reading)$")] = "latest",
    format_: Annotated[str, Query(alias="format", max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """A shelf, for those it is for."""
    press, reader = _press(request), reader_of(request)
    community = press.house.community
    moment = moment_of(as_of)
    shelf = community.shelf(number, reader, token=token)

    def make() -> Sheet:
        standing = community.on_shelf(shelf, at=moment)
        lists = press.house.for_you.lists
        if order == "reading":
            items = {item.paper.id: item for item in standing}
            standing = [items[paper.id] for paper in lists.in_order([item.paper for item in standing])]
        papers = PaperList(
            shelf.name,
            f"/shelves/{number}",
            {"token": token, "as_of": as_of, "order": order if order != "latest" else ""},
            lambda most: [item.paper for item in standing[:most]],
        )
        where = press.addresses(request)
        if format_:
            return papers.sheet(press.house, where, format_, limit)
        mine = reader is not None and reader.id == shelf.owner.id
        return press.page(
            request,
            "shelf.html",
            shelf=shelf,
            standing=standing,
            listed=[item.paper for item in standing],
            mine=mine,
            order=order,
            wanting=lists.completing([item.paper for item in standing]) if mine and moment is None else [],
            follows=community.follows_it(reader, f"shelf:{number}"),
            as_of=moment,
            list=papers,
            feeds=papers.links(where),
        )

    return press.answer(request, make)


def _access(text: str) -> Access:
    return text  # type: ignore[return-value]  # the shelf says what it may be


def _to(request: Request, shelf: Shelf) -> Response:
    return RedirectResponse(_press(request).addresses(request).at(f"/shelves/{shelf.number}"), 303)


class ShelfOut(BaseModel):
    """A shelf. access: private, link or public. token: for its owner alone."""

    number: int
    owner: str
    name: str
    about: str
    access: str
    token: str | None = None
    papers: int


class ShelvedOut(BaseModel):
    """A paper on a shelf."""

    paper: str
    title: str
    note: str
    tags: list[str]
    at: datetime


class ShelfWithPapersOut(ShelfOut):
    """A shelf and what stands on it, the latest first."""

    standing: list[ShelvedOut]


class ShelfIn(BaseModel):
    """How a shelf is described."""

    name: str = Field(min_length=1, max_length=500)
    about: str = Field("", max_length=2000)
    access: Access = "private"


class ShelvedIn(BaseModel):
    """What is noted of a paper on a shelf."""

    note: str = Field("", max_length=2000)
    tags: list[Annotated[str, Field(max_length=100)]] = Field([], max_length=50)


def _out(shelf: Shelf) -> dict[str, Any]:
    return {
        "number": shelf.number,
        "owner": shelf.owner.name,
        "name": shelf.name,
        "about": shelf.about,
        "access": shelf.access,
        "token": shelf.token or None,
        "papers": shelf.papers,
    }


@api.get("/shelves", response_model=list[ShelfOut], response_model_exclude_none=True)
def shelves_json(request: Request, limit: Limit = 200) -> list[dict[str, Any]]:
    """One's own shelves, then everybody's public ones."""
    community, reader = house_of(request).community, reader_of(request)
    own = community.shelves(reader) if reader else []
    known = {shelf.number for shelf in own}
    others = [shelf for shelf in community.public_shelves() if shelf.number not in known]
    return [_out(shelf) for shelf in (*own, *others)[:limit]]


@api.post("/shelves", response_model=ShelfOut, response_model_exclude_none=True, status_code=201)
def make_shelf_json(request: Request, reader: Signed, body: ShelfIn) -> dict[str, Any]:
    """Put up a shelf."""
    community = house_of(request).community
    return _out(community.make_shelf(reader, body.name, about=body.about, access=body.access))


@api.get("/shelves/{number}", response_model=ShelfWithPapersOut, response_model_exclude_none=True)
def shelf_json(request: Request, number: int, token: Token = "", as_of: AsOf = "") -> dict[str, Any]:
    """A shelf and its papers, as of any moment."""
    community = house_of(request).community
    shelf = community.shelf(number, reader_of(request), token=token)
    standing = [
        {
            "paper": item.paper.key,
            "title": item.paper.title,
            "note": item.note,
            "tags": list(item.tags),
            "at": item.at,
        }
        for item in community.on_shelf(shelf, at=moment_of(as_of))
    ]
    return {**_out(shelf), "standing": standing}


@api.put("/shelves/{number}", response_model=ShelfOut, response_model_exclude_none=True)
def change_shelf_json(request: Request, reader: Signed, number: int, body: ShelfIn) -> dict[str, Any]:
    """Describe a shelf anew."""
    community = house_of(request).community
    return _out(community.change_shelf(reader, number, name=body.name, about=body.about, access=body.access))


@api.delete("/shelves/{number}", status_code=204)
def remove_shelf_json(request: Request, reader: Signed, number: int) -> None:
    """Take a shelf down."""
    house_of(request).community.remove_shelf(reader, number)


@api.put("/shelves/{number}/papers", status_code=204)
def shelve_json(
    request: Request, reader: Signed, number: int, paper: Reference, body: ShelvedIn | None = None
) -> None:
    """Put a paper on a shelf, or write other words to it."""
    body = body or ShelvedIn(note="", tags=[])
    house_of(request).community.shelve(
        reader, number, paper.replace("\0", ""), note=body.note, tags=body.tags
    )


@api.delete("/shelves/{number}/papers", status_code=204)
def unshelve_json(request: Request, reader: Signed, number: int, paper: Reference) -> None:
    """Take a paper off a shelf."""
    house_of(request).community.unshelve(reader, number, paper.replace("\0", ""))
