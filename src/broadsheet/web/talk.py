"""The discussion of a paper: saying, answering, changing, taking away; reporting, hiding and locking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from broadsheet.community.discussing import LONGEST, Comment
from broadsheet.web.marks import ERRORS, Reference
from broadsheet.web.moments import AsOf, moment_of
from broadsheet.web.press import Press
from broadsheet.web.session import house_of, reader_of
from broadsheet.web.who import Curating, Signed

Name = Annotated[str, Form(max_length=500)]
Words = Annotated[str, Form(max_length=4 * LONGEST)]
Number = Annotated[int, Form(ge=0, le=10**15)]
Reason = Annotated[str, Form(max_length=2000)]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


@router.post("/comments")
def say(request: Request, reader: Signed, paper: Name = "", text: Words = "", parent: Number = 0) -> Response:
    """Say something under a paper, or answer."""
    house = house_of(request)
    number = house.community.comment(reader, _clean(paper), text, parent=parent)
    return _to_comment(request, paper, number)


@router.post("/comments/edit")
def edit(
    request: Request, reader: Signed, number: Number = 0, paper: Name = "", text: Words = ""
) -> Response:
    """Change one's own words."""
    house_of(request).community.edit(reader, number, text)
    return _to_comment(request, paper, number)


@router.post("/comments/remove")
def remove(request: Request, reader: Signed, number: Number = 0, paper: Name = "") -> Response:
    """Take one's own words away."""
    house_of(request).community.take_away(reader, number)
    return _to_comment(request, paper, 0)


@router.post("/comments/hide")
def hide(
    request: Request,
    reader: Curating,
    number: Number = 0,
    paper: Name = "",
    reason: Reason = "",
    back: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Take a comment out of sight, or bring it back."""
    house_of(request).community.hide_comment(reader, number, hidden=not back, reason=reason)
    return _to_comment(request, paper, number)


@router.post("/comments/lock")
def lock(
    request: Request,
    reader: Curating,
    paper: Name = "",
    reason: Reason = "",
    open_: Annotated[str, Form(alias="open", max_length=10)] = "",
) -> Response:
    """Close a discussion, or open it again."""
    house_of(request).community.lock(reader, _clean(paper), locked=not open_, reason=reason)
    return _to_comment(request, paper, 0)


@router.post("/report")
def report(
    request: Request,
    reader: Signed,
    paper: Name = "",
    thing: Annotated[str, Form(max_length=40)] = "paper",
    reason: Reason = "",
) -> Response:
    """Ask the curators to look."""
    house = house_of(request)
    house.community.report(reader, _clean(paper), thing, reason=reason)
    return _press(request).fresh(request, "reported.html", paper=house.paper(_clean(paper)))


@router.get("/comments/{number}")
def comment_page(request: Request, number: int) -> Response:
    """A comment with all it ever said."""
    press = _press(request)
    found = _find(request, number)
    return press.answer(
        request,
        lambda: press.page(request, "comment.html", comment=found, of=press.house.paper(found.paper)),
    )


def _find(request: Request, number: int) -> Comment:
    house = house_of(request)
    marks = house.store.events.marks("comment", objects=[str(number)])
    if marks and marks[0].work_key:
        paper = house.paper(marks[0].work_key)
        found = _flat(house.community.discussion(reader_of(request), paper))
        for comment in found:
            if comment.number == number:
                return comment
    raise HTTPException(404, "There is no such comment.")


def _flat(tree: tuple[Comment, ...]) -> list[Comment]:
    return [comment for top in tree for comment in (top, *_flat(top.replies))]


def _to_comment(request: Request, paper: str, number: int) -> Response:
    press = _press(request)
    found = press.house.paper(_clean(paper))
    anchor = f"#c{number}" if number else "#discussion"
    return RedirectResponse(press.addresses(request).paper(found) + anchor, 303)


def _clean(text: str) -> str:
    return text.replace("\0", "")


class CommentOut(BaseModel):
    """Words under a paper. text: '' where taken away or hidden. parent: the comment it answers, or 0."""

    number: int
    paper: str
    by: str
    shown: str
    parent: int
    text: str
    at: datetime
    edited: bool
    hidden: bool
    mentions: list[str]


class CommentIn(BaseModel):
    """Words to be said: under a paper, in answer to `parent` if that is not 0."""

    paper: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=4 * LONGEST)
    parent: int = Field(0, ge=0, le=10**15)


class Changed(BaseModel):
    """Other words for a comment; '' takes it away."""

    text: str = Field(max_length=4 * LONGEST)


def _out(comment: Comment) -> CommentOut:
    return CommentOut(
        number=comment.number,
        paper=comment.paper,
        by=comment.by.name,
        shown=comment.by.shown,
        parent=comment.parent,
        text=comment.text,
        at=comment.at,
        edited=comment.edited,
        hidden=comment.hidden,
        mentions=list(comment.mentions),
    )


@api.get("/comments", response_model=list[CommentOut])
def comments(request: Request, paper: Reference, as_of: AsOf = "") -> list[CommentOut]:
    """The discussion of a paper, every comment before its answers; as of any moment."""
    house = house_of(request)
    tree = house.community.discussion(reader_of(request), house.paper(_clean(paper)), at=moment_of(as_of))
    return [_out(comment) for comment in _flat(tree)]


@api.post("/comments", response_model=CommentOut, status_code=201)
def say_json(request: Request, reader: Signed, body: CommentIn) -> CommentOut:
    """Say something under a paper, or answer."""
    number = house_of(request).community.comment(reader, _clean(body.paper), body.text, parent=body.parent)
    return _out(_find(request, number))


@api.put("/comments/{number}", response_model=CommentOut)
def edit_json(request: Request, reader: Signed, number: int, body: Changed) -> CommentOut:
    """Change one's own words. What they were stays to be seen."""
    house_of(request).community.edit(reader, number, body.text)
    return _out(_find(request, number))


@api.delete("/comments/{number}", status_code=204)
def remove_json(request: Request, reader: Signed, number: int) -> None:
    """Take one's own words away."""
    house_of(request).community.take_away(reader, number)
