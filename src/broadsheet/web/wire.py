"""What machines get: papers as JSON, in the field names that clients of Hugging Face's daily papers expect.

Three dates, which are easily confused: `publishedAt` of a paper is the day it was submitted; the edition that
carries it is `submittedOnDailyAt`, which the wrapper of a list repeats as its own `publishedAt`.
Fields that only this house knows stand beside theirs. What is not known is left out.

The models describe the answers (they are the OpenAPI description, which the tests hold every answer to); the
answers are plain dictionaries, since to make twenty papers into models takes longer than to find them.
"""

# The field names are Hugging Face's.
# ruff: noqa: N815

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field
from pydantic_core import to_json

from broadsheet.feed.editions import Edition
from broadsheet.feed.spans import Span
from broadsheet.methods import Methods
from broadsheet.papers import Paper
from broadsheet.web.addresses import Addresses
from broadsheet.web.wording import is_web


class Error(BaseModel):
    """Every error: what went wrong, and the status it was sent with."""

    error: str
    status: int


class GuessOut(BaseModel):
    """A category that no source gave: this house guessed it."""

    category: str
    name: str
    sure: float = Field(description="The probability, as far as it can be told.")


class AuthorOut(BaseModel):
    """An author as the source names them."""

    name: str
    hidden: bool = False
    affiliation: str | None = None
    orcid: str | None = None


class VotesOut(BaseModel):
    """Votes and comments counted by one source's readers."""

    source: str
    votes: int
    comments: int | None = None


class LinkOut(BaseModel):
    """An address of a paper: page, pdf, code, project, model, dataset, demo or discussion."""

    kind: str
    url: str


class VersionOut(BaseModel):
    """A version of the manuscript."""

    number: int
    submitted: datetime | None = None


class ManifestationOut(BaseModel):
    """One source's record of the paper."""

    source: str
    key: str
    format: str
    url: str
    first_seen: datetime
    last_seen: datetime


class ImplementedOut(BaseModel):
    """A method of Octavo whose own paper this is, and what became of the paper's claim there."""

    name: str
    title: str
    verdict: str
    headline: str = Field(description="The figure to look at first.")
    url: str


class PaperOut(BaseModel):
    """A paper. `id` is its arXiv id where it has one, else its key in this house."""

    id: str
    title: str
    summary: str
    authors: list[AuthorOut]
    publishedAt: datetime | None = Field(None, description="The day the first version was submitted.")
    submittedOnDailyAt: datetime | None = Field(None, description="The edition that carries it.")
    submittedOnDailyBy: dict[str, Any] | None = None
    upvotes: int | None = Field(
        None, description="The most votes any one source counted; absent where none counts."
    )
    numComments: int | None = None
    discussionId: str | None = None
    ai_summary: str | None = None
    ai_keywords: list[str] | None = None
    projectPage: str | None = None
    githubRepo: str | None = None
    githubStars: int | None = None
    organization: dict[str, Any] | None = None
    key: str
    url: str
    status: str
    identifiers: list[str]
    announced: date | None = None
    submitted: date | None = None
    revised: date | None = None
    published: str
    venue: str
    primary_category: str
    guessed_category: GuessOut | None = Field(
        None, description="Only where no source gave a category; never a source's, and in no export."
    )
    categories: list[str]
    keywords: list[str]
    comment: str
    journal_ref: str
    licence: str
    days: list[str]
    votes: list[VotesOut]
    links: list[LinkOut]
    versions: list[VersionOut]
    implemented: list[ImplementedOut] | None = Field(
        None, description="Absent where Octavo has no such method."
    )
    updated: datetime


class PaperDetail(PaperOut):
    """A paper with where each part of it comes from."""

    manifestations: list[ManifestationOut]
    provenance: dict[str, str] = Field(description="Field to source:key of the record that gave it.")


class DailyPaper(BaseModel):
    """A paper in a list. `publishedAt` is the edition's day; the paper's own is inside `paper`."""

    paper: PaperOut
    title: str
    summary: str
    publishedAt: datetime | None = None
    submittedOnDailyAt: datetime | None = None
    submittedBy: dict[str, Any] | None = None
    numComments: int | None = None
    ai_summary: str | None = None
    ai_keywords: list[str] | None = None
    projectPage: str | None = None
    githubRepo: str | None = None
    githubStars: int | None = None
    organization: dict[str, Any] | None = None


class EditionOut(BaseModel):
    """A page of the edition of a day, week or month."""

    title: str
    span: str
    first: str
    last: str
    number: int | None = None
    total: int
    page: int
    pages: int
    previous: str | None = None
    next: str | None = None
    categories: list[tuple[str, int]]
    papers: list[PaperOut]


