"""Hugging Face's pages as HTML: the list of a day, week or month, and the page of a paper.

The page carries what it shows as JSON in a `data-props` attribute; nothing else of the HTML is read. A list's
`dateString` dates entries that do not tell their own day, if the list is a day's.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Record, Rejection, is_day
from broadsheet.sources.hf_json import record_of
from broadsheet.sources.reading import Piece, clean, decode, json_bytes, read_whole, records_of_json

NAME: Final = "hf-html"

_PROPS = re.compile(r"""data-props=(?:"([^"]*)"|'([^']*)')""")
_TARGET = re.compile(rb"""data-target=["']?(?:DailyPapers|PaperContent|PapersContent)\b""")


def recognise(head: bytes) -> bool:
    """Whether this is a page of Hugging Face's papers."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096].lower()
    if not start.startswith((b"<!doctype html", b"<html", b"<div", b"<main", b"<body")):
        return False
    if _TARGET.search(head):
        return True
    # The head of a page can be longer than what is looked at here; then its own words must do.
    return b"huggingface.co" in head and (b'property="og:url" content="https://huggingface.co/papers' in head)


def parse(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Rejection]:
    """The papers in the page's data."""
    text = decode(read_whole(stream))
    number = 0
    seen = False
    for found in _PROPS.finditer(text):
        props = _json(found[1] if found[1] is not None else found[2])
        if not isinstance(props, dict):
            continue
        listed = props.get("dailyPapers", props.get("papers"))
        entries = (
            listed if isinstance(listed, list) else [props] if isinstance(props.get("paper"), dict) else None
        )
        if entries is None:
            continue
        seen = True
        day = _day(props)
        for entry in entries:
            number += 1
            if isinstance(listed, list):
                kept: dict[str, Any] = {"dailyPapers": [entry]}
                if day:
                    kept |= {"periodType": "day", "dateString": day}
            else:
                kept = entry = _of_paper_page(props)
            yield record_of(Piece(f"entry {number}", entry, _page(kept)), format_name=NAME, list_day=day)
    if not seen:
        raise UnreadableInputError(
            "the page carries no papers (no data-props with them); save it whole, or use the JSON of "
            "https://huggingface.co/api/daily_papers"
        )


def _json(attribute: str) -> Any:
    if "paper" not in attribute and "Paper" not in attribute:
        return None
    data = html.unescape(attribute).encode("utf-8", "replace")
    try:
        piece = next(records_of_json(io.BytesIO(data)), None)
    except UnreadableInputError:
        return None
    return piece.value if isinstance(piece, Piece) else None


def _day(props: dict[str, Any]) -> str:
    day = clean(props.get("dateString")) or clean(props.get("date"))
    period = clean(props.get("periodType")) or "day"
    return day if period in ("day", "daily", "date") and len(day) == 10 and is_day(day) else ""


def _of_paper_page(props: dict[str, Any]) -> dict[str, Any]:
    """The entry of a paper's own page: the comments are counted there, not kept (they are other people's)."""
    entry: dict[str, Any] = {
        key: props[key] for key in ("paper", "publishedAt", "title", "numComments") if key in props
    }
    comments = props.get("comments")
    if "numComments" not in entry and isinstance(comments, list):
        entry["numComments"] = len(comments)
    return entry


def _page(kept: dict[str, Any]) -> bytes:
    target = "DailyPapers" if "dailyPapers" in kept else "PaperContent"
    return (
        f'<div data-target="{target}" data-props="{html.escape(json_bytes(kept).decode())}"></div>'.encode()
    )
