"""OpenReview's notes, API v2 (`content.X.value`) and v1 (bare values).

`venue` tells where a paper appeared only if the note was accepted: "Submitted to ...", rejected and withdrawn
submissions have none; their state is kept. Replies (reviews, comments, decisions) are no papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Link, Record, Rejection
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

NAME: Final = "openreview"
SOURCE: Final = "openreview"

_STATE = re.compile(r"(?:^|/)(?:(?P<state>Rejected|Withdrawn|Desk_Rejected)_)?Submission$", re.I)
_STATE_WORDS = re.compile(
    r"\b(?:submitted to|under review|submission|withdrawn|rejected|desk[- ]reject(?:ed)?|reject)\b", re.I
)
_ANONYMOUS: Final = {"anonymous", "anonymous authors", "anonymous author", "anon"}
_TLDR: Final = ("TLDR", "TL;DR", "tldr", "TL;DR:", "one-sentence_summary")
_CODE: Final = ("code", "code_link")
_PLACED: Final = {
    *("title", "abstract", "authors", "keywords", "venue", "pdf", "authorids"),
    *_TLDR,
    *_CODE,
}


def recognise(head: bytes) -> bool:
    """Whether these are notes of OpenReview's."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")) or b'"content"' not in head:
        return False
    return b'"notes"' in head[:4096] or (
        b'"forum"' in head or (b'"venueid"' in head and b'"value"' in head) or b'"cdate"' in head
    )


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The papers among the notes."""
    for piece in records_of_json(stream, inside=("notes",)):
        yield piece if isinstance(piece, Rejection) else _read(piece)


def _read(piece: Piece) -> Record | Rejection:
    note = piece.value
    content = note.get("content") if isinstance(note, dict) else None
    if not isinstance(content, dict):
        return Rejection(piece.place, "not a note (it has no content)", excerpt(piece.raw))
    fields = {key: _bare(value) for key, value in content.items()}
    name, forum = clean(note.get("id")), clean(note.get("forum"))
    if clean(note.get("replyto")) or (forum and name and forum != name):
        return Rejection(piece.place, "a reply to a paper (a review, comment or decision), not a paper", name)
    name = forum or name
    title = clean(fields.get("title"))
    identifier = identifiers.of("openreview", name)
    if not title or not identifier:
        why = "the note has no title" if identifier else "the note has no id"
        return Rejection(piece.place, why, excerpt(title or piece.raw))
    venue, state = _venue(clean(fields.get("venue")), clean(fields.get("venueid")))
    created = moments.of_milliseconds(note.get("cdate")) or moments.of_milliseconds(note.get("tcdate"))
    published = moments.of_milliseconds(note.get("pdate"))
    extra = {key: kept for key, value in fields.items() if key not in _PLACED and (kept := plain(value))}
    for key in ("invitation", "invitations", "domain", "number", "mdate", "odate", "tcdate"):
        if kept := plain(note.get(key)):
            extra.setdefault(key, kept)
    if state:
        extra["submission_state"] = state
    if profiles := [p for p in _strings(fields.get("authorids")) if "@" not in p]:  # no addresses of people
        extra["authorids"] = profiles
    mended = mend(title)
    if mended != title:
        extra["as_sent"] = {"title": title}
    return Record(
        source=SOURCE,
        format=NAME,
        key=name,
        place=piece.place,
        raw=piece.raw,
        title=mended,
        abstract=paragraphs(fields.get("abstract")),
        authors=tuple(_authors(fields.get("authors"))),
        identifiers=(identifier,),
        submitted=created.date() if created else None,
        published=published.date().isoformat() if published and venue else "",
        venue=venue,
        keywords=tuple(dict.fromkeys(_strings(fields.get("keywords"), separators=r"[,;]"))),
        licence=clean(note.get("license")),
        tldr=next(filter(None, (clean(fields.get(key)) for key in _TLDR)), ""),
        links=tuple(_links(fields, identifier.value)),
        extra=extra,
    )


def _bare(value: Any) -> Any:
    """The value of a field in either API."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _strings(value: Any, separators: str = ",") -> list[str]:
    if isinstance(value, str):
        value = re.split(separators, value)
    if not isinstance(value, list):
        return []
    return [line for line in map(clean, value) if line]


def _authors(value: Any) -> Iterator[Author]:
    if isinstance(value, list):
        names = [clean(a.get("fullname") or a.get("name") if isinstance(a, dict) else a) for a in value]
    else:
        names = _strings(value, r",|\s+and\s+")
    for name in names:
        if name and name.casefold() not in _ANONYMOUS:
            yield Author(mend(name))


def _venue(venue: str, venueid: str) -> tuple[str, str]:
    """Where the paper appeared, and else the state of its submission."""
    if found := _STATE.search(venueid):
        return "", (found["state"] or "submitted").lower()
    if words := _STATE_WORDS.search(venue):
        word = words[0].lower()
        return "", "withdrawn" if "withdrawn" in word else "rejected" if "reject" in word else "submitted"
    return venue, ""


def _links(fields: dict[str, Any], name: str) -> Iterator[Link]:
    yield Link("page", f"https://openreview.net/forum?id={name}")
    pdf = clean(fields.get("pdf"))
    if pdf.startswith("/"):
        yield Link("pdf", f"https://openreview.net{pdf}")
    elif pdf := address(pdf):
        yield Link("pdf", pdf)
    for key in _CODE:
        if code := address(fields.get(key)):
            yield Link("code", code)
            break
