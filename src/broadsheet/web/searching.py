"""A search as its page shows it: results with their words marked, and facets one can follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

from broadsheet.papers import Paper

if TYPE_CHECKING:
    from broadsheet.house import House
    from broadsheet.search import Results

PAGE_SIZE: Final = 30
PATIENCE: Final = 4
"""On a busy machine somebody who reads a page rather waits a little than reads half an answer: they get so
many times the milliseconds that a program gets."""
MOST_VALUES: Final = 8
MOST_PAGES: Final = 34  # nobody reads past a thousand results, and every page costs the index those before it
_MARKED: Final = re.compile(r"<mark>([^<]*)</mark>")
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed, in which order the answers are wanted, and which page of them."""

    text: str
    sort: str = "relevance"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of papers found.

    marks: the words to mark in a paper's text, in the papers' order. why: why each was found, in words.
    hurried: whether there was no time for a part of the search.
    identifier: the paper that the query names, where all of it is a name.
    facets: name → the values to narrow by, as (value, papers, the query that narrows to it).
    """

    papers: tuple[Paper, ...]
    marks: tuple[frozenset[str], ...]
    total: int
    pages: int
    notes: tuple[str, ...]
    facets: dict[str, list[tuple[str, int, str]]]
    identifier: str
    why: tuple[tuple[str, ...], ...] = ()
    hurried: bool = False


def look_up(house: House, question: Question, waited_ms: float = 0.0) -> Answer:
    """Search, and make ready what the page shows."""
    page = min(question.page, MOST_PAGES)
    found = house.search(
        question.text,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
        sort=question.sort,
        budget_ms=PATIENCE * house.settings.budget_ms,
        waited_ms=waited_ms,
    )
    results = found.results
    pages = max(1, min(MOST_PAGES, -(-results.total // PAGE_SIZE)))
    marks = tuple(marked_words(hit.title_html, hit.snippet_html) for _, hit in found)
    return Answer(
        papers=found.papers,
        marks=marks,
        total=results.total,
        pages=pages,
        notes=tuple(results.notes),
        facets=_facets(results, question.text),
        identifier=results.query.identifier.value if results.query.identifier else "",
        why=tuple(hit.why for hit in results.hits),
        hurried=bool(results.skipped),
    )


def marked_words(*fragments: str) -> frozenset[str]:
    """The words the index has marked in its fragments, case-folded, to mark them in the whole text.

    >>> sorted(marked_words("<mark>Deep</mark> sets", "of <mark>sets</mark>"))
    ['deep', 'sets']
    """
    return frozenset(
        word.casefold()
        for html in fragments
        for marked in _MARKED.findall(html)
        for word in _WORD.findall(unescape(marked))
    )


def _facets(results: Results, query: str) -> dict[str, list[tuple[str, int, str]]]:
    facets: dict[str, list[tuple[str, int, str]]] = {}
    for name, values in results.facets.items():
        for value, count in values:
            operator = _operator(name, value)
            # Narrowing to what all results have already would lead nowhere.
            if operator and 0 < count < results.total and operator not in query:
                facets.setdefault(name, []).append((value, count, f"{query} {operator}"))
    return {name: entries[:MOST_VALUES] for name, entries in facets.items()}


def _operator(facet: str, value: str) -> str:
    """The part of a query that asks for a facet's value; '' for values nobody asks for."""
    quoted = f'"{value}"' if " " in value else value
    return {
        "category": f"cat:{quoted}",
        "year": f"year:{value}",
        "source": f"source:{quoted}",
        "code": "has:code" if value == "yes" else "",
        "status": "" if value == "standing" else f"is:{value}",
    }.get(facet, "")