def written(answer: Any) -> bytes:
    """An answer as JSON."""
    return to_json(answer)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def paper_out(paper: Paper, where: Addresses, day: str = "") -> dict[str, Any]:
    """A paper, as `PaperOut`. `day` is the edition it is shown in; the last one by default."""
    extra = _extra(paper)
    carried = day or next((d for d in reversed(paper.days) if not d.startswith("--")), "")
    machine_keywords = paper.provenance.get("keywords", "").startswith("hf:")
    fields = {
        "id": paper.identifier("arxiv") or paper.key,
        "title": paper.title,
        "summary": paper.abstract,
        "authors": [
            {
                "name": a.name,
                "hidden": False,
                **({"affiliation": a.affiliation} if a.affiliation else {}),
                **({"orcid": a.orcid} if a.orcid else {}),
            }
            for a in paper.authors
        ],
        "publishedAt": moment(paper.submitted),
        "submittedOnDailyAt": moment(carried),
        "submittedOnDailyBy": submitter(paper),
        "upvotes": paper.upvotes,
        "numComments": paper.comments,
        "discussionId": extra.get("discussionId"),
        "ai_summary": paper.tldr or None,
        "ai_keywords": list(paper.keywords) if machine_keywords else None,
        "projectPage": _web(paper.link("project")),
        "githubRepo": _web(paper.link("code")),
        "githubStars": extra.get("githubStars"),
        "organization": extra.get("organization"),
        "key": paper.key,
        "url": where.origin + where.paper(paper),
        "status": paper.status.value,
        "identifiers": [str(identifier) for identifier in paper.identifiers],
        "announced": paper.announced,
        "submitted": paper.submitted,
        "revised": paper.revised,
        "published": paper.published,
        "venue": paper.venue,
        "primary_category": paper.primary_category,
        "categories": list(paper.categories),
        "keywords": list(paper.keywords),
        "comment": paper.comment,
        "journal_ref": paper.journal_ref,
        "licence": paper.licence,
        "days": list(paper.days),
        "votes": [
            _known({"source": v.source, "votes": v.votes, "comments": v.comments}) for v in paper.votes
        ],
        "links": [{"kind": link.kind, "url": link.url} for link in paper.links if is_web(link.url)],
        "versions": [_known({"number": v.number, "submitted": v.submitted}) for v in paper.versions],
        "implemented": _implemented(paper, where) or None,
        "updated": paper.updated,
    }
    return _known(fields)


def _implemented(paper: Paper, where: Addresses) -> list[dict[str, str]]:
    return [
        {
            "name": each.name,
            "title": each.title,
            "verdict": each.verdict,
            "headline": each.headline,
            "url": where.absolute(f"/methods/{each.name}"),
        }
        for each in Methods.shipped().of(paper)
    ]


def detail_out(paper: Paper, where: Addresses) -> dict[str, Any]:
    """A paper with its sources, as `PaperDetail`."""
    kept = [
        {
            "source": m.source,
            "key": m.key,
            "format": m.format,
            "url": m.url,
            "first_seen": m.first_seen,
            "last_seen": m.last_seen,
        }
        for m in paper.manifestations
    ]
    return paper_out(paper, where) | {"manifestations": kept, "provenance": dict(paper.provenance)}


_REPEATED = (
    *("title", "summary", "numComments", "ai_summary", "ai_keywords", "projectPage"),
    *("githubRepo", "githubStars", "organization", "submittedOnDailyAt"),
)


def daily_out(paper: Paper, where: Addresses, day: str = "") -> dict[str, Any]:
    """A paper in its wrapper, as `DailyPaper`; clients read the title and the edition's day from it.

    A client takes the wrapper's `publishedAt` for the paper's where that has none; it is left out then.
    """
    inner = paper_out(paper, where, day)
    return _known(
        {
            "paper": inner,
            "publishedAt": inner.get("submittedOnDailyAt") if "publishedAt" in inner else None,
            "submittedBy": inner.get("submittedOnDailyBy"),
            **{name: inner[name] for name in _REPEATED if name in inner},
        }
    )


def edition_out(edition: Edition, span: Span, where: Addresses) -> dict[str, Any]:
    """An edition, as `EditionOut`."""
    fields = {
        "title": edition.title,
        "span": span.name,
        "first": span.first,
        "last": span.last,
        "number": edition.number,
        "total": edition.total,
        "page": edition.page,
        "pages": edition.pages,
        "previous": edition.previous.name if edition.previous else None,
        "next": edition.next.name if edition.next else None,
        "categories": list(edition.categories),
        "papers": [paper_out(paper, where) for paper in edition.papers],
    }
    return _known(fields)


def moment(day: date | str | None) -> datetime | None:
    """Midnight UTC of a day; None without one, or without its year."""
    text = str(day or "")
    return datetime.fromisoformat(f"{text}T00:00:00+00:00") if text and not text.startswith("--") else None


def submitter(paper: Paper) -> dict[str, Any] | None:
    """Who put the paper on a source's daily list, as that source names them."""
    extra = _extra(paper)
    for name in ("submittedOnDailyBy", "submittedBy"):
        given = extra.get(name)
        if isinstance(given, dict):
            user = given.get("user") or given.get("name")
            return {"user": user or "", "fullname": given.get("fullname") or user or ""}
    return None


def _web(url: str) -> str | None:
    return url if is_web(url) else None


def _extra(paper: Paper) -> dict[str, Any]:
    """What the daily list said beyond our own fields, checked for the types that clients count on."""
    extra: dict[str, Any] = {}
    for manifestation in paper.manifestations:
        if manifestation.source == "hf":
            extra |= manifestation.extra
    stars, organisation, discussion = (extra.get(n) for n in ("githubStars", "organization", "discussionId"))
    if not isinstance(stars, int):
        extra.pop("githubStars", None)
    if not isinstance(discussion, str):
        extra.pop("discussionId", None)
    if isinstance(organisation, dict):
        kept = {n: v for n, v in organisation.items() if n in ("name", "fullname") and isinstance(v, str)}
        extra["organization"] = kept or None
    else:
        extra.pop("organization", None)
    return extra
