"""A reader's own feed for programs."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from broadsheet.exceptions import UnreadableInputError
from broadsheet.foryou.foryou import Choice
from broadsheet.web.addresses import Addresses
from broadsheet.web.api import JSON
from broadsheet.web.foryou.pages import apply, for_you_of
from broadsheet.web.marks import ERRORS, Reference
from broadsheet.web.pages import press_of
from broadsheet.web.who import Signed
from broadsheet.web.wire import PaperOut, paper_out, written

Limit = Annotated[int, Query(ge=1, le=100)]
Judged = Literal["up", "down", "open", "ignore"]
What = Annotated[str, Query(min_length=1, max_length=200, description="A word, an author, an interest's id.")]
Library = Annotated[str, Query(min_length=1, max_length=60, description="What the library is called.")]
Kind = Literal["less", "mute", "away", "drop"]
_MEANS: Final = (
    "less: a word counts against papers; mute: papers with it are never shown; away: nor those of an author; "
    "drop: an interest is none."
)

api = APIRouter(prefix="/api/for-you", tags=["for you"], responses=ERRORS)


class WhyOut(BaseModel):
    """Why a paper is there: author, like, together, unlike, words, against, less, votes, new or
    beyond."""

    kind: str
    text: str
    worth: float = Field(description="About what it adds to the score.")
    said: str = Field(description="How the reader had said it.")
    key: str = Field(description="Of the paper it is like.")


class ChoiceOut(BaseModel):
    """A paper chosen for who asks."""

    paper: PaperOut
    score: float = Field(description="Standard deviations above the middle of the newest papers, about.")
    interest: str | None = Field(description="The id of the interest it is of.")
    beyond: bool = Field(description="Whether it comes from beyond what is known of the reader.")
    why: list[WhyOut]


class ForYouOut(BaseModel):
    """One's own page. `known`: whether anything is known of the reader; without it, papers are by votes."""

    known: bool
    off: bool
    behind: int = Field(description="Signals that have come since the model learned.")
    choices: list[ChoiceOut]


@api.get("", response_model=ForYouOut)
def for_you(request: Request, reader: Signed, limit: Limit = 20) -> Response:
    """The newest papers in one's own order, each with its reasons. Asking leaves no trace."""
    page = for_you_of(request).page(reader, limit=limit)
    where = press_of(request).addresses(request)
    choices = [_choice_out(choice, where) for choice in page.choices]
    return _json({"known": page.knows, "off": page.said.off, "behind": page.behind, "choices": choices})


@api.get("/model", response_model=dict[str, Any])
def model(request: Request, reader: Signed, limit: Limit = 5) -> Response:
    """Everything that is known of who asks; limit: papers told of each interest."""
    return _json(for_you_of(request).known(reader, most=limit).told())


class BroughtOut(BaseModel):
    """What became of a library: papers kept here, papers that are not, and how many of those were read."""

    name: str
    here: int
    elsewhere: int
    read: int


async def body_of(request: Request) -> bytes:
    """The bytes of a request."""
    return await request.body()


@api.put("/library", response_model=BroughtOut)
def put_library(
    request: Request, reader: Signed, body: Annotated[bytes, Depends(body_of)], name: Library = "library"
) -> BroughtOut:
    """Learn from a library: the bytes of a .bib, a Zotero export, or whatever an import can read."""
    try:
        brought = for_you_of(request).bring(reader, name, BytesIO(body))
    except UnreadableInputError as error:
        raise HTTPException(400, str(error)) from error
    return BroughtOut(name=brought.name, here=brought.here, elsewhere=brought.elsewhere, read=brought.read)


@api.delete("/library", status_code=204)
def delete_library(request: Request, reader: Signed, name: Library) -> None:
    """Learn from it no longer."""
    for_you_of(request).take_out(reader, name)


@api.delete("", status_code=204)
def reset(request: Request, reader: Signed) -> None:
    """Forget what was learned of who asks; votes, shelves and tags stay; what comes from now on counts."""
    for_you_of(request).reset(reader)


@api.put("/papers/{kind}", status_code=204)
def put_paper(request: Request, reader: Signed, kind: Judged, paper: Reference) -> None:
    """Want more papers like one, or fewer; note that it was opened, or says nothing of one's taste."""
    for_you_of(request).judge(reader, paper.replace("\0", ""), kind)


@api.delete("/papers/{kind}", status_code=204)
def delete_paper(request: Request, reader: Signed, kind: Judged, paper: Reference) -> None:
    """Take that back."""
    for_you_of(request).judge(reader, paper.replace("\0", ""), kind, False)


@api.put("/wishes/{kind}", status_code=204, description=_MEANS)
def put_wish(request: Request, reader: Signed, kind: Kind, what: What) -> None:
    """Say what is not to be shown, or less."""
    apply(for_you_of(request), reader, kind, what)


@api.delete("/wishes/{kind}", status_code=204)
def delete_wish(request: Request, reader: Signed, kind: Kind, what: What) -> None:
    """Take that back."""
    apply(for_you_of(request), reader, f"un{kind}", what)


def _choice_out(choice: Choice, where: Addresses) -> dict[str, Any]:
    return {
        "paper": paper_out(choice.paper, where),
        "score": choice.score,
        "interest": choice.interest.id if choice.interest else None,
        "beyond": choice.beyond,
        "why": [asdict(why) for why in choice.why],
    }


def _json(content: Any) -> Response:
    return Response(written(content), media_type=JSON, headers={"Cache-Control": "no-store"})
