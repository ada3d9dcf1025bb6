"""Hugging Face's papers as JSON: the list of a day, a bare paper, or a paper's detail.

Three dates are told apart: `publishedAt` inside the paper is arXiv's, `submittedOnDailyAt` is the day of the
list, and the wrapper's own `publishedAt` is neither and only kept. Votes that are missing are not zero votes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from broadsheet.identifiers import arxiv_version, title_key
from broadsheet.papers import Author, Identifier, Link, Listing, Record, Rejection
from broadsheet.sources.reading import (
    Piece,
    address,
    clean,
    excerpt,
    mend,
    moments,
    paragraphs,
    plain,
    records_of_json,
)
from broadsheet.sources.reading.text import fingerprint

NAME: Final = "hf-json"
SOURCE: Final = "hf"

_PLACED: Final = {
    *(
        "id",
        "title",
        "summary",
        "authors",
        "publishedAt",
        "submittedOnDailyAt",
        "upvotes",
        "numComments",
        "paper",
    ),
    *(
        "ai_summary",
        "ai_keywords",
        "githubRepo",
        "projectPage",
        "linkedModels",
        "linkedDatasets",
        "linkedSpaces",
    ),
}
_LINKED: Final = (
    ("linkedModels", "model", "https://huggingface.co/"),
    ("linkedDatasets", "dataset", "https://huggingface.co/datasets/"),
    ("linkedSpaces", "demo", "https://huggingface.co/spaces/"),
)
_MARKS: Final = re.compile(
    rb'"(?:submittedOnDailyAt|submittedOnDailyBy|ai_keywords|ai_summary|discussionId|numComments|upvotes)"\s*:'
)
_REPOSITORY = re.compile(r"[\w.-]{1,100}(?:/[\w.-]{1,100})?")


def recognise(head: bytes) -> bool:
    """Whether this is a list, a wrapper or a paper of Hugging Face's."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return (
        start.startswith((b"[", b"{"))
        and b'"id"' in head
        and (b'"publishedAt"' in head or b'"submittedOnDailyAt"' in head)
        and bool(_MARKS.search(head))
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The papers of a list, or the one paper."""
    for piece in records_of_json(stream, inside=("dailyPapers", "papers")):
        yield piece if isinstance(piece, Rejection) else record_of(piece, format_name=NAME)


def record_of(piece: Piece, *, format_name: str, list_day: str = "") -> Record | Rejection:
    """The record of one entry, in its wrapper or bare.

    `list_day`: the day the page around it names, for entries that do not tell theirs.
    """
    wrapper = piece.value
    if not isinstance(wrapper, dict):
        return Rejection(piece.place, "not an object", excerpt(piece.raw))
    inner = wrapper.get("paper")
    paper: dict[str, Any] = inner if isinstance(inner, dict) else wrapper
    title = clean(paper.get("title")) or clean(wrapper.get("title"))
    if not title:
        return Rejection(piece.place, "the paper has no title", excerpt(piece.raw))
    extra = _extra(wrapper, paper)
    names = list(_names(paper.get("authors")))
    authors = tuple(Author(mend(name)) for name in names)
    as_sent: dict[str, Any] = {}
    if (mended := mend(title)) != title:
        as_sent["title"], title = title, mended
    if [author.name for author in authors] != names:
        as_sent["authors"] = names
    if as_sent:
        extra["as_sent"] = as_sent
    name, version = arxiv_version(clean(paper.get("id")))
    day = moments.utc_day(paper.get("submittedOnDailyAt") or wrapper.get("submittedOnDailyAt"))
    listed = day.isoformat() if day else list_day
    keywords = paper.get("ai_keywords")
    if version:
        extra["version"] = version
    return Record(
        source=SOURCE,
        format=format_name,
        key=name or clean(paper.get("id")) or f"page:{fingerprint(title_key(title) or title)}",
        place=piece.place,
        raw=piece.raw,
        title=title,
        abstract=paragraphs(paper.get("summary")) or paragraphs(wrapper.get("summary")),
        authors=authors,
        identifiers=(Identifier("arxiv", name),) if name else (),
        submitted=moments.utc_day(paper.get("publishedAt"))
        if paper is inner or "paper" not in wrapper
        else None,
        keywords=tuple(filter(None, map(clean, keywords))) if isinstance(keywords, list) else (),
        tldr=clean(paper.get("ai_summary") or wrapper.get("ai_summary")),
        links=tuple(dict.fromkeys(_links(paper, name))),
        listings=(Listing(SOURCE, listed),) if listed else (),
        votes=_count(paper, wrapper, "upvotes"),
        comments=_count(wrapper, paper, "numComments"),
        extra=extra,
    )


def _extra(wrapper: dict[str, Any], paper: dict[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    for key, value in paper.items():
        if key not in _PLACED and (kept := plain(value)) not in (None, "", [], {}):
            extra[clean(key)] = kept
    if wrapper is not paper:
        around = {key: value for key, value in wrapper.items() if key not in _PLACED or key == "publishedAt"}
        if kept := plain(around):
            extra["wrapper"] = kept
    if hidden := [clean(a.get("name")) for a in _objects(paper.get("authors")) if a.get("hidden") is True]:
        extra["hidden_authors"] = list(filter(None, hidden))
    return extra


def _names(value: object) -> Iterator[str]:
    """The authors as printed on the paper: `hidden` hides a profile, not a name."""
    for author in value if isinstance(value, list) else ():
        name = clean(author.get("name") if isinstance(author, dict) else author)
        if name:
            yield name


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (inner for inner in value if isinstance(inner, dict)) if isinstance(value, list) else iter(())


def _links(paper: dict[str, Any], name: str) -> Iterator[Link]:
    code = address(paper.get("githubRepo"))
    project = address(paper.get("projectPage"))
    if code:
        yield Link("code", code)
    if project and project != code:
        yield Link("project", project)
    for key, kind, base in _LINKED:
        for linked in _objects(paper.get(key)):
            if _REPOSITORY.fullmatch(repository := clean(linked.get("id"))):
                yield Link(kind, base + repository)
    if name:
        yield Link("discussion", f"https://huggingface.co/papers/{name}")


def _count(first: dict[str, Any], second: dict[str, Any], key: str) -> int | None:
    for said in (first.get(key), second.get(key)):
        if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 2**31:
            return said
    return None
