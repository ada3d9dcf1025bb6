"""Europe PMC's search: preprints (`SRC:PPR`) and articles, "lite" and "core" results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Author, Link, Record, Rejection, Status
from broadsheet.sources.reading import Piece, clean, dates, excerpt, html_to_text, records_of_json
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

NAME: Final = "europepmc"
_RESULTS: Final = re.compile(rb'"resultList"\s*:|"errCode"\s*:')
_FALLEN: Final = re.compile(r"(?i)\bretract(?:ion|ed)\b")
_WITHDRAWN: Final = re.compile(r"(?i)\bwithdraw")
_TOLD: Final = frozenset(
    {
        *("title", "authorString", "authorList", "abstractText", "doi", "pmid", "pmcid"),
        *("firstPublicationDate", "pubYear", "keywordList", "license", "fullTextUrlList"),
        *("pubTypeList",),
    }
)


def recognise(head: bytes) -> bool:
    """Whether it is a list of results, or the service's way to say no."""
    return is_json(head) and bool(_RESULTS.search(head))


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """Yield a record a result. Raises UnreadableInputError with the service's own words for its errors."""
    for piece in records_of_json(stream, inside=("resultList.result",)):
        if isinstance(piece, Rejection):
            yield piece
        elif "errCode" in (answer := mapping(piece.value)):
            said = f"{scalar(answer.get('errCode'))} {clean(answer.get('errMsg'))}"
            raise UnreadableInputError(f"Europe PMC answered with an error: {said.strip()}")
        else:
            yield _record(answer, piece)


def _record(result: Mapping[str, Any], piece: Piece) -> Record | Rejection:
    title, status = standing(clean(html_to_text(result.get("title"))).removesuffix("."))
    name = clean(result.get("id"))
    if not title or not name:
        missing = "title" if name else "id"
        return Rejection(piece.place, f"no {missing}", excerpt(piece.raw))
    registry = clean(result.get("source")) or "MED"
    preprint = registry == "PPR"
    first_day = dates.day(result.get("firstPublicationDate"))
    published = dates.from_text(clean(result.get("firstPublicationDate"))) or dates.from_text(
        scalar(result.get("pubYear"))
    )
    named = (("doi", "doi"), ("pmid", "pmid"), ("pmcid", "pmcid"))
    journal = mapping(mapping(result.get("journalInfo")).get("journal"))
    return Record(
        source="europepmc",
        format=NAME,
        key=f"{registry}/{name}",
        place=piece.place,
        raw=b'{"resultList":{"result":[' + piece.raw + b"]}}",
        title=title,
        abstract=html_to_text(result.get("abstractText")),
        authors=_authors(result),
        identifiers=tuple(
            found for field, scheme in named if (found := identifiers.of(scheme, scalar(result.get(field))))
        ),
        submitted=first_day if preprint else None,
        published="" if preprint and first_day else published,
        venue="" if preprint else clean(journal.get("title")) or clean(result.get("journalTitle")),
        keywords=tuple(texts(mapping(result.get("keywordList")).get("keyword"))),
        licence=clean(result.get("license")),
        links=(Link("page", f"https://europepmc.org/article/{registry}/{name}"), *_pdf(result)),
        status=_status(result) or status,
        extra=leftover(result, _TOLD),
    )


def _authors(result: Mapping[str, Any]) -> tuple[Author, ...]:
    authors = []
    for row in rows(mapping(result.get("authorList")).get("author")):
        whole = f"{clean(row.get('firstName'))} {clean(row.get('lastName'))}".strip()
        name = whole or clean(row.get("collectiveName")) or clean(row.get("fullName"))
        identity = mapping(row.get("authorId"))
        places = rows(mapping(row.get("authorAffiliationDetailsList")).get("authorAffiliation"))
        place = "; ".join(filter(None, (clean(place.get("affiliation")) for place in places)))
        orcid = clean(identity.get("value")) if identity.get("type") == "ORCID" else ""
        if name:
            authors.append(Author(name, place or clean(row.get("affiliation")), orcid))
    if authors:
        return tuple(authors)
    listed = clean(result.get("authorString")).removesuffix(".")
    return tuple(Author(_turned(name)) for name in re.split(r"\s*,\s*", listed) if name)


def _turned(name: str) -> str:
    """ "Yilmaz AB" as "A B Yilmaz"; names without initials at the end are left alone."""
    found = re.fullmatch(r"(.+?) ([A-ZÀ-Þ](?:-?[A-ZÀ-Þ]){0,3})", name)
    return f"{' '.join(found[2])} {found[1]}".replace(" - ", "-") if found else name


def _pdf(result: Mapping[str, Any]) -> tuple[Link, ...]:
    for row in rows(mapping(result.get("fullTextUrlList")).get("fullTextUrl")):
        if row.get("documentStyle") == "pdf" and (url := web_address(row.get("url"))):
            return (Link("pdf", url),)
    return ()


def _status(result: Mapping[str, Any]) -> Status | None:
    """Retractions are kinds of publication, or comments that point to the notice."""
    kinds = [*texts(mapping(result.get("pubTypeList")).get("pubType")), clean(result.get("pubType"))]
    comments = rows(mapping(result.get("commentCorrectionList")).get("commentCorrection"))
    told = "; ".join([*kinds, *(clean(row.get("type")) for row in comments)])
    if _FALLEN.search(told):
        return Status.RETRACTED
    return Status.WITHDRAWN if _WITHDRAWN.search(told) else None
