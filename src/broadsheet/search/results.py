"""What is found: a page of papers, and why each is there."""

from __future__ import annotations

from dataclasses import dataclass, field

from broadsheet.papers import Paper
from broadsheet.search.query import ParsedQuery


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found: why, and what to show of it.

    score: higher is better; comparable within one result list only.
    legs: its rank, from 1, in each leg that found it (words, meaning, title, identifier).
    title_html, snippet_html: escaped, with the words of the query in `<mark>`, the sentence that says most
    about it first. shares: what each leg gave to the score. why: sentences that tell why it was found. In a
    bare search there is no text.
    """

    paper_id: int
    score: float
    legs: dict[str, int]
    title_html: str = ""
    snippet_html: str = ""
    shares: dict[str, float] = field(default_factory=dict)
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found.

    total: how many papers belong to the results; see `planner` for which do.
    facets: category, year, source, code and status, each (value, how many of all results). A bare search
    counts neither.
    notes: sentences for the reader: what was repaired, ignored or is out of order.
    took_ms: milliseconds by stage, and "total". skipped: the stages that there was no time for, and why.
    papers: those of the hits, in the same order; a hit of a paper merged away a moment ago is not shown.
    """

    query: ParsedQuery
    hits: tuple[Hit, ...] = ()
    papers: tuple[Paper, ...] = field(default=(), repr=False)
    total: int = 0
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    took_ms: dict[str, float] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
