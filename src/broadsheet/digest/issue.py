"""What one digest tells: papers, in order, as the house knew them when it was composed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final, Self
from urllib.parse import quote

from broadsheet import identifiers
from broadsheet.categories import section_of
from broadsheet.papers import Author, Paper, Status

AUTHORS: Final = 3
LEAD: Final = 900  # characters of the first paper's abstract
REST: Final = 320
# What is the receiver's own is filled in when a digest goes out; no paper may hold these brackets.
DIGEST, SETTINGS, UNSUBSCRIBE = "⟦digest⟧", "⟦settings⟧", "⟦unsubscribe⟧"
_BRACKETS: Final = str.maketrans("⟦⟧", "[]")
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)
_MATHS: Final = re.compile(r"\$\$?(?P<tex>[^$]{1,600})\$?\$|\\\((?P<paren>.{1,600}?)\\\)")
_SAFE: Final = "/:@!$&'()*+,;=~-._"
_SOURCES: Final = {"hf": "Hugging Face", "arxiv": "arXiv", "openreview": "OpenReview"}
_RAISED: Final = re.compile(r"\^(?:\(([-+0-9n]+)\)|([-+]?[0-9]+|n\b))")
_LOWERED: Final = re.compile(r"_(?:\(([0-9]+)\)|([0-9]+))")
_UP: Final = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_DOWN: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LABELS: Final = {Status.WITHDRAWN: "Withdrawn", Status.RETRACTED: "Retracted"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a digest. All of it is plain text in one line; maths is as well written as plain text can.

    key: its name in the house's addresses. url: its page outside the house, or ''. flag: what befell it.
    """

    key: str
    title: str
    by: str
    text: str
    field: str = ""
    votes: str = ""
    flag: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A digest before it has a form.

    edition: its name, by which nobody gets it twice. title: what it is ("Tuesday, 29 July 2025").
    masthead: the name of the paper. site: the house's address. path: the page of the whole list, below it.
    total: how many papers the whole list has. thumbs: whether readers may say what they think from the mail.
    """

    edition: str
    title: str
    masthead: str
    site: str
    path: str
    total: int
    entries: tuple[Entry, ...]
    thumbs: bool = False
    cadence: str = "daily"

    @property
    def id(self) -> str:
        """A name for exactly these words: the same issue is kept once, however many get it."""
        return hashlib.blake2b(self._words.encode(), digest_size=16).hexdigest()

    @property
    def _words(self) -> str:
        return json.dumps(self.as_json(), sort_keys=True, ensure_ascii=True)

    @property
    def subject(self) -> str:
        """The line one sees in the mailbox: the first paper, and how many more."""
        first = self.entries[0]
        title = first.title if len(first.title) <= 90 else first.title[:88].rsplit(" ", 1)[0] + " …"
        flagged = f"[{first.flag}] {title}" if first.flag else title
        more = len(self.entries) - 1
        return f"{flagged}, and {more} more" if more else flagged

    def paper(self, entry: Entry) -> str:
        """The address of a paper's page in the house."""
        return f"{self.site}/papers/{quote(entry.key, safe=_SAFE)}"

    def as_json(self) -> dict[str, Any]:
        """The issue as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """What `as_json` wrote."""
        entries = tuple(Entry(**entry) for entry in document["entries"])
        return cls(**{**document, "entries": entries})


def entries(papers: Iterable[Paper]) -> tuple[Entry, ...]:
    """Papers as a digest tells of them: the first at length, the others briefly."""
    return tuple(_entry(paper, LEAD if rank == 0 else REST) for rank, paper in enumerate(papers))


def _entry(paper: Paper, most: int) -> Entry:
    names = (identifiers.url_of(name) for name in paper.identifiers)
    url = paper.link("page") or next((name for name in names if name.startswith("http")), "")
    votes = " · ".join(
        f"{count.votes:,} votes at {_SOURCES.get(count.source, count.source)}" for count in paper.votes
    )
    return Entry(
        key=paper.key,
        title=line(paper.title),
        by=line(by_line(paper.authors)),
        text=_shortened(line(paper.abstract or paper.tldr), most),
        field=section_of(paper.primary_category),
        votes=votes,
        flag=_LABELS.get(paper.status, ""),
        url=line(url) if url.lower().startswith(("https://", "http://")) else "",
    )


def by_line(authors: Sequence[Author]) -> str:
    """The first authors, and whether there are more.

    >>> by_line([Author("A"), Author("B"), Author("C"), Author("D"), Author("E")])
    'A, B, C and 2 others'
    """
    names = [author.name for author in authors]
    if len(names) > AUTHORS + 1:
        return f"{', '.join(names[:AUTHORS])} and {len(names) - AUTHORS} others"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def line(text: str) -> str:
    r"""Text in one line that a mail may show: no control characters, none of our brackets, maths as text.

    >>> line("It takes\n$O(n^2)$ steps\x07 of $\\alpha \\to \\infty$")
    'It takes O(n²) steps of α→∞'
    """
    plain = _MATHS.sub(lambda found: _spoken(found["tex"] or found["paren"]), text)
    return " ".join(_CONTROL.sub(" ", plain).translate(_BRACKETS).split())


@lru_cache(4096)
def _spoken(tex: str) -> str:
    """A formula as plain text; as it stands where nobody knows better."""
    from pylatexenc.latex2text import LatexNodes2Text

    try:
        spoken: str = LatexNodes2Text(math_mode="text").latex_to_text(tex, tolerant_parsing=True)
    except Exception:  # the parser of other people's TeX may trip over anything
        return tex
    raised = _RAISED.sub(lambda found: (found[1] or found[2]).translate(_UP), spoken)
    lowered = _LOWERED.sub(lambda found: (found[1] or found[2]).translate(_DOWN), raised)
    return " ".join(lowered.split()) or tex


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[:most].rsplit(" ", 1)[0]
    stop = max(cut.rfind(". "), cut.rfind("? "), cut.rfind("! "))
    return cut[: stop + 1] if stop > most // 2 else f"{cut} …"
