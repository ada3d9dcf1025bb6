"""CSV: one row a paper, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from broadsheet.papers import Paper

COLUMNS: Final = (
    "key", "title", "authors", "year", "published", "submitted", "revised", "announced", "venue",
    "primary_category", "categories", "keywords", "arxiv", "doi", "openreview", "acl", "identifiers", "page",
    "pdf", "code", "upvotes", "comments", "days", "status", "licence", "comment", "journal_ref", "tldr",
    "abstract",
)  # fmt: skip
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def write(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield a header and then one line a paper; several values in one cell are joined by "; ".

    A cell that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    yield _row(COLUMNS)
    for paper in papers:
        yield _row(_cells(paper))


def _cells(paper: Paper) -> tuple[str, ...]:
    return (
        paper.key,
        paper.title,
        "; ".join(author.name for author in paper.authors),
        _text(paper.year),
        paper.published,
        _text(paper.submitted),
        _text(paper.revised),
        _text(paper.announced),
        paper.venue,
        paper.primary_category,
        "; ".join(paper.categories),
        "; ".join(paper.keywords),
        paper.identifier("arxiv"),
        paper.identifier("doi"),
        paper.identifier("openreview"),
        paper.identifier("acl"),
        "; ".join(str(identifier) for identifier in paper.identifiers),
        paper.link("page"),
        paper.link("pdf"),
        paper.link("code"),
        _text(paper.upvotes),
        _text(paper.comments),
        "; ".join(paper.days),
        paper.status.value,
        paper.licence,
        paper.comment,
        paper.journal_ref,
        paper.tldr,
        paper.abstract,
    )


def _text(value: date | int | None) -> str:
    return "" if value is None else str(value)


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells])
    return line.getvalue()
