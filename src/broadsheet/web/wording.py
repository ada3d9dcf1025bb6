"""How dates, names and counts are worded on a page. Pure functions; templates call them as filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

from broadsheet import identifiers
from broadsheet.feed.spans import MONTHS, Span
from broadsheet.papers import Author, Identifier, Link, Paper, Status

SOURCES: Final = {
    "acl": "ACL Anthology",
    "arxiv": "arXiv",
    "bibtex": "BibTeX file",
    "biorxiv": "bioRxiv",
    "crossref": "Crossref",
    "csl": "CSL-JSON file",
    "dblp": "DBLP",
    "europepmc": "Europe PMC",
    "hf": "Hugging Face",
    "medrxiv": "medRxiv",
    "openreview": "OpenReview",
    "ris": "RIS file",
    "semanticscholar": "Semantic Scholar",
    "wos": "Web of Science",
    "zotero": "Zotero",
}
SCHEMES: Final = {
    "acl": "ACL Anthology",
    "arxiv": "arXiv",
    "corpusid": "Semantic Scholar corpus",
    "dblp": "DBLP",
    "doi": "DOI",
    "isbn": "ISBN",
    "mag": "Microsoft Academic",
    "openreview": "OpenReview",
    "pmcid": "PubMed Central",
    "pmid": "PubMed",
    "s2": "Semantic Scholar",
    "url": "Page",
    "zotero": "Zotero",
}
LINKS: Final = {
    "page": "Page",
    "pdf": "PDF",
    "code": "Code",
    "project": "Project",
    "model": "Model",
    "dataset": "Data",
    "demo": "Demo",
    "discussion": "Discussion",
}
_LEADING: Final = frozenset(("code", "project", "model", "dataset", "demo"))
FACETS: Final = {
    "category": "By field",
    "year": "By year",
    "source": "By source",
    "code": "With code",
    "status": "Taken back",
}
STATUS: Final = {Status.WITHDRAWN: "Withdrawn", Status.RETRACTED: "Retracted"}
# The first that fits counts: everybody also says that they are everybody else.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_MARKDOWN: Final = (
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),
    (re.compile(r"\](?=[(:\[])"), "] "),
    (re.compile(r"^(\s*)([#>`~=-])", re.MULTILINE), r"\1\\\2"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def day(value: date | str | None) -> str:
    """A day as prose: `29 July 2025`; without its year `29 July`; a year or month as it is known.

    >>> day(date(2025, 7, 29)), day("--07-29"), day("2021-05"), day("2021"), day(None)
    ('29 July 2025', '29 July', 'May 2021', '2021', '')
    """
    text = str(value or "")[:10]
    if text.startswith("--"):
        return f"{int(text[5:])} {MONTHS[int(text[2:4]) - 1]}"
    year, month, number = [*(int(part) for part in text.split("-") if part), 0, 0, 0][:3]
    return " ".join(
        part for part in (str(number or ""), MONTHS[month - 1] if month else "", str(year or "")) if part
    )


def decimal(value: float) -> str:
    """A number as a reader wants it: three figures, or a power of ten where they would say nothing.

    >>> [decimal(value) for value in (0.0, 3.0, 2.512, 0.0123, 1e-21, -67.93, float("-inf"))]
    ['0', '3', '2.51', '0.0123', '1e−21', '−67.9', '−∞']
    """
    if value == float("-inf"):
        return "−∞"
    return (
        f"{value:.3g}".replace("-", "−")
        if abs(value) >= 1e-4 or not value
        else f"{value:.2g}".replace("-", "−")
    )


def percent(share: float) -> str:
    """A share between 0 and 1.

    >>> percent(0.824), percent(0)
    ('82\\xa0%', '0\\xa0%')
    """
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def age(days: float) -> str:
    """How old something is, roughly.

    >>> [age(days) for days in (0.01, 0.5, 1.2, 40, 800)]
    ['less than an hour', '12 hours', '1 day', '40 days', '2 years']
    """
    hours = int(days * 24)
    if hours < 1:
        return "less than an hour"
    number, unit = (
        (hours, "hour") if days < 1 else (int(days), "day") if days < 730 else (int(days / 365.25), "year")
    )
    return f"{number} {unit}{'' if number == 1 else 's'}"


def ordinal(number: int) -> str:
    """A place in a list.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def moment(value: datetime) -> str:
    """A moment as prose: `2 March 2026, 08:00 UTC`.

    >>> moment(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    '2 March 2026, 08:00 UTC'
    """
    value = value.astimezone(UTC)
    return f"{day(value.date())}, {value:%H:%M} UTC"


