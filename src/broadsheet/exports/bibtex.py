"""BibTeX: what came from a `.bib` goes back as it was; for other papers an entry is made.

An entry that was imported is written with its own key and its fields' own source (braces, TeX, macros), along
with the comments, preambles and macros around it. What is made anew is valid for BibTeX and biblatex alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from broadsheet.exports.addresses import address
from broadsheet.exports.csl_json import csl_type
from broadsheet.exports.names import family_given
from broadsheet.exports.tex import encode, protect
from broadsheet.identifiers import title_key
from broadsheet.papers import Paper, Status

_SMALL_WORDS: Final = (
    "a an and are as at be by can do does for from how in is it its of on or our that the to towards via we"
    " what when where which why with"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TYPES: Final = {
    "article": ("misc", ""),
    "article-journal": ("article", "journal"),
    "paper-conference": ("inproceedings", "booktitle"),
}


def write(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield entries: all that a paper came in with, or one made for it."""
    file = _File()
    for paper in papers:
        imported = [m.extra["bibtex"] for m in paper.manifestations if "bibtex" in m.extra]
        if imported:
            for entry in imported:
                yield from file.again(entry)
        else:
            yield file.made(paper)


class _File:
    """What was written so far: the keys, and the macros with their meaning."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.strings: dict[str, str] = {}

    def again(self, entry: Mapping[str, Any]) -> Iterator[str]:
        """Yield an imported entry as it was.

        Where two files gave one macro two meanings, the second is defined anew before the entry.
        """
        for name, value in entry.get("strings", {}).items():
            if self.strings.get(name.casefold()) != value:
                self.strings[name.casefold()] = value
                yield f"@string{{{name} = {value}}}\n\n"
        for block in entry.get("before", ()):
            yield f"{block}\n\n"
        self.keys.add(entry["key"].casefold())
        fields = [*entry["fields"].items(), *entry.get("repeated", ())]
        yield _entry(entry["type"], entry["key"], fields)
        for block in entry.get("after", ()):
            yield f"{block}\n\n"

    def made(self, paper: Paper) -> str:
        """A new entry for a paper that no `.bib` brought."""
        kind, container = _TYPES[csl_type(paper)]
        return _entry(kind, self._key(paper), _fields(paper, container))

    def _key(self, paper: Paper) -> str:
        stem = _stem(paper)
        keys = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
        key = next(key for key in keys if key.casefold() not in self.keys)
        self.keys.add(key.casefold())
        return key


def _entry(kind: str, key: str, fields: Iterable[tuple[str, str]]) -> str:
    body = "".join(f",\n  {name} = {value}" for name, value in fields)
    return f"@{kind}{{{key}{body}\n}}\n\n"


def _fields(paper: Paper, container: str) -> Iterator[tuple[str, str]]:
    yield "title", f"{{{protect(encode(paper.title))}}}"
    if paper.authors:
        yield "author", f"{{{' and '.join(_name(author.name) for author in paper.authors)}}}"
    published = paper.published or (paper.submitted.isoformat() if paper.submitted else "")
    year, month, day = (*published.split("-"), "", "")[:3]
    if year:
        yield "year", f"{{{year}}}"
    if month:
        yield "month", _MONTHS[int(month) - 1]
    if day:
        yield "day", f"{{{int(day)}}}"
    if arxiv := paper.identifier("arxiv"):
        yield "eprint", f"{{{arxiv}}}"
        yield "archivePrefix", "{arXiv}"
        if paper.primary_category:
            yield "primaryClass", f"{{{paper.primary_category}}}"
    note = "; ".join(filter(None, ("" if paper.status is Status.STANDING else paper.status, paper.comment)))
    for name, text in (
        (container, paper.venue),
        ("keywords", ", ".join(paper.keywords)),
        ("note", note),
        ("abstract", paper.abstract),
    ):
        if text:
            yield name, f"{{{encode(text)}}}"
    for name, text in (
        ("doi", paper.identifier("doi")),
        ("pmid", paper.identifier("pmid")),
        ("url", address(paper)),
    ):
        if text:
            yield name, f"{{{_address(text)}}}"


def _address(text: str) -> str:
    """An address or a registry's name: only what would unbalance the braces around it is escaped."""
    return re.sub(r"[\\{}]", lambda mark: encode(mark[0]), text)


def _name(name: str) -> str:
    name = encode(name)
    whole = "," in name or re.search(r"(?i)\band\b|^others$", name)
    return f"{{{name}}}" if whole else name


def _stem(paper: Paper) -> str:
    """AuthorYearWord: `lovelace2021engines`."""
    family = family_given(paper.authors[0].name)[0] if paper.authors else "anonymous"
    words = (_ascii(word) for word in re.findall(r"[^\W_]+", paper.title))
    word = next(
        (word for word in words if word and word not in _SMALL_WORDS.split() and not word.isdigit()), ""
    )
    return f"{_ascii(family) or 'anonymous'}{paper.year or ''}{word}"


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title_key(text))
