"""The nouns of the paper: what a source says (`Record`) and what a reader sees (`Paper`).

Frozen dataclasses without I/O. Everything else in the house speaks in these.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


class Status(enum.StrEnum):
    """Whether a paper still stands."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """A name some registry gave to a paper: `arxiv:2205.13147`, `doi:10.1145/3292500`.

    `value` is in the canonical spelling of its scheme (see `broadsheet.identifiers`).
    """

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@dataclass(frozen=True, slots=True)
class Author:
    """A person or an organisation that signs a paper, named as the source names them.

    `name` reads in natural order ("Ada Lovelace"); `orcid` is bare ("0000-0002-1825-0097").
    """

    name: str
    affiliation: str = ""
    orcid: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address that belongs to a paper.

    `kind` is one of: page, pdf, code, project, model, dataset, demo, discussion.
    """

    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a manuscript: its number and the moment it was submitted."""

    number: int
    submitted: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceVotes:
    """Votes and comments counted by somebody else's readers; never our own."""

    source: str
    votes: int
    comments: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A paper's place in somebody's dated list.

    `day` is `YYYY-MM-DD`, or `--MM-DD` where the page did not tell its year
    (the year is never invented). `position` counts from 1.
    """

    source: str
    day: str
    position: int | None = None

    def __post_init__(self) -> None:
        if not is_day(self.day):
            raise ValueError(f"a listing's day is YYYY-MM-DD or --MM-DD, got {self.day!r}.")


@dataclass(frozen=True, kw_only=True)
class Description:
    """What can be said of a paper, by one source or by all of them together.

    Text is NFC and without control characters; maths stays TeX. Empty means unknown.

    title: one line.
    abstract: paragraphs are separated by a blank line; hard line breaks are undone.
    published: the date of publication as precisely as it is known: `2021`, `2021-05` or `2021-05-14`.
    submitted, revised: first and latest version at a preprint server, UTC days.
    announced: the day the preprint server announced the paper.
    categories: in the source's order and spelling (`cs.LG`); `primary_category` is one of them, or empty.
    venue: where it appeared (journal, proceedings, workshop), never a submission's state.
    tldr: a summary the source gives besides the abstract (by a machine, as a rule).
    """

    title: str
    abstract: str = ""
    authors: tuple[Author, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    submitted: date | None = None
    revised: date | None = None
    announced: date | None = None
    published: str = ""
    venue: str = ""
    primary_category: str = ""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    comment: str = ""
    journal_ref: str = ""
    licence: str = ""
    tldr: str = ""
    links: tuple[Link, ...] = ()
    versions: tuple[Version, ...] = ()
    status: Status = Status.STANDING

    @property
    def year(self) -> int | None:
        """The year to cite: of publication, else of submission, else of announcement."""
        if self.published:
            return int(self.published[:4])
        day = self.submitted or self.announced
        return day.year if day else None

    def identifier(self, scheme: str) -> str:
        """The value of the first identifier of that scheme, or ''."""
        return next((i.value for i in self.identifiers if i.scheme == scheme), "")

    def link(self, kind: str) -> str:
        """The first address of that kind, or ''."""
        return next((link.url for link in self.links if link.kind == kind), "")


@dataclass(frozen=True, kw_only=True)
class Record(Description):
    """What one source says of one paper, with the bytes it said it in.

    source: who says it: arxiv, hf, openreview, acl, crossref, semanticscholar, biorxiv, bibtex, ...
    format: the name of the parser (`arxiv-atom`), to parse `raw` again.
    key: the source's own name for the paper, unique within `source` and stable from run to run;
        two records with the same (source, key) are the same thing said twice.
    place: where in the input it stood ("line 12", "entry 3"), for reports.
    raw: the bytes of this record alone; the same `format` parses them to the same record.
    update_only: an announcement of a change, which updates a paper but does not make a new edition entry
        (arXiv's `replace` and `replace-cross`).
    listings: the dated lists it stands in.
    votes, comments: as counted by the source; None where it does not say (which is not 0).
    extra: every field of the source without a place above, as JSON values, so that nothing is lost.
    together, apart: "source:key" of records that are of the same paper, or are not, because a person said so
        where this record was exported.
    """

    source: str
    format: str
    key: str
    place: str
    raw: bytes
    update_only: bool = False
    listings: tuple[Listing, ...] = ()
    votes: int | None = None
    comments: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    together: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read: where it stood, why, and its beginning."""

    place: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Manifestation:
    """One source's record of a paper, as kept."""

    id: int
    source: str
    key: str
    format: str
    raw_hash: str
    first_seen: datetime
    last_seen: datetime
    url: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Paper(Description):
    """One work as a reader sees it: everything its manifestations say, merged.

    id: its number in this house (the index's document id).
    key: its name in addresses, `/papers/{key}`: an arXiv id, a DOI, an ACL id, or a slug of the title.
    days: the editions it stands in, earliest first (see `Listing.day`).
    provenance: field name → "source:key" of the record that gave it.
    """

    id: int
    key: str
    days: tuple[str, ...] = ()
    votes: tuple[SourceVotes, ...] = ()
    manifestations: tuple[Manifestation, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    added: datetime
    updated: datetime

    @property
    def upvotes(self) -> int | None:
        """The most votes any source counted, or None where none counts."""
        return max((v.votes for v in self.votes), default=None)

    @property
    def comments(self) -> int | None:
        """The most comments any source counted, or None where none counts."""
        return max((v.comments for v in self.votes if v.comments is not None), default=None)


_DAY = re.compile(r"(\d{4}|-)-(\d{2})-(\d{2})", re.ASCII)


def is_day(text: str) -> bool:
    """Whether text names a day, with or without its year.

    >>> is_day("2025-07-29"), is_day("--07-29"), is_day("2025-02-30"), is_day("July")
    (True, True, False, False)
    """
    found = _DAY.fullmatch(text)
    if not found:
        return False
    year = 2000 if found[1] == "-" else int(found[1])  # a leap year: --02-29 is a day
    try:
        date(year, int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
