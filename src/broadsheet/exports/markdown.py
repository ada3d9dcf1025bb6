"""Markdown: a reading list for notes, wikis and mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from broadsheet.exports.addresses import address
from broadsheet.papers import Paper, Status

_MATHS: Final = re.compile(r"(\$[^$\n]+\$)")
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~#])")
_SHOWN_AUTHORS: Final = 6


def write(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one list item a paper: linked title, authors, venue and year, the other addresses."""
    for paper in papers:
        yield f"- {_entry(paper)}\n"


def _entry(paper: Paper) -> str:
    title, page = _escape(paper.title), _quote(address(paper))
    parts = [f"**[{title}]({page})**" if page else f"**{title}**"]
    if paper.status is not Status.STANDING:
        parts.append(f"*({paper.status.value})*")
    names = [_escape(author.name) for author in paper.authors]
    if len(names) > _SHOWN_AUTHORS:
        names = [*names[: _SHOWN_AUTHORS - 1], f"and {len(names) - _SHOWN_AUTHORS + 1} more"]
    if names:
        parts.append(", ".join(names) + ".")
    where = [f"*{_escape(paper.venue)}*"] if paper.venue else []
    if paper.year:
        where.append(str(paper.year))
    if where:
        parts.append(", ".join(where) + ".")
    parts += [
        f"[{kind}]({url})"
        for kind in ("pdf", "code", "project")
        if (url := _quote(paper.link(kind))) not in ("", page)
    ]
    return " ".join(parts)


def _escape(text: str) -> str:
    """Text with Markdown's own marks escaped; maths between dollars stays as it is.

    >>> _escape("A*-search in $x_1$")
    'A\\\\*-search in $x_1$'
    """
    pieces = _MATHS.split(text)
    pieces[1::2] = [piece.replace("<", "&lt;") for piece in pieces[1::2]]
    pieces[::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)


def _quote(url: str) -> str:
    """An address that cannot leave its parentheses; anything but the web's is dropped."""
    if not url.startswith(("http://", "https://")):
        return ""
    return re.sub(r"[\s()<>\\]", lambda mark: f"%{ord(mark[0]):02X}", url)
