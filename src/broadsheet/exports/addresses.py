"""Where a reader of an exported list is sent."""

from __future__ import annotations

from broadsheet.identifiers import url_of
from broadsheet.papers import Paper


def address(paper: Paper) -> str:
    """The paper's page as a source gives it, else the page of its first identifier, else ''."""
    return paper.link("page") or next(filter(None, map(url_of, paper.identifiers)), "")
