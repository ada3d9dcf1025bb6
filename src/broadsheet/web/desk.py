"""The curators' desk for programs; reports and claims, as those who make them send them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from broadsheet.community.curating import Claim, Report
from broadsheet.web.marks import ERRORS, Reference
from broadsheet.web.session import house_of
from broadsheet.web.who import Curating, Signed

api = APIRouter(prefix="/api", tags=["curating"], responses=ERRORS)

Thing = Annotated[str, Query(max_length=40, description="`paper`, or `comment:NUMBER`.")]


class ReasonOut(BaseModel):
    """Why somebody asks the curators to look."""

    by: str
    reason: str
    at: datetime


class ReportOut(BaseModel):
    """What readers want looked at: `paper` or `comment:NUMBER`, and the paper it is, or is under."""

    paper: str
    thing: str
    reasons: list[ReasonOut]


class ClaimOut(BaseModel):
    """A reader says: I am this author of this paper. how: why it holds, '' while nobody has looked."""

    paper: str
    author: str
    reader: str
    how: str


class HiddenOut(BaseModel):
    """A comment that a curator took out of sight."""

    number: int
    paper: str
    by: str
    text: str
    reason: str


class ClosedOut(BaseModel):
    """A paper whose discussion a curator closed."""

    paper: str
    by: str
    reason: str
    since: datetime


class DoneOut(BaseModel):
    """Something a curator did: hidden, lock, vouch or verified; taken back where `stands` is false."""

    at: datetime
    by: str
    kind: str
    stands: bool
    paper: str
    thing: str
    reason: str


class DeskOut(BaseModel):
    """What waits for the curators, what they have put out of sight or closed, and what they did lately."""

    reports: list[ReportOut]
    claims: list[ClaimOut]
    hidden: list[HiddenOut]
    closed: list[ClosedOut]
    lately: list[DoneOut]


class MemberOut(BaseModel):
    """A reader, and how much of a vote a curator says theirs are worth; None: as they earn it."""

    name: str
    shown: str
    role: str
    trust: float | None


class ReportIn(BaseModel):
    """What is to be looked at, and why."""

    paper: str = Field(min_length=1, max_length=500)
    thing: str = Field("paper", max_length=40)
    reason: str = Field(min_length=1, max_length=1000)


class ClaimIn(BaseModel):
    """The author one is, as the paper has the name."""

    author: str = Field(min_length=1, max_length=500)


class JudgedIn(BaseModel):
    """What a curator says of a claim."""

    paper: str = Field(min_length=1, max_length=500)
    reader: str = Field(min_length=1, max_length=200)
    holds: bool


class HideIn(BaseModel):
    """Whether a comment is out of sight, and why."""

    hidden: bool = True
    reason: str = Field("", max_length=500)


class CloseIn(BaseModel):
    """Whether a discussion is closed, and why."""

    closed: bool = True
    reason: str = Field("", max_length=500)


class TrustIn(BaseModel):
    """How much of a vote a reader's are worth, from 0 to 1; None: as they earn it."""

    trust: float | None = Field(ge=0, le=1)


@api.post("/reports", status_code=201, response_model=dict[str, bool])
def report(request: Request, reader: Signed, body: ReportIn) -> dict[str, bool]:
    """Ask the curators to look at a paper, or at a comment under it."""
    paper = body.paper.replace("\0", "")
    return {"news": house_of(request).community.report(reader, paper, body.thing, reason=body.reason)}


@api.get("/claims", response_model=list[ClaimOut])
def claims(request: Request, paper: Reference) -> list[ClaimOut]:
    """Who says that they are an author of a paper."""
    house = house_of(request)
    return [_claim(each) for each in house.community.claims(paper=house.paper(paper.replace("\0", "")))]


@api.put("/claims", response_model=ClaimOut)
def claim(request: Request, reader: Signed, paper: Reference, body: ClaimIn) -> ClaimOut:
    """Say that one is an author of a paper. It holds at once where a source tells who that is."""
    return _claim(house_of(request).community.claim(reader, paper.replace("\0", ""), body.author))


