"""The edition that an empty house shows: well-known papers, summed up in our own words.

Bibliographic facts only, without votes: nobody here has voted for them.
"""

from __future__ import annotations

import functools
import json
import re
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, Final

from broadsheet.feed.editions import Edition, lay_out
from broadsheet.papers import Author, Identifier, Link, Paper

TITLE: Final = "Demonstration edition"
_SCHEMES: Final = ("arxiv", "doi", "acl")
_PRINTED: Final = datetime(2026, 1, 1, tzinfo=UTC)


@functools.cache
def edition() -> Edition:
    """The demonstration edition. Its papers are not in any store; their ids count from 1."""
    text = files(__package__).joinpath("demo_papers.json").read_text(encoding="utf-8")
    papers = [_paper(number, facts) for number, facts in enumerate(json.loads(text), 1)]
    lead, top, sections = lay_out(papers)
    return Edition(TITLE, None, None, len(papers), 1, 1, lead, top, sections)


def _paper(number: int, facts: dict[str, Any]) -> Paper:
    identifiers = tuple(Identifier(scheme, facts[scheme]) for scheme in _SCHEMES if scheme in facts)
    return Paper(
        id=number,
        key=identifiers[0].value if identifiers else _slug(facts["title"]),
        title=facts["title"],
        abstract=facts["abstract"],
        authors=tuple(Author(name) for name in facts["authors"]),
        identifiers=identifiers,
        submitted=date.fromisoformat(facts["submitted"]) if "submitted" in facts else None,
        published=facts["published"],
        venue=facts.get("venue", ""),
        primary_category=facts["categories"][0],
        categories=tuple(facts["categories"]),
        links=(Link("page", _page(facts)),),
        added=_PRINTED,
        updated=_PRINTED,
    )


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _page(facts: dict[str, Any]) -> str:
    if "arxiv" in facts:
        return f"https://arxiv.org/abs/{facts['arxiv']}"
    return str(facts["page"]) if "page" in facts else f"https://doi.org/{facts['doi']}"
