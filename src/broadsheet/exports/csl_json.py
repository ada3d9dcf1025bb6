"""CSL-JSON: what citation processors (Pandoc, citeproc, Zotero) read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from broadsheet.exports.addresses import address
from broadsheet.exports.names import family_given, is_organisation
from broadsheet.papers import Paper, Status

PROCEEDINGS: Final = re.compile(
    r"\b(?:proceedings|conference|workshop|symposium|findings|meeting|ICLR|ICML|NeurIPS|NIPS|ACL|EMNLP|NAACL"
    r"|CVPR|ICCV|ECCV|AAAI|IJCAI|KDD|SIGIR)\b",
    re.IGNORECASE,
)


def csl_type(paper: Paper) -> str:
    """The CSL type of a paper, as far as its venue tells."""
    if not paper.venue:
        return "article"
    return "paper-conference" if PROCEEDINGS.search(paper.venue) else "article-journal"


def csl_item(paper: Paper) -> dict[str, Any]:
    """One paper as a CSL item; variables that are unknown are left out."""
    arxiv, pmid, pmcid = (paper.identifier(scheme) for scheme in ("arxiv", "pmid", "pmcid"))
    item: dict[str, Any] = {
        "id": paper.key,
        "type": csl_type(paper),
        "title": paper.title,
        "author": [_name(author.name) for author in paper.authors],
        "issued": _date_parts(paper.published or _day(paper.submitted)),
        "submitted": _date_parts(_day(paper.submitted)),
        "abstract": paper.abstract,
        "container-title": paper.venue,
        "DOI": paper.identifier("doi"),
        "PMID": pmid,
        "PMCID": pmcid,
        "URL": address(paper),
        "keyword": ", ".join(paper.keywords),
        "note": paper.comment,
        "archive": "arXiv" if arxiv else "",
        "archive_location": arxiv,
        "status": "" if paper.status is Status.STANDING else paper.status.value,
    }
    return {variable: value for variable, value in item.items() if value}


def write(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield a CSL-JSON array, piece by piece."""
    yield "["
    for number, paper in enumerate(papers):
        yield ("," if number else "") + "\n" + json.dumps(csl_item(paper), ensure_ascii=False)
    yield "\n]\n"


def _name(name: str) -> dict[str, str]:
    if is_organisation(name):
        return {"literal": name}
    family, given = family_given(name)
    return {"family": family, "given": given}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _date_parts(published: str) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in published.split("-")]]} if published else None
