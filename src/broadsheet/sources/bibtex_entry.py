"""What the fields of a BibTeX entry say of a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bibtexparser.model import Entry

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link
from broadsheet.sources.bibtex_value import expanded, names
from broadsheet.sources.reading import clean, dates, paragraphs
from broadsheet.sources.reading.standing import standing
from broadsheet.sources.reading.tex import decode, verbatim

_INHERITED: Final = ("booktitle", "journal", "journaltitle", "year", "month", "date", "publisher", "series")
_PREPRINT: Final = re.compile(r"(?i)\b(?:arxiv|corr)\b")
_LISTED: Final = re.compile(r"\s*[,;]\s*")


def inherited(entry: Entry, parents: Mapping[str, Entry]) -> dict[str, str]:
    """The values an entry takes from those it names in `crossref` and `xdata`, where it has none itself."""
    own = {named.key.lower(): named.value for named in entry.fields}
    taken: dict[str, str] = {}
    wanted = ",".join(
        " ".join(own[name].strip('{}" ').split()) for name in ("crossref", "xdata") if name in own
    )
    for key in filter(None, _LISTED.split(wanted)):
        parent = parents.get(key.casefold())
        if parent is None or parent is entry:
            continue
        theirs = {named.key.lower(): named.value for named in parent.fields}
        if "crossref" in own and "title" in theirs:
            theirs.setdefault("booktitle", theirs["title"])
        for name in _INHERITED:
            if name in theirs and name not in own:
                taken.setdefault(name, theirs[name])
    return taken


def described(kind: str, key: str, fields: Mapping[str, str], strings: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a Description, from an entry's fields by lower-case name; `title` may be ''."""
    macros = {name.casefold(): value for name, value in strings.items()}
    source = {name: expanded(value, macros) for name, value in fields.items()}

    def text(*candidates: str) -> str:
        return next((t for name in candidates if name in source and (t := clean(decode(source[name])))), "")

    def address(*candidates: str) -> str:
        return next((verbatim(source[name]) for name in candidates if source.get(name)), "")

    title = text("title", "maintitle") or (text("booktitle") if kind[-11:] == "proceedings" else "")
    if subtitle := text("subtitle"):
        title = f"{title}: {subtitle}"
    title, status = standing(title)
    venue = text("journal", "journaltitle", "booktitle")
    categories = (category,) if (category := address("primaryclass", "eprintclass")) else ()
    urls = [
        Link(kind, url) for kind, url in (("page", address("url")), ("pdf", address("pdf"))) if _is_web(url)
    ]
    return {
        "title": title,
        "abstract": paragraphs(decode(source.get("abstract", ""))),
        "authors": tuple(Author(name) for name in names(source.get("author", ""))),
        "identifiers": _identifiers(kind, key, address),
        "published": _published(text),
        "venue": "" if _PREPRINT.search(venue) else venue,
        "primary_category": category,
        "categories": categories,
        "keywords": tuple(filter(None, _LISTED.split(text("keywords", "keyword")))),
        "comment": text("note", "annotation"),
        "licence": address("license", "licence"),
        "links": tuple(urls),
        "status": status,
    }


def _identifiers(kind: str, key: str, address: Any) -> tuple[Identifier, ...]:
    found: list[Identifier | None] = []
    eprint, registry = address("eprint"), address("archiveprefix", "eprinttype").lower()
    if eprint and registry in ("", "arxiv"):
        found.append(identifiers.of("arxiv", eprint.lower().removeprefix("arxiv:")))
    elif eprint:
        found.append(identifiers.of({"pubmed": "pmid"}.get(registry, registry), eprint))
    found.append(identifiers.of("doi", address("doi")))
    found.append(identifiers.of("pmid", address("pmid")))
    found.append(identifiers.of("pmcid", address("pmcid", "pmc")))
    if kind == "book":  # an ISBN on a chapter is its book's
        found.append(identifiers.of("isbn", address("isbn")))
    if key.startswith("DBLP:"):
        found.append(identifiers.of("dblp", key[5:]))
    page = identifiers.resolve(address("url"))
    if page and page.scheme != "url":
        found.append(page)
    if not any(identifier and identifier.scheme == "arxiv" for identifier in found):
        journal = f"{address('journal', 'journaltitle', 'note', 'howpublished')} {address('volume')}"
        if _PREPRINT.search(journal):
            mentioned = identifiers.find_all(journal.replace("abs/", " "))
            found += [identifier for identifier in mentioned if identifier.scheme == "arxiv"][:1]
    return tuple(dict.fromkeys(filter(None, found)))


def _published(text: Any) -> str:
    if date := dates.from_text(text("date")):
        return date
    year = dates.from_text(text("year"))
    if len(year) != 4:
        return year
    parts = dates.month_and_day(text("month"))
    if len(parts) == 1 and text("day").isdecimal():
        parts.append(int(text("day")))
    return dates.from_parts([int(year), *parts])


def _is_web(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))