@api.delete("/claims", status_code=204)
def withdraw(request: Request, reader: Signed, paper: Reference) -> None:
    """Take one's claim back."""
    house_of(request).community.withdraw_claim(reader, paper.replace("\0", ""))


@api.get("/curate", response_model=DeskOut)
def desk(request: Request, reader: Curating) -> DeskOut:
    """The desk as it is."""
    house = house_of(request)
    community = house.community
    return DeskOut(
        reports=[_report(each) for each in community.reports(reader)],
        claims=[_claim(each) for each in community.claims() if not each.verified],
        hidden=[
            HiddenOut(
                number=each.number, paper=each.paper, by=each.by.name, text=each.text, reason=each.reason
            )
            for each in community.hidden(reader)
        ],
        closed=[
            ClosedOut(
                paper=mark.work_key,
                by=house.people.reader(mark.reader_id).name,
                reason=str(mark.body.get("reason", "")),
                since=mark.since,
            )
            for mark in house.store.events.marks("lock")
        ],
        lately=[
            DoneOut(
                at=event.at,
                by=by.name,
                kind=event.kind,
                stands=event.stands,
                paper=event.work_key,
                thing=event.object,
                reason=str(event.body.get("reason", "")),
            )
            for event, by in community.lately(reader)
        ],
    )


@api.delete("/curate/reports", response_model=dict[str, int])
def dismiss(request: Request, reader: Curating, paper: Reference, thing: Thing = "paper") -> dict[str, int]:
    """Answer the reports of something: there is nothing to do."""
    return {"answered": house_of(request).community.dismiss(reader, paper.replace("\0", ""), thing)}


@api.put("/curate/claims", response_model=ClaimOut)
def judge(request: Request, reader: Curating, body: JudgedIn) -> ClaimOut:
    """Say that a claim holds, or does not, which ends it."""
    house = house_of(request)
    other, paper = house.people.named(body.reader), house.paper(body.paper.replace("\0", ""))
    standing = [each for each in house.community.claims(paper=paper) if each.reader.id == other.id]
    house.community.verify(reader, other, paper.key, holds=body.holds)
    return _claim(Claim(other, paper.key, standing[0].author, "curator" if body.holds else ""))


@api.put("/curate/comments/{number}", status_code=204)
def hide(request: Request, reader: Curating, number: int, body: HideIn) -> None:
    """Take a comment out of sight, or bring it back; its reports are answered by that."""
    house_of(request).community.hide_comment(reader, number, hidden=body.hidden, reason=body.reason)


@api.put("/curate/discussions", status_code=204)
def close(request: Request, reader: Curating, paper: Reference, body: CloseIn) -> None:
    """Close the discussion of a paper, or open it again."""
    house_of(request).community.lock(reader, paper.replace("\0", ""), locked=body.closed, reason=body.reason)


@api.get("/curate/readers", response_model=list[MemberOut])
def members(request: Request, reader: Curating) -> list[MemberOut]:
    """Everybody who has an account."""
    house = house_of(request)
    trust = house.community.vouched()
    return [
        MemberOut(
            name=account.reader.name,
            shown=account.reader.shown,
            role=account.reader.role.value,
            trust=trust.get(account.reader.id),
        )
        for account in house.store.accounts.every()
        if not account.gone
    ]


@api.put("/curate/readers/{name}", status_code=204)
def vouch(request: Request, reader: Curating, name: str, body: TrustIn) -> None:
    """Let a reader's votes count for so much, or as they earn it."""
    house = house_of(request)
    house.community.vouch(reader, house.people.named(name), body.trust)


def _report(report: Report) -> ReportOut:
    return ReportOut(
        paper=report.paper,
        thing=report.thing,
        reasons=[ReasonOut(by=by.name, reason=reason, at=at) for by, reason, at in report.reasons],
    )


def _claim(claim: Claim) -> ClaimOut:
    return ClaimOut(paper=claim.paper, author=claim.author, reader=claim.reader.name, how=claim.how)
