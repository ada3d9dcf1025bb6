"""What stands beside the papers of a page, for the one who looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request

from broadsheet.papers import Paper
from broadsheet.readers import Role
from broadsheet.web.session import house_of, reader_of

if TYPE_CHECKING:
    from broadsheet.community.voting import Signs
    from broadsheet.house import House


def signs_of(
    house: House, request: Request, papers: Iterable[Paper], at: datetime | None = None
) -> dict[str, Signs]:
    """Key → what stands beside each paper of a page, for the one who asks."""
    return house.community.signs(reader_of(request), papers, at=at)


def papers_in(context: dict[str, Any]) -> list[Paper]:
    """The papers that a page is about to show."""
    edition, answer = context.get("edition"), context.get("answer")
    found: list[Paper] = [*context.get("listed", ())]
    if edition is not None and not context.get("demo"):
        found += edition.papers
    if answer is not None:
        found += answer.papers
    if "paper" in context:
        found.append(context["paper"])
    return found


def beside(request: Request, paper: Paper, at: datetime | None = None) -> dict[str, Any]:
    """What readers have to do with a paper, for its page; what they said and voted as of a moment."""
    house, reader = house_of(request), reader_of(request)
    community = house.community
    place = community.explain(paper, as_of=at)
    return {
        "comments": community.discussion(reader, paper, at=at),
        "locked": community.locked(paper),
        "claims": community.claims(paper=paper),
        "place": place,
        "formula": community.formula,
        "waiting": community.is_waiting(paper),
        "shelves": community.shelves(reader) if reader else [],
        "shelved": community.shelves_with(reader, paper) if reader else {},
        "curator": reader is not None and reader.role.at_least(Role.CURATOR),
    }
