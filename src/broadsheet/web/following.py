"""A reader's public page, an author's page, and what one follows: each a list, and so each a feed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadSignature
from pydantic import BaseModel

from broadsheet.papers import Paper
from broadsheet.readers import Reader
from broadsheet.web.addresses import local_path
from broadsheet.web.lists import PaperList
from broadsheet.web.marks import ERRORS
from broadsheet.web.press import Press, Sheet
from broadsheet.web.session import house_of, open_to_all, reader_of
from broadsheet.web.who import Signed

Format = Annotated[str, Query(alias="format", max_length=40)]
Limit = Annotated[int, Query(ge=1, le=500)]
Thing = Annotated[
    str, Query(min_length=1, max_length=250, description="author:NAME, reader:NUMBER or shelf:NUMBER.")
]
EACH: int = 40
"""Papers of each thing that is followed."""

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


@router.get("/readers/{name}")
def reader_page(request: Request, name: str, format_: Format = "", limit: Limit = 100) -> Response:
    """What a reader shows others: papers, shelves, words, authorship. Votes are nobody's business."""
    press, viewer = _press(request), reader_of(request)
    person = press.house.people.named(name)

    def make() -> Sheet:
        community = press.house.community
        papers = PaperList(
            person.shown,
            f"/readers/{person.name}",
            {},
            lambda most: community.recommended_by(person, limit=most),
        )
        where = press.addresses(request)
        if format_:
            return papers.sheet(press.house, where, format_, limit)
        recommended = community.recommended_by(person, limit=60)
        claims = [claim for claim in community.claims(reader=person) if claim.verified]
        written = {p.key: p for p in press.house.store.named([claim.paper for claim in claims])}
        return press.page(
            request,
            "reader.html",
            person=person,
            listed=recommended,
            shelves=community.public_shelves(person),
            comments=community.comments_of(person, viewer, limit=20),
            written=list(written.values()),
            follows=community.follows_it(viewer, f"reader:{person.id}"),
            mentions=community.mentioning(person, limit=20) if viewer == person else [],
            list=papers,
            feeds=papers.links(where),
        )

    return press.answer(request, make)


@router.get("/authors/{name}")
def author_page(request: Request, name: str, format_: Format = "", limit: Limit = 100) -> Response:
    """The papers of an author of that name, the newest first."""
    press, viewer = _press(request), reader_of(request)
    name = " ".join(name.replace('"', "").split())[:200]

    def make() -> Sheet:
        papers = PaperList(name, f"/authors/{name}", {}, lambda most: _of_author(press, name, most))
        where = press.addresses(request)
        if format_:
            return papers.sheet(press.house, where, format_, limit)
        return press.page(
            request,
            "author.html",
            name=name,
            listed=_of_author(press, name, 60),
            follows=press.house.community.follows_it(viewer, f"author:{name}"),
            list=papers,
            feeds=papers.links(where),
        )

    return press.answer(request, make)


def _of_author(press: Press, name: str, limit: int) -> list[Paper]:
    return list(press.house.search(f'author:"{name}"', limit=limit, sort="date").papers)


def papers_followed(press: Press, reader: Reader, limit: int) -> list[Paper]:
    """The papers of everything a reader follows, those that came in last first."""
    community = press.house.community
    found: dict[int, Paper] = {}
    for follow in community.follows(reader):
        kind, _, name = follow.thing.partition(":")
        if kind == "author":
            some = _of_author(press, name, EACH)
        elif kind == "shelf":
            some = community.of_shelf(int(name), limit=EACH)
        else:
            some = community.recommended_by(press.house.people.reader(int(name)), limit=EACH)
        found.update((paper.id, paper) for paper in some)
    newest = sorted(found.values(), key=lambda paper: (paper.days[-1:] or ("",), paper.added), reverse=True)
    return newest[:limit]


@router.get("/following")
def following(request: Request, reader: Signed) -> Response:
    """What one follows, and what came of it."""
    press = _press(request)

    def make() -> Sheet:
        token = press.house.people.signer("following").dumps(reader.id)
        papers = PaperList("What I follow", "/following", {}, lambda most: [])
        where = press.addresses(request)
        private = PaperList("What I follow", f"/following/{token}", {}, lambda most: [])
        return press.page(
            request,
            "following.html",
            followed=press.house.community.follows(reader),
            listed=papers_followed(press, reader, 60),
            list=papers,
            private=private.links(where),
            feeds=private.links(where),
        )

    return press.answer(request, make)


@router.get("/following/{token}")
@open_to_all  # the token is what lets in: a feed reader cannot sign in
def following_feed(request: Request, token: str, format_: Format = "atom", limit: Limit = 100) -> Response:
    """The same as a feed, for whoever has its address."""
    press = _press(request)
    try:
        reader = press.house.people.reader(int(press.house.people.signer("following").loads(token)))
    except (BadSignature, ValueError, TypeError) as error:
        raise HTTPException(404) from error
    account = press.house.store.accounts.account(reader.id)
    if not account.open:
        raise HTTPException(404)

    def make() -> Sheet:
        papers = PaperList(
            "What I follow",
            f"/following/{token}",
            {},
            lambda most: papers_followed(press, reader, most),
        )
        return papers.sheet(press.house, press.addresses(request), format_, limit)

    return press.answer(request, make)


@router.post("/follow")
def follow(
    request: Request,
    reader: Signed,
    thing: Annotated[str, Form(max_length=250)] = "",
    stop: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=4096)] = "/following",
) -> Response:
    """Follow something, or stop it."""
    house_of(request).community.follow(reader, thing, on=not stop)
    return RedirectResponse(local_path(back), 303)


class FollowOut(BaseModel):
    """Something that is followed: `author:NAME`, `reader:NUMBER` or `shelf:NUMBER`, and what it is called."""

    thing: str
    title: str


@api.get("/follows", response_model=list[FollowOut])
def follows(request: Request, reader: Signed, limit: Limit = 200) -> list[FollowOut]:
    """What one follows."""
    found = house_of(request).community.follows(reader)
    return [FollowOut(thing=follow.thing, title=follow.title) for follow in found[:limit]]


@api.put("/follows", status_code=204)
def put_follow(request: Request, reader: Signed, thing: Thing) -> None:
    """Follow an author, a reader or a shelf."""
    house_of(request).community.follow(reader, thing.replace("\0", ""))


@api.delete("/follows", status_code=204)
def delete_follow(request: Request, reader: Signed, thing: Thing) -> None:
    """Stop following."""
    house_of(request).community.follow(reader, thing.replace("\0", ""), on=False)
