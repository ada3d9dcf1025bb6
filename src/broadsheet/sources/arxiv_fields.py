"""What arXiv's formats have in common: authors as one string, withdrawals, TeX accents, and the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from broadsheet import identifiers
from broadsheet.papers import Author, Identifier, Link, Record, Status
from broadsheet.sources.reading import tex
from broadsheet.sources.reading.text import clean, mend, paragraphs

SOURCE: Final = "arxiv"

# --- withdrawals -----------------------------------------------------------------------------------------

_WORK: Final = (
    r"(?:paper|article|submission|manuscript|preprint|e-?print|work|version|note|draft|letter|document)"
)
_GONE: Final = r"(?P<gone>withdrawn|retracted|removed)"
_HAS_BEEN: Final = (
    rf"(?:this|the|our|the\s+present|present)\s+(?:[\w-]+\s+){{0,2}}?{_WORK}\s+"
    r"(?:(?:has|have)\s+(?:now\s+)?been|is|is\s+being|is\s+hereby|was|had\s+to\s+be)\s+"
    rf"(?:temporarily\s+|hereby\s+|voluntarily\s+|now\s+)?{_GONE}\b"
)
# Gone from a conference or a journal is not gone from arXiv; "withdrawn articles" is an adjective.
_NOT_OURS: Final = (
    r"(?!\s+(?:from\s+(?!(?:the\s+)?arxiv\b|this\b|publication\b|consideration\b)|paper|article|work|state)"
    r"\w*)"
)
_REASON: Final = r"\s+(?:by|due|because|for|as|since|pending|until|at)\b"
_MORE_REASON: Final = r"\s+(?:on|in|from|and|so|owing|temporarily|while|after|to)\b"
_COMMENT_SAYS = re.compile(rf"\b{_HAS_BEEN}{_NOT_OURS}", re.I)
_COMMENT_BEGINS = re.compile(
    rf"\W{{0,3}}(?:{_WORK}\s+)?(?P<gone>withdrawn|retracted)(?:\W*$|\s*[:.,;(]|{_REASON}){_NOT_OURS}", re.I
)
_ABSTRACT_BEGINS = re.compile(
    rf"\W{{0,3}}{_HAS_BEEN}(?=\W*$|\s*[.,;:(]|{_REASON}|{_MORE_REASON}){_NOT_OURS}", re.I
)
_ABSTRACT_SHORT = re.compile(
    rf"\W{{0,3}}(?:(?:{_WORK}\s+)?(?P<gone>withdrawn)"
    r"(?:\W*$|\s*[.,;(]|\s+(?:by\s+(?:the\s+)?authors?|due|because|pending)\b)"
    rf"|(?:we|i)\s+(?:have\s+|hereby\s+)?withdr(?:aw|ew|awn)\s+(?:this|the|our)\s+{_WORK})",
    re.I,
)


def status_of(comment: str, abstract: str) -> Status:
    """Withdrawn or retracted, if the comment says so or the abstract begins with it; else standing.

    >>> status_of("This paper has been withdrawn", "").value, status_of("withdrawn from ICLR", "").value
    ('withdrawn', 'standing')
    """
    found = None
    if comment and ("ithdr" in comment or "etract" in comment or "emoved" in comment or comment.isupper()):
        found = _COMMENT_BEGINS.match(comment) or _COMMENT_SAYS.search(comment)
    if not found:
        start = abstract[:300]
        if "ithdr" in start or "etract" in start or "emoved" in start or start.isupper():
            found = _ABSTRACT_BEGINS.match(start) or _ABSTRACT_SHORT.match(start)
    if not found:
        return Status.STANDING
    return Status.RETRACTED if (found["gone"] or "").lower() == "retracted" else Status.WITHDRAWN


# --- authors ---------------------------------------------------------------------------------------------

_AND = re.compile(r",?\s+(?:and|&)\s+")
_SUFFIX = re.compile(r"(?:Jr|Sr|[IV]{1,4}|Ph\.?D|M\.?D)\.?", re.I)
_LEGEND_ENTRY = re.compile(r"\(([^()]{1,8})\)")
_MARKS = re.compile(r"[\w*†‡§, ]{1,12}")


def authors_of(text: str) -> tuple[Author, ...]:
    """The authors in arXiv's one-string form, with the affiliations in brackets.

    Commas in brackets separate nothing; a legend at the end, "A (1), B (2) ((1) X, (2) Y)", is looked up.

    >>> [(a.name, a.affiliation) for a in authors_of("A. One (Inst, City) and B. Two, Jr.")]
    [('A. One', 'Inst, City'), ('B. Two Jr.', '')]
    """
    text = clean(text)
    if "\\" in text:
        text = tex.decode(text)
    legend: dict[str, str] = {}
    if text.endswith(")") and (start := _legend_start(text)) > 0:
        legend = _legend(text[start + 1 : -1])
        text = text[:start].rstrip(", ")
    authors: list[Author] = []
    for part in _split_outside_brackets(text):
        name, affiliations = _without_brackets(part)
        if not name:
            continue
        if authors and _SUFFIX.fullmatch(name):
            last = authors[-1]
            authors[-1] = Author(f"{last.name} {name}", last.affiliation)
            continue
        places = []
        for affiliation in affiliations:
            if legend and _MARKS.fullmatch(affiliation):
                places += [
                    legend[mark] for mark in re.split(r"[,\s]+|\band\b", affiliation) if mark in legend
                ]
            else:
                places.append(affiliation)
        authors.append(Author(name, "; ".join(places)))
    return tuple(authors)


def _legend_start(text: str) -> int:
    """Where the last bracket at the end opens, if it opens a legend ("((1) ..."); -1 if not."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            return position if _LEGEND_ENTRY.match(text, position + 1) else -1
    return -1