def short(span: Span, beside: Span | None = None) -> str:
    """A span as a pointer to it, with its year where it stands `beside` one of another year.

    >>> july, week = Span.parse("2025-07-28"), Span.parse("2025-W31")
    >>> short(july), short(week), short(Span.parse("2025-06"))
    ('28 July', 'week 31', 'June 2025')
    >>> other = Span.parse("2026-01-02")
    >>> short(july, other), short(week, other), short(july, july), short(july, Span.parse("--07-29"))
    ('28 July 2025', 'week 31, 2025', '28 July', '28 July')
    """
    elsewhen = beside is not None and beside.dated and beside.name[:4] != span.name[:4]
    if span.kind == "day":
        return day(span.name) if elsewhen else day(span.name).removesuffix(f" {span.name[:4]}")
    if span.kind == "month":
        return span.title
    return f"week {int(span.name[6:])}" + (f", {span.name[:4]}" if elsewhen else "")


def number(value: int) -> str:
    """A count with its thousands set apart.

    >>> number(104221)
    '104,221'
    """
    return f"{value:,}"


def plural(value: int, word: str) -> str:
    """A count and its noun.

    >>> plural(1, "paper"), plural(2000, "paper")
    ('1 paper', '2,000 papers')
    """
    return f"{value:,} {word}{'' if value == 1 else 's'}"


def source(name: str) -> str:
    """A source's own name."""
    return SOURCES.get(name, name)


def browser(agent: str) -> str:
    """What a browser calls itself, as one would say it; a name we do not know as it is.

    >>> browser("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    'Firefox on Linux'
    >>> browser("curl/8.5.0"), browser("")
    ('curl/8.5.0', 'A browser without a name')
    """
    if not agent.startswith("Mozilla/"):
        return agent[:60] or "A browser without a name"
    named = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{named} on {system}" if system else named


def by_line(authors: Sequence[Author], most: int = 3) -> str:
    """The first authors, and whether there are more.

    >>> by_line([Author("A. One"), Author("B. Two")]), by_line([Author("A"), Author("B"), Author("C")], 1)
    ('A. One and B. Two', 'A and 2 others')
    """
    names = [author.name for author in authors]
    if len(names) > most + 1:
        rest = f"{len(names) - most} others"
        return f"{', '.join(names[:most])} and {rest}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def votes(paper: Paper) -> str:
    """What each source's readers counted, marked as that source's; '' where none counts.

    A count is never added to another's: the same reader may have voted at both.
    """
    return " · ".join(f"{count.votes:,} at {source(count.source)}" for count in paper.votes)


def flagged(paper: Paper) -> str:
    """The title, with what befell the paper before it; for feeds and lists of machines."""
    label = STATUS.get(paper.status)
    return f"[{label}] {paper.title}" if label else paper.title


def where(paper: Paper) -> str:
    """The paper's public page outside this house, or ''."""
    names = (identifiers.url_of(name) for name in paper.identifiers)
    return (
        paper.link("page") or next((url for url in names if url.startswith("http")), "") or paper.link("pdf")
    )


def scheme(identifier: Identifier) -> str:
    """The registry of an identifier by its own name."""
    return SCHEMES.get(identifier.scheme, identifier.scheme)


def leading(links: Iterable[Link]) -> list[Link]:
    """Where a paper's card leads besides its page: one link of each kind that may be followed.

    >>> code = [Link("code", "https://a.example"), Link("code", "https://b.example"), Link("pdf", "https://c.example")]
    >>> [link.url for link in leading([*code, Link("demo", "javascript:alert(1)")])]
    ['https://a.example']
    """
    first: dict[str, Link] = {}
    for link in links:
        if link.kind in _LEADING and is_web(link.url):
            first.setdefault(link.kind, link)
    return list(first.values())


def host(url: str) -> str:
    """The host of an address, to say where a link leads.

    >>> host("https://www.example.org/a")
    'example.org'
    """
    return url.partition("://")[2].partition("/")[0].removeprefix("www.")


def printable(text: str) -> str:
    """Text without the control characters that XML forbids.

    >>> printable("a\\x00b\\x1b")
    'ab'
    """
    return _CONTROL.sub("", text)


def markdown(text: str) -> str:
    """Text in a Markdown document: what would be an element, a link or a heading is only text; TeX stays.

    >>> markdown("# a <script> [b](javascript:c)")
    '\\\\# a < script> [b] (javascript:c)'
    """
    for pattern, harmless in _MARKDOWN:
        text = pattern.sub(harmless, text)
    return printable(text)


def is_web(url: str) -> bool:
    """Whether an address may be a link on a page: http or https, never a script."""
    return url.lower().startswith(("https://", "http://"))


def sentence(names: Iterable[str]) -> str:
    """Names in a row: `a, b and c`."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last
