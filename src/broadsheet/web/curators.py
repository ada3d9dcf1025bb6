"""The curators' desk; claims of authorship; bringing papers in by name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from broadsheet.exceptions import PeopleError
from broadsheet.web.marks import ERRORS
from broadsheet.web.press import Press
from broadsheet.web.session import house_of
from broadsheet.web.who import Curating, Signed

Name = Annotated[str, Form(max_length=500)]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["community"], responses=ERRORS)


def _press(request: Request) -> Press:
    press: Press = request.app.state.press
    return press


@router.get("/curate")
def desk(request: Request, reader: Curating) -> Response:
    """What waits for the curators, and what they did lately."""
    press = _press(request)
    house = press.house
    community = house.community
    return press.fresh(
        request,
        "curate_desk.html",
        reports=community.reports(reader),
        claims=[claim for claim in community.claims() if not claim.verified],
        vouched=community.vouched(),
        people=[account.reader for account in house.store.accounts.every()],
        lately=community.lately(reader),
    )


@router.post("/curate/dismiss")
def dismiss(request: Request, reader: Curating, paper: Name = "", thing: Name = "") -> Response:
    """Answer reports: there is nothing to do."""
    house_of(request).community.dismiss(reader, paper, thing)
    return _back(request)


@router.post("/curate/verify")
def verify(
    request: Request, reader: Curating, paper: Name = "", name: Name = "", refuse: Name = ""
) -> Response:
    """Say that a claim of authorship holds, or does not."""
    house = house_of(request)
    house.community.verify(reader, house.people.named(name), paper.replace("\0", ""), holds=not refuse)
    return _back(request)


@router.post("/curate/vouch")
def vouch(request: Request, reader: Curating, name: Name = "", trust: Name = "1") -> Response:
    """Let a reader's votes count in full, not at all, or as they earn it ('')."""
    house = house_of(request)
    try:
        given = float(trust) if trust.strip() else None
    except ValueError as error:
        raise PeopleError(f"trust is a number between 0 and 1, got {trust[:20]!r}") from error
    house.community.vouch(reader, house.people.named(name), given)
    return _back(request)


def _back(request: Request) -> Response:
    return RedirectResponse(_press(request).addresses(request).at("/curate"), 303)


# Authorship


@router.post("/claim")
def claim(
    request: Request, reader: Signed, paper: Name = "", author: Name = "", withdraw: Name = ""
) -> Response:
    """Say that one wrote a paper, or take that back."""
    press = _press(request)
    reference = paper.replace("\0", "")
    if withdraw:
        press.house.community.withdraw_claim(reader, reference)
    else:
        press.house.community.claim(reader, reference, author)
    where = press.addresses(request)
    return RedirectResponse(where.paper(press.house.paper(reference)) + "#claims", 303)


# Bringing in


@router.get("/submit")
def submit_page(request: Request, reader: Signed, name: str = "") -> Response:
    """Where papers are brought in by name."""
    return _press(request).fresh(request, "submit.html", name=name[:500], problem="", submitted=None)


@router.post("/submit")
def submit(request: Request, reader: Signed, tasks: BackgroundTasks, name: Name = "") -> Response:
    """Bring a paper in. The network is asked after the answer, as it may take its time."""
    press = _press(request)
    community = press.house.community
    try:
        found = community.submit(reader, name, now=False)
    except PeopleError as error:
        return press.fresh(request, "submit.html", status=400, name=name, problem=str(error), submitted=None)
    answer = press.fresh(request, "submit.html", name="", problem="", submitted=found)
    if found.state == "kept":
        tasks.add_task(community.fetch, found.identifier)
        answer.background = tasks
    return answer


class SubmitIn(BaseModel):
    """A paper's name: any identifier or address that is known."""

    name: str = Field(min_length=1, max_length=500)


class SubmittedOut(BaseModel):
    """What became of it: here, pulled or kept; and why it could not be pulled."""

    paper: str
    identifier: str
    state: str
    reason: str


@api.post("/submit", response_model=SubmittedOut)
def submit_json(request: Request, reader: Signed, body: SubmitIn) -> dict[str, Any]:
    """Bring a paper in by its name. What cannot be had from the network is kept by name."""
    found = house_of(request).community.submit(reader, body.name)
    return {
        "paper": found.paper.key,
        "identifier": found.identifier,
        "state": found.state,
        "reason": found.reason,
    }
