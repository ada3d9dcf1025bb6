"""A paper as the word index holds it: its fields, and how they are filled."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import tantivy

from broadsheet.identifiers import title_key
from broadsheet.papers import Author, Paper
from broadsheet.search.analysis import spaced
from broadsheet.search.ranges import day_number

SCHEMA_VERSION: Final = 2
"""Another one for every change of what stands in the index, which then begins anew in a folder of its own."""
MAX_AUTHORS_IN_TEXT: Final = 60
MAX_VOTES: Final = (1 << 15) - 1
ID_BITS: Final = 28
"""Papers are numbered below 2^28; the lowest bits of an order are the paper's number."""

_SUFFIXES: Final = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "md"))


def schema() -> Any:
    """The fields of the word index.

    id: the paper's number. text: everything in prose, stemmed. title: stemmed. names: every author
    in full and shortened; surname: the words of their last names; both folded. venue: folded.
    cat: the categories and the archives they belong to, lower-cased; category: as they are written, to count.
    source, has, status, code: exact words. title_key: see `broadsheet.identifiers`.
    year, date: numbers (see `ranges`). by_date, by_votes: sort keys, each unique to a paper, so that an order
    is total and the same in every process.
    marker, position, top, epoch: the one document that is no paper (see `words`).
    """
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name="stemmed")
    for name in ("names", "venue"):
        builder.add_text_field(name, tokenizer_name="folded")
    builder.add_text_field("surname", tokenizer_name="folded", index_option="basic")
    for name in ("cat", "has", "title_key", "marker"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("category", "source", "status", "code"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("year", "date"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("by_date", "by_votes"):
        builder.add_integer_field(name, fast=True)
    for name in ("position", "top", "epoch"):
        builder.add_integer_field(name, stored=True)
    return builder.build()


def is_indexed(paper: Paper) -> bool:
    """Whether a paper can be found: somebody described it; it is not an identifier alone."""
    said = [m.extra.get("unresolved") is True for m in paper.manifestations]
    return bool(paper.title.strip()) and not (said and all(said))


def document(paper: Paper) -> dict[str, Any]:
    """The fields of a paper."""
    day = sort_day(paper)
    votes = min(max(paper.upvotes or 0, 0), MAX_VOTES)
    title, abstract = spaced(paper.title), spaced(paper.abstract)
    people = [spelt(author) for author in paper.authors]
    text = [title, abstract, *paper.keywords, *(" ".join(words) for words in people[:MAX_AUTHORS_IN_TEXT])]
    has = attributes(paper)
    categories = list(dict.fromkeys(paper.categories))
    fields: dict[str, Any] = {
        "id": paper.id,
        "title": title,
        "text": [*text, paper.venue] if paper.venue else text,
        "by_date": day << ID_BITS | paper.id,
        "by_votes": (votes << 44 | _compact(day) << ID_BITS) | paper.id,
        "status": paper.status.value,
        "code": "yes" if "code" in has else "no",
        "date": day,
    }
    many: dict[str, list[str]] = {
        "names": [name for words in people for name in spellings(words)],
        "surname": [" ".join(surnames(words)) for words in people if words],
        "venue": list(filter(None, (paper.venue, paper.journal_ref))),
        "cat": list(dict.fromkeys(name for c in categories for name in (c.casefold(), archive(c)))),
        "category": categories,
        "source": list(dict.fromkeys(m.source.casefold() for m in paper.manifestations)),
        "has": has,
        "title_key": list(filter(None, [title_key(paper.title)])),
    }
    fields.update((name, values) for name, values in many.items() if values)
    year = paper.year or day // 10000
    if year:
        fields["year"] = year
    return fields


def sort_day(paper: Paper) -> int:
    """The day a paper appeared, as a number: first submitted, announced or published; 0 if nobody says.

    A year or month without a day has zeros in its place; without any date it is the first edition's day.
    """
    known: date | None = paper.submitted or paper.announced
    if known:
        return day_number(known)
    text = paper.published or next((day for day in paper.days if not day.startswith("-")), "")
    return int(text.replace("-", "").ljust(8, "0")) if text else 0


def _compact(day: int) -> int:
    """A day number in 16 bits, in the same order; none before 1900 or after 2056 are told apart."""
    year, month, of_month = day // 10000, day // 100 % 100, day % 100
    return min(max(((year - 1900) * 13 + month) * 32 + of_month, 0), (1 << 16) - 1) if year else 0


def archive(category: str) -> str:
    """The archive a category belongs to: cs of cs.LG; itself where there is none."""
    return category.casefold().partition(".")[0]


def attributes(paper: Paper) -> list[str]:
    """What `has:` finds."""
    kinds = {link.kind for link in paper.links} & {
        "code",
        "dataset",
        "demo",
        "discussion",
        "model",
        "pdf",
        "project",
    }
    facts = {
        "abstract": paper.abstract,
        "doi": paper.identifier("doi"),
        "tldr": paper.tldr,
        "venue": paper.venue,
        "votes": paper.upvotes,
    }
    return sorted(kinds | {name for name, value in facts.items() if value})


def spelt(author: Author) -> list[str]:
    """The words of a name in natural order: `Hinton, Geoffrey E.` is Geoffrey, E., Hinton."""
    last, comma, first = author.name.partition(",")
    turned = comma and first.strip().casefold() not in _SUFFIXES
    words = f"{first} {last}".split() if turned else author.name.replace(",", " ").split()
    return words[:-1] if len(words) > 1 and words[-1].casefold() in _SUFFIXES else words


def surnames(words: list[str]) -> list[str]:
    """What may be a last name: everything after the first word but initials; the only word, if it is one."""
    return [word for word in words[1:] if len(word.strip(".")) > 1] or words[-1:]


def spellings(words: list[str]) -> list[str]:
    """The ways a name is asked for: in full, without middle names, with an initial."""
    if len(words) < 2:
        return words
    first, last = words[0], words[-1]
    short = f"{first[0]} {last}"
    return [f"{first} {last}", short] if len(words) == 2 else [" ".join(words), f"{first} {last}", short]
