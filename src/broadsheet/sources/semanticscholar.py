"""Semantic Scholar's Graph and Recommendations APIs: a paper, a batch, a search page, recommendations.

Embeddings (768 numbers a paper, in a space that is not ours) are left out of `extra`; they stay in `raw`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Author, Identifier, Link, Record, Rejection
from broadsheet.sources.reading import Piece, clean, dates, excerpt, paragraphs, records_of_json
from broadsheet.sources.reading.json_fields import (
    is_json,
    leftover,
    mapping,
    rows,
    scalar,
    texts,
    web_address,
)
from broadsheet.sources.reading.standing import standing

NAME: Final = "semanticscholar"
_PAPER: Final = re.compile(rb'"paperId"\s*:\s*(?:"|null)')
_SCHEMES: Final = {
    "ArXiv": "arxiv",
    "DOI": "doi",
    "ACL": "acl",
    "PubMed": "pmid",
    "PubMedCentral": "pmcid",
    "CorpusId": "corpusid",
    "DBLP": "dblp",
    "MAG": "mag",
}
_NO_VENUE: Final = frozenset({"arxiv.org", "arxiv", "biorxiv", "medrxiv", "corr"})
_TOLD: Final = frozenset(
    {
        *("title", "abstract", "authors", "year", "publicationDate", "venue", "tldr", "embedding"),
        *("openAccessPdf", "url", "paperId", "corpusId"),
    }
)


def recognise(head: bytes) -> bool:
    """Whether papers are named by a `paperId`."""
    return is_json(head) and bool(_PAPER.search(head)) and b'"paper"' not in head


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a paper. A batch answers an unknown id with `null`: rejected, with its row."""
    for piece in records_of_json(stream, inside=("data", "recommendedPapers")):
        if isinstance(piece, Rejection):
            yield piece
        elif piece.value is None:
            yield Rejection(piece.place, "the id asked for in this row is unknown to Semantic Scholar")
        elif isinstance(piece.value, dict) and "paperId" not in piece.value and "message" in piece.value:
            raise UnreadableInputError(f"Semantic Scholar answered: {excerpt(piece.value['message'])}")
        else:
            row = mapping(piece.value)
            cited = row.get("citedPaper") or row.get("citingPaper")
            yield _record(mapping(cited) or row, piece)


def _record(paper: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    title, status = standing(clean(paper.get("title")))
    if not title:
        return Rejection(piece.place, "no title", excerpt(piece.raw))
    found = tuple(_identifiers(paper))
    name = clean(paper.get("paperId")) or next((str(identifier) for identifier in found), "")
    if not name:
        return Rejection(piece.place, "no paperId and no other identifier", excerpt(piece.raw))
    venue = clean(paper.get("venue")) or clean(mapping(paper.get("journal")).get("name"))
    links = (
        ("page", web_address(paper.get("url"))),
        ("pdf", web_address(mapping(paper.get("openAccessPdf")).get("url"))),
    )
    return Record(
        source="semanticscholar",
        format=NAME,
        key=name,
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=paragraphs(paper.get("abstract")),
        authors=tuple(Author(who) for row in rows(paper.get("authors")) if (who := clean(row.get("name")))),
        identifiers=found,
        published=dates.from_text(clean(paper.get("publicationDate")))
        or dates.from_parts([paper.get("year")]),
        venue="" if venue.casefold() in _NO_VENUE else venue,
        keywords=tuple(texts(paper.get("fieldsOfStudy"))),
        tldr=clean(mapping(paper.get("tldr")).get("text")),
        licence=clean(mapping(paper.get("openAccessPdf")).get("license")),
        links=tuple(Link(kind, url) for kind, url in links if url),
        status=status,
        extra=leftover(paper, _TOLD),
    )


def _identifiers(paper: Mapping[str, Any]) -> Iterator[Identifier]:
    external = mapping(paper.get("externalIds"))
    named = [(scheme, scalar(external.get(name))) for name, scheme in _SCHEMES.items()]
    named += [("s2", clean(paper.get("paperId")))]
    if not external.get("CorpusId"):
        named.append(("corpusid", scalar(paper.get("corpusId"))))
    for scheme, value in named:
        if value and (identifier := identifiers.of(scheme, value)):
            yield identifier
