"""Whether two descriptions are of one work, and the evidence in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from broadsheet.identifiers import title_key
from broadsheet.papers import Author, Description, Identifier

_SHARED_BY_MANY: Final = frozenset({"isbn", "zotero"})
"""Schemes that do not tell one work from another: a whole volume, or an item in one person's library."""
_PREPRINT_DOIS: Final = (
    "10.1101/",
    "10.64898/",
    "10.21203/",
    "10.20944/",
    "10.36227/",
    "10.2139/",
    "10.31219/",
)
"""A preprint has a DOI beside that of its publication, so these contradict no other."""
_NAMES: Final = {"arxiv": "arXiv id", "doi": "DOI", "acl": "ACL id", "openreview": "OpenReview forum"}
_STRENGTH: Final = {scheme: rank for rank, scheme in enumerate(_NAMES)}
_LONG_TITLE: Final = 4
_ALIKE: Final = 0.6


def telling(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """The identifiers that name one work and no other."""
    return [i for i in identifiers if i.scheme not in _SHARED_BY_MANY]


def strength(identifier: Identifier) -> int:
    """Sorts identifiers: those that say most surely which work is meant come first."""
    return _STRENGTH.get(identifier.scheme, len(_STRENGTH))


def by_identifier(one: Description, other: Description) -> str:
    """The evidence that a shared identifier makes the two one work, or ''.

    A shared name counts unless a stronger one contradicts it: authors do give the DOI of a whole volume to
    each of their preprints, and two arXiv ids are two papers.
    """
    known = set(other.identifiers)
    for shared in sorted(telling(one.identifiers), key=strength):
        if shared in known and (shared.scheme == "arxiv" or not _contradict("arxiv", one, other)):
            return f"same {_NAMES.get(shared.scheme, shared.scheme)} {shared.value}"
    return ""


def by_title(one: Description, other: Description) -> str:
    """The evidence that an equal title makes the two one work, or ''.

    Wants no contradicting identifiers, a shared author (or a side that names none), and a title of four words
    or abstracts that are alike.
    """
    key = title_key(one.title)
    if not key or key != title_key(other.title):
        return ""
    if any(_contradict(scheme, one, other) for scheme in ("arxiv", "doi", "acl")):
        return ""
    alike = bool(one.abstract and other.abstract) and likeness(one.abstract, other.abstract) >= _ALIKE
    if len(key.split()) < _LONG_TITLE and not alike:
        return ""
    ours, theirs = _signing(one.authors), _signing(other.authors)
    if not ours or not theirs:
        return "same title and abstract" if alike else "same title, no authors to compare"
    shared = shared_authors(ours, theirs)
    if 2 * shared < min(len(ours), len(theirs)):
        return ""
    return f"same title, {shared} of {max(len(ours), len(theirs))} authors"


def likeness(one: str, other: str) -> float:
    """The share of words that two texts have in common: 1 for the same words, 0 for none."""
    ours, theirs = set(_words(one)), set(_words(other))
    return len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0


def shared_authors(ours: Sequence[Author], theirs: Sequence[Author]) -> int:
    """How many of our authors sign there too, by surname (or by the same names in another order)."""
    names = [_words(author.name) for author in theirs]
    surnames = {words[-1] for words in names if words}
    whole = {frozenset(words) for words in names}
    mine = (_words(author.name) for author in ours)
    return sum(1 for words in mine if words and (words[-1] in surnames or frozenset(words) in whole))


def _signing(authors: Iterable[Author]) -> list[Author]:
    return [author for author in authors if not author.name.casefold().startswith("anonymous")]


def _words(text: str) -> list[str]:
    # title_key folds case and accents alike for both sides; it is what equality of words means in this house.
    return re.findall(r"\w+", title_key(text))


def _contradict(scheme: str, one: Description, other: Description) -> bool:
    def values(side: Description) -> set[str]:
        return {
            i.value
            for i in side.identifiers
            if i.scheme == scheme and not (scheme == "doi" and i.value.startswith(_PREPRINT_DOIS))
        }

    ours, theirs = values(one), values(other)
    return bool(ours and theirs) and not ours & theirs
