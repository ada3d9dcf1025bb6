"""A reader's tags: pages with forms, and the same for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Form, HTTPException, Query, Request
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from broadsheet.exceptions import NameTakenError, PaperNotFoundError, TagError
from broadsheet.readers import Reader
from broadsheet.store.tags import Tag
from broadsheet.subjects.tags import MOST_TAGS, Suggestion, Tagging
from broadsheet.web.addresses import Addresses, local_path
from broadsheet.web.api import ERRORS, JSON
from broadsheet.web.pages import press_of
from broadsheet.web.session import require
from broadsheet.web.wire import Error, PaperOut, paper_out, written

Name = Annotated[str, InPath(max_length=100, description="The name of a tag, in any letter case.")]
Text = Annotated[str, Form(max_length=4000)]
Reference = Annotated[str, Query(max_length=500, description="A paper's key, or any identifier of it.")]

_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    **ERRORS,
    401: {"model": Error, "description": "Nobody is signed in."},
    403: {"model": Error, "description": "Who is signed in may not do this."},
}

_ANSWERS: Final = {"yes": True, "no": False, "none": None}

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["tags"], responses=_ERRORS)


# Pages


@pages.get("/tags")
def every(request: Request) -> Response:
    """The tags of who reads, and how to make one."""
    reader = require(request)
    return press_of(request).fresh(request, "tags.html", tags=_tagging(request).tags(reader), problem="")


@pages.post("/tags")
def make(request: Request, name: Text = "", papers: Text = "", said: Text = "") -> Response:
    """Make a tag of what the form says."""
    reader = require(request)
    try:
        tag = _tagging(request).make(reader, name, papers.split(), said.splitlines())
    except (TagError, NameTakenError, PaperNotFoundError) as error:
        tags = _tagging(request).tags(reader)
        return press_of(request).fresh(request, "tags.html", status=400, tags=tags, problem=str(error))
    return _go(request, tag)


@pages.post("/tags/mark")
def mark(request: Request, tag: Text = "", paper: Text = "", fits: Text = "yes", back: Text = "") -> Response:
    """Say that a paper fits a tag, that it does not, or neither; a tag that is not there is made."""
    reader, tagging = require(request), _tagging(request)
    if fits not in _ANSWERS:
        raise HTTPException(400, "fits is yes, no or none.")
    try:
        if fits == "yes" and not any(
            each.name.casefold() == tag.strip().casefold() for each in tagging.tags(reader)
        ):
            found = tagging.make(reader, tag, [paper])
        else:
            found = tagging.mark(reader, tag.strip(), paper, _ANSWERS[fits])
    except (TagError, NameTakenError) as error:
        raise HTTPException(400, str(error)) from error
    return _go(request, found, back)


@pages.get("/tags/{name}")
def one(request: Request, name: Name) -> Response:
    """A tag: what it may fit and why, what carries it, what was refused, what describes it."""
    reader, tagging = require(request), _tagging(request)
    tag = tagging.tag(reader, name)
    return press_of(request).fresh(
        request,
        "tag.html",
        tag=tag,
        wanting=tagging.wanting(tag),
        suggestions=tagging.suggestions(reader, name),
        papers=tagging.papers(reader, name),
        refused=tagging.papers(reader, name, fits=False),
        encoded=press_of(request).house.subjects.space() is not None,
    )


@pages.post("/tags/{name}")
def change(request: Request, name: Name, said: Text = "", do: Text = "keep") -> Response:
    """Put other sentences in the place of those that describe a tag, or remove it."""
    reader, tagging = require(request), _tagging(request)
    if do == "remove":
        tagging.remove(reader, name)
        return RedirectResponse(press_of(request).addresses(request).at("/tags"), 303)
    try:
        tag = tagging.describe(reader, name, said.splitlines())
    except TagError as error:
        raise HTTPException(400, str(error)) from error
    return _go(request, tag)


# For programs


class TagOut(BaseModel):
    """A tag. `wanting`: how many more examples or sentences it wants before it suggests."""

    name: str
    said: list[str] = Field(description="Sentences that describe it.")
    fits: int
    refused: int
    wanting: int
    url: str


class ReasonOut(BaseModel):
    """Why a paper is suggested: like, unlike (titles), said (a sentence of the tag) or words."""

    kind: str
    text: str
    weight: float
    key: str


class SuggestionOut(BaseModel):
    """A paper that a tag may fit, and why."""

    paper: PaperOut
    score: float
    reasons: list[ReasonOut]


class TagDetail(TagOut):
    """A tag with its papers and what it suggests."""

    papers: list[PaperOut]
    suggestions: list[SuggestionOut]


class Described(BaseModel):
    """What a tag is made of. Sentences that are given take the place of those it had."""

    papers: list[Annotated[str, Field(max_length=500)]] = Field([], max_length=500)
    said: list[Annotated[str, Field(max_length=1000)]] | None = Field(None, max_length=50)


@api.get("/tags", response_model=list[TagOut])
def list_tags(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_TAGS)] = MOST_TAGS) -> Response:
    """The tags of who asks, by name."""
    reader, where = require(request), press_of(request).addresses(request)
    tagging = _tagging(request)
    return _json([_tag_out(tagging, tag, where) for tag in tagging.tags(reader)[:limit]])


@api.get("/tags/{name}", response_model=TagDetail)
def show_tag(request: Request, name: Name, limit: Annotated[int, Query(ge=0, le=100)] = 20) -> Response:
    """A tag, its papers, and what it suggests with the reasons."""
    return _json(_detail(request, require(request), name, limit))


@api.put("/tags/{name}", response_model=TagDetail)
def put_tag(request: Request, name: Name, described: Annotated[Described | None, Body()] = None) -> Response:
    """Make a tag, or add examples to it and describe it anew."""
    reader, tagging = require(request), _tagging(request)
    described = described or Described(papers=[], said=None)
    try:
        if any(tag.name.casefold() == name.strip().casefold() for tag in tagging.tags(reader)):
            if described.said is not None:
                tagging.describe(reader, name, described.said)
            for reference in described.papers:
                tagging.mark(reader, name, reference, True)
        else:
            tagging.make(reader, name, described.papers, described.said or ())
    except (TagError, NameTakenError) as error:
        raise HTTPException(400, str(error)) from error
    return _json(_detail(request, reader, name, 20))


@api.delete("/tags/{name}", response_model=list[TagOut])
def delete_tag(request: Request, name: Name) -> Response:
    """Remove a tag; answers with those that are left."""
    _tagging(request).remove(require(request), name)
    return list_tags(request)


@api.put("/tags/{name}/papers", response_model=TagOut)
def put_mark(
    request: Request,
    name: Name,
    paper: Reference,
    fits: Annotated[bool, Query(description="Whether it fits; false teaches as well.")] = True,
) -> Response:
    """Say that a paper fits a tag, or that it does not."""
    return _marked(request, name, paper, fits)


@api.delete("/tags/{name}/papers", response_model=TagOut)
def delete_mark(request: Request, name: Name, paper: Reference) -> Response:
    """Take back what was said of a paper."""
    return _marked(request, name, paper, None)


def _marked(request: Request, name: str, reference: str, fits: bool | None) -> Response:
    tagging = _tagging(request)
    tag = tagging.mark(require(request), name, reference, fits)
    return _json(_tag_out(tagging, tag, press_of(request).addresses(request)))


def _detail(request: Request, reader: Reader, name: str, limit: int) -> dict[str, Any]:
    tagging, where = _tagging(request), press_of(request).addresses(request)
    tag = tagging.tag(reader, name)
    return {
        **_tag_out(tagging, tag, where),
        "papers": [paper_out(paper, where) for paper in tagging.papers(reader, name)],
        "suggestions": [_suggested(each, where) for each in tagging.suggestions(reader, name, limit=limit)],
    }


def _suggested(suggestion: Suggestion, where: Addresses) -> dict[str, Any]:
    return {
        "paper": paper_out(suggestion.paper, where),
        "score": suggestion.score,
        "reasons": [asdict(reason) for reason in suggestion.reasons],
    }


def _tag_out(tagging: Tagging, tag: Tag, where: Addresses) -> dict[str, Any]:
    return {
        "name": tag.name,
        "said": tag.said,
        "fits": tag.fits,
        "refused": tag.refused,
        "wanting": tagging.wanting(tag),
        "url": where.absolute(f"/tags/{tag.name}"),
    }


def _tagging(request: Request) -> Tagging:
    return press_of(request).house.subjects.tagging


def _go(request: Request, tag: Tag, back: str = "") -> Response:
    where = press_of(request).addresses(request)
    return RedirectResponse(local_path(back) if back else where.at(f"/tags/{tag.name}"), 303)


def _json(content: Any) -> Response:
    return Response(written(content), media_type=JSON, headers={"Cache-Control": "no-store"})
