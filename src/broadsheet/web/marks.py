"""Votes, saves, hides and read marks: one form for pages, one address for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel

from broadsheet.readers import Reader
from broadsheet.web import wire
from broadsheet.web.addresses import local_path
from broadsheet.web.errors import wants_json
from broadsheet.web.session import house_of, reader_of
from broadsheet.web.who import Signed

if TYPE_CHECKING:
    from broadsheet.house import House

DEEDS: Final = {
    **{kind: (kind, True) for kind in ("vote", "save", "hide", "read")},
    **{f"un{kind}": (kind, False) for kind in ("vote", "save", "hide", "read")},
}

Kind = Literal["vote", "save", "hide", "read"]
Reference = Annotated[str, Query(min_length=1, max_length=500, description="A key, identifier or address.")]
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": wire.Error, "description": "A parameter cannot be understood."},
    401: {"model": wire.Error, "description": "Nobody is signed in."},
    403: {"model": wire.Error, "description": "Who is signed in may not do this."},
    404: {"model": wire.Error, "description": "There is no such thing here."},
    422: {"model": wire.Error, "description": "A parameter is out of its range."},
}

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


class SignsOut(BaseModel):
    """What stands beside a paper: our readers' votes and comments, and what the one who asks did."""

    paper: str
    votes: int
    comments: int
    voted: bool
    saved: bool
    hidden: bool
    read: bool


@router.post("/mark")
def mark(
    request: Request,
    reader: Signed,
    paper: Annotated[str, Form(min_length=1, max_length=500)],
    do: Annotated[str, Form(max_length=20)],
    back: Annotated[str, Form(max_length=4096)] = "/",
) -> Response:
    """Set or remove a mark, and go back to where the paper stands."""
    if do not in DEEDS:
        raise HTTPException(400, f"A paper can be {', '.join(DEEDS)}, not {do!r}.")
    house = house_of(request)
    kind, stands = DEEDS[do]
    key, _ = house.community.set_mark(reader, paper.replace("\0", ""), kind, stands)
    if wants_json(request):
        return JSONResponse(_signs(house, request, key).model_dump())
    found = house.paper(key)
    return RedirectResponse(f"{local_path(back)}#p{found.id}", 303)


@api.get("/marks", response_model=SignsOut)
def marks(request: Request, paper: Reference) -> SignsOut:
    """What stands beside a paper."""
    house = house_of(request)
    return _signs(house, request, house.paper(paper.replace("\0", "")).key)


@api.put("/marks/{kind}", response_model=SignsOut)
def put_mark(request: Request, reader: Signed, kind: Kind, paper: Reference) -> Response:
    """Vote for a paper, save it, hide it, or note that it was read. A second time changes nothing."""
    return _set(request, reader, kind, paper, True)


@api.delete("/marks/{kind}", response_model=SignsOut)
def delete_mark(request: Request, reader: Signed, kind: Kind, paper: Reference) -> Response:
    """Take a vote back, let a paper go, bring it back, or note that it was not read."""
    return _set(request, reader, kind, paper, False)


def _set(request: Request, reader: Reader, kind: Kind, paper: str, stands: bool) -> Response:
    house = house_of(request)
    reference = paper.replace("\0", "")
    key, _ = house.community.set_mark(reader, reference, kind, stands)
    # Written here: what FastAPI is left to write costs a second way through its threads.
    return Response(_signs(house, request, key).model_dump_json(), media_type="application/json")


def _signs(house: House, request: Request, key: str) -> SignsOut:
    sign = house.community.beside(reader_of(request), [key])[key]
    return SignsOut(
        paper=key,
        votes=sign.votes,
        comments=sign.comments,
        voted=sign.voted,
        saved=sign.saved,
        hidden=sign.hidden,
        read=sign.read,
    )
