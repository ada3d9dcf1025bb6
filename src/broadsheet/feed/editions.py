"""Which papers make an edition, and how much room each of them gets."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from broadsheet.categories import section_of
from broadsheet.feed.spans import Span
from broadsheet.papers import Paper

Size = Literal["big", "middle", "small"]
SENTENCES: Final[dict[Size, int]] = {"big": 3, "middle": 2, "small": 1}


@dataclass(frozen=True, slots=True)
class Column:
    """A paper in the columns: its size follows its rank on the page, its standfirst opens the abstract."""

    rank: int
    paper: Paper
    size: Size
    standfirst: str


@dataclass(frozen=True, slots=True)
class Section:
    """Papers of one field under one head; `title` is empty where no field is known."""

    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """One page of the papers of a span, laid out.

    span: the days; None for lists that have none (trending, the demo).
    number: how many editions this house has, up to and including this one; None where it is not dated.
    total: papers of the whole span; `page` of `pages` holds these.
    lead: the heaviest paper of the first page, with its whole abstract; other pages have none.
    top: the next heaviest, by title alone; they stand in the sections too.
    """

    title: str
    span: Span | None
    number: int | None
    total: int
    page: int
    pages: int
    lead: Paper | None
    top: tuple[Paper, ...]
    sections: tuple[Section, ...]
    previous: Span | None = None
    next: Span | None = None
    category: str = ""
    categories: tuple[tuple[str, int], ...] = ()

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Every paper of this page, in order of importance, each once."""
        columns = sorted((c for section in self.sections for c in section.columns), key=lambda c: c.rank)
        return (*(() if self.lead is None else (self.lead,)), *(column.paper for column in columns))


def weight(paper: Paper) -> float:
    """How much of the page a paper deserves: votes count by their logarithm, comments half as much."""
    return math.log1p(paper.upvotes or 0) + 0.5 * math.log1p(paper.comments or 0)


def lay_out(
    papers: Sequence[Paper], *, first_page: bool = True
) -> tuple[Paper | None, tuple[Paper, ...], tuple[Section, ...]]:
    """Return the lead, the also-at-the-top list and the sections of papers given in order of importance.

    Sections come in the order of their heaviest paper, so what matters most stands first. The sixth of the
    papers that weighs most is set big, the next third in the middle, the rest small.
    """
    if not papers:
        return None, (), ()
    lead = papers[0] if first_page else None
    rest = papers[1:] if first_page else papers
    top = tuple(rest[:7]) if first_page and len(rest) > 7 else ()
    big, middle = math.ceil(len(rest) / 6), math.ceil(len(rest) / 2)
    grouped: dict[str, list[Column]] = {}
    for rank, paper in enumerate(rest):
        size: Size = "big" if rank < big else "middle" if rank < middle else "small"
        column = Column(rank, paper, size, standfirst(paper.abstract, SENTENCES[size]))
        grouped.setdefault(section_of(paper.primary_category), []).append(column)
    return lead, top, tuple(Section(title, tuple(columns)) for title, columns in grouped.items())


# A full stop ends a sentence when white space and a capital follow, and no abbreviation, initial or
# inline maths stands before it.
_STOP: Final = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[A-Z0-9\"“‘'(\[$])")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|resp|approx|Fig|Figs|Eq|Eqs|Sec|Tab|Ref|Dr|Prof|No|St)|\b[A-Z])\.?$"
)


def sentences(text: str) -> Iterable[str]:
    """Split running text into sentences; abbreviations, initials and maths do not end one.

    >>> list(sentences("We follow Smith et al. in spirit. It costs $f(x. A)$ less! See Fig. 2."))
    ['We follow Smith et al. in spirit.', 'It costs $f(x. A)$ less!', 'See Fig. 2.']
    """
    start = 0
    for stop in _STOP.finditer(text):
        sentence = text[start : stop.end()].rstrip()
        in_maths = sentence.count("$") % 2 == 1
        if in_maths or (text[stop.start()] == "." and _ABBREVIATION.search(text[start : stop.start()])):
            continue
        yield sentence
        start = stop.end()
    if start < len(text) and text[start:].strip():
        yield text[start:].strip()


def standfirst(abstract: str, count: int, *, limit: int = 480) -> str:
    """The first `count` sentences of an abstract, at most `limit` characters, cut between words."""
    opening = ""
    for sentence, _ in zip(sentences(abstract.replace("\n\n", " ")), range(count), strict=False):
        longer = f"{opening} {sentence}".lstrip()
        if opening and len(longer) > limit:
            break
        opening = longer
    if len(opening) <= limit:
        return opening
    cut = opening[:limit].rsplit(" ", 1)[0]
    if cut.count("$") % 2:  # never leave half a formula behind
        cut = cut[: cut.rindex("$")].rstrip()
    return f"{cut} …"
