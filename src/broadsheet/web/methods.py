"""What Octavo implements of the papers, as pages and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from broadsheet import identifiers
from broadsheet.exceptions import BroadsheetError, PaperNotFoundError
from broadsheet.methods import Implemented, spelled
from broadsheet.papers import Paper
from broadsheet.web.addresses import Addresses
from broadsheet.web.api import ERRORS, JSON
from broadsheet.web.pages import press_of
from broadsheet.web.press import Sheet
from octavo.catalogue import shown

if TYPE_CHECKING:
    from broadsheet.house import House
    from octavo.catalogue import Cited

Name = Annotated[str, InPath(max_length=100, description="The name of a method, such as `muvera`.")]

pages = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["methods"], responses=ERRORS)


class MethodOut(BaseModel):
    """A method of Octavo: its paper, what was measured of it, and what became of the paper's claim."""

    name: str
    title: str
    summary: str
    room: str
    module: str
    papers: list[dict[str, str | int]] = Field(description="Its own first, then those it builds on.")
    equation: str
    differs: str = Field(description="What differs from the paper, and why.")
    verdict: str
    headline: str
    claim: str
    checks: dict[str, bool]
    columns: list[str]
    rows: list[list[str | float | list[float]]] = Field(description="A list is one number for each seed.")
    note: str
    run: dict[str, str | float]
    url: str


@pages.get("/methods")
def methods(request: Request) -> Response:
    """Every method by the question it answers, with its verdict and leading figure."""
    press = press_of(request)
    return press.answer(request, lambda: press.page(request, "methods.html"))


@pages.get("/methods/{name}")
def method(request: Request, name: Name) -> Response:
    """One method: its paper, its equation, what was measured and what became of the claim."""
    press = press_of(request)

    def make() -> Sheet:
        found = press.house.methods.named(name)
        papers = [(cited, kept(press.house, cited), address(cited)) for cited in found.method.papers]
        return press.page(request, "method.html", method=found, papers=papers, shown=shown)

    return press.answer(request, make)


def kept(house: House, cited: Cited) -> Paper | None:
    """The paper that is cited, if it is kept here: by its identifier, else by its title."""
    try:
        return house.paper(spelled(cited))
    except PaperNotFoundError:
        pass
    try:
        found = house.search(f'title:"{cited.title}"', limit=5).papers
    except BroadsheetError:
        return None  # the page is worth reading while the index is being mended
    key = identifiers.title_key(cited.title)
    for paper in found:
        known = [*house.methods.of(paper), *house.methods.building_on(paper)]
        if identifiers.title_key(paper.title) == key and any(cited in each.method.papers for each in known):
            return paper
    return None


def address(cited: Cited) -> str:
    """Where a cited paper lives, or ""."""
    scheme, _, value = cited.identifier.partition(":")
    identifier = identifiers.of(scheme, value)
    return identifiers.url_of(identifier) if identifier else ""


def method_out(method: Implemented, where: Addresses) -> MethodOut:
    """A method as JSON."""
    return MethodOut(**method.as_json(), url=where.absolute(f"/methods/{method.name}"))


@api.get("/methods", response_model=list[MethodOut])
def list_methods(
    request: Request,
    room: Annotated[str, Query(max_length=20, description="Only of this room, such as `find`.")] = "",
) -> Response:
    """Every method that Octavo implements, with what was measured of it."""
    press, where = press_of(request), press_of(request).addresses(request)

    def make() -> Sheet:
        inside = [each for each in press.house.methods if room in ("", each.method.room)]
        found = [method_out(each, where).model_dump() for each in inside]
        return Sheet(json.dumps(found, ensure_ascii=False).encode(), JSON)

    return press.answer(request, make)


@api.get("/methods/{name}", response_model=MethodOut)
def one_method(request: Request, name: Name) -> Response:
    """One method, by its name."""
    press, where = press_of(request), press_of(request).addresses(request)
    return press.answer(
        request,
        lambda: Sheet(method_out(press.house.methods.named(name), where).model_dump_json().encode(), JSON),
    )
