"""What a search found, as JSON: the papers, why each is there, and what was done to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from broadsheet.web.addresses import Addresses
from broadsheet.web.wire import PaperOut, paper_out

if TYPE_CHECKING:
    from broadsheet.house import Found


class Place(BaseModel):
    """Why a paper was found.

    `legs` is its place in each leg of the search, 1 being the best; `shares` what each leg gave to the score;
    `why` says it in words.
    """

    paper: PaperOut
    score: float
    legs: dict[str, int]
    shares: dict[str, float]
    why: list[str]


class SearchOut(BaseModel):
    """A page of search results.

    `notes` say how a query was repaired, `took_ms` what each stage took, `skipped` which stages there was no
    time for.
    """

    query: str
    total: int
    hits: list[Place]
    facets: dict[str, list[tuple[str, int]]]
    notes: list[str]
    took_ms: dict[str, float]
    skipped: dict[str, str]


def found_out(found: Found, where: Addresses) -> dict[str, Any]:
    """Search results, as `SearchOut`."""
    results = found.results
    return {
        "query": results.query.canonical,
        "total": results.total,
        "hits": [
            {
                "paper": paper_out(paper, where),
                "score": hit.score,
                "legs": hit.legs,
                "shares": hit.shares,
                "why": hit.why,
            }
            for paper, hit in found
        ],
        "facets": results.facets,
        "notes": results.notes,
        "took_ms": results.took_ms,
        "skipped": results.skipped,
    }