def _legend(text: str) -> dict[str, str]:
    marks = list(_LEGEND_ENTRY.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {
        mark[1].strip(): text[mark.end() : end].strip(" ,;.") for mark, end in zip(marks, ends, strict=True)
    }


def _split_outside_brackets(text: str) -> Iterable[str]:
    if "(" not in text:
        for part in text.split(","):
            yield from _AND.split(f" {part} ") if " and " in f" {part} " or "&" in part else (part,)
        return
    depth = 0
    start = 0
    plain = []
    for position, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and (character == "," or text.startswith((" and ", " & "), position)):
            plain.append(text[start:position])
            start = position + (1 if character == "," else 5 if text.startswith(" and ", position) else 3)
    plain.append(text[start:])
    for part in plain:
        yield part.strip().removeprefix("and ")


def _without_brackets(part: str) -> tuple[str, list[str]]:
    """What stands outside the outermost brackets, and what stands in each."""
    if "(" not in part:
        return part.strip(" ,"), []
    outside: list[str] = []
    inside: list[str] = []
    depth = 0
    start = 0
    for position, character in enumerate(part):
        if character == "(":
            if depth == 0:
                outside.append(part[start:position])
                start = position + 1
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            if depth == 0:
                inside.append(part[start:position].strip())
                start = position + 1
    (outside if depth == 0 else inside).append(part[start:].strip())
    return " ".join("".join(outside).split()).strip(" ,"), [place for place in inside if place]


# --- text ------------------------------------------------------------------------------------------------

_ATOM: Final = (
    r"\\(?:[\"'`^~=.]|[uvHckrdbt](?![a-zA-Z]))\s*(?:\{\s*\\?\w\s*\}|\\[ij](?![a-zA-Z])|[A-Za-z])"
    r"|\\(?:ss|o|O|l|L|ae|AE|oe|OE|aa|AA)(?![A-Za-z])(?:\{\}|\s)?"
)
_ACCENT = re.compile(rf"\{{\s*(?:{_ATOM})\s*\}}|{_ATOM}")
_MATHS = re.compile(r"(\$\$[^$]+\$\$|\$[^$]+\$)")


def accented(text: str) -> str:
    r"""Text whose TeX accents outside of maths are letters; everything else of TeX stays.

    >>> accented(r"Schr\"odinger, $\tilde{O}(n)$ and {\'E}tale")
    'Schrödinger, $\\tilde{O}(n)$ and Étale'
    """
    if "\\" not in text or not _ACCENT.search(text):
        return text
    parts = _MATHS.split(text)
    parts[::2] = [_ACCENT.sub(lambda found: tex.decode(found[0]), part) for part in parts[::2]]
    return "".join(parts)


class _Mended:
    """Reads the text fields of a record, and keeps what was sent where mojibake was put right."""

    def __init__(self) -> None:
        self.as_sent: dict[str, Any] = {}

    def line(self, name: str, text: str) -> str:
        """One line of text."""
        return self._read(name, text, clean)

    def block(self, name: str, text: str) -> str:
        """Paragraphs; an indented line begins one, as arXiv has it."""
        return self._read(name, text, _arxiv_paragraphs)

    def authors(self, authors: tuple[Author, ...]) -> tuple[Author, ...]:
        """Authors with their names mended."""
        if all(author.name.isascii() and "\\" not in author.name for author in authors):
            return authors
        mended = tuple(Author(mend(a.name), mend(a.affiliation), a.orcid) for a in authors)
        if mended != authors:
            self.as_sent["authors"] = [author.name for author in authors]
        return tuple(Author(accented(a.name), a.affiliation, a.orcid) for a in mended)

    def _read(self, name: str, text: str, read: Callable[[str], str]) -> str:
        if not text:
            return ""
        mended = text if text.isascii() else mend(text)
        if mended != text:
            self.as_sent[name] = text
        return accented(read(mended))


def _arxiv_paragraphs(text: str) -> str:
    return paragraphs(text, indented=True)


# --- the rest --------------------------------------------------------------------------------------------


def names_of(arxiv_id: str, dois: str) -> tuple[Identifier, ...]:
    """The identifiers of an arXiv paper; `dois` may hold several, separated by spaces or semicolons."""
    found = [Identifier("arxiv", arxiv_id)]
    for doi in re.split(r"[\s;]+", dois.strip()) if dois else ():
        if (identifier := identifiers.of("doi", doi.rstrip(",."))) and identifier not in found:
            found.append(identifier)
    return tuple(found)


def _links_of(arxiv_id: str) -> tuple[Link, ...]:
    """The page and the PDF of the latest version."""
    return (
        Link("page", f"https://arxiv.org/abs/{arxiv_id}"),
        Link("pdf", f"https://arxiv.org/pdf/{arxiv_id}"),
    )


def record_of(
    name: str,
    *,
    title: str,
    abstract: str,
    authors: tuple[Author, ...],
    comment: str,
    journal_ref: str,
    dois: str,
    primary_category: str,
    categories: tuple[str, ...],
    extra: dict[str, Any],
    **rest: Any,
) -> Record:
    """A paper of arXiv's, out of what a format says of it, in the format's own spelling.

    name: its id, without a version. dois: see `names_of`. rest: what a Record takes as it is.
    """
    mended = _Mended()
    title, comment = mended.line("title", title), mended.line("comment", comment)
    abstract, authors = mended.block("abstract", abstract), mended.authors(authors)
    journal_ref = mended.line("journal_ref", journal_ref)
    return Record(
        source=SOURCE,
        key=name,
        title=title,
        abstract=abstract,
        authors=authors,
        identifiers=names_of(name, dois),
        primary_category=primary_category or (categories[0] if categories else ""),
        categories=categories,
        comment=comment,
        journal_ref=journal_ref,
        links=_links_of(name),
        status=status_of(comment, abstract),
        extra={**extra, "as_sent": mended.as_sent} if mended.as_sent else extra,
        **rest,
    )
