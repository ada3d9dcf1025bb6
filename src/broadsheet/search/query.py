"""The language of the search box: text to a `ParsedQuery`. Pure, and total: every text has a meaning.

    graph networks            papers about it; the more of the words, the higher
    "message passing"         these words, side by side
    -survey  -"deep learning" without them
    author:hinton  title:word  title:"two words"  venue:acl
    cat:cs.LG  cat:cs  cat:cs.CL,cs.LG   a category, a whole archive, either of two
    source:openreview   has:code   is:withdrawn
    year:2020..2023  year:>=2020   date:2024-05  date:2024-05-01..2024-06-15  date:7d
    like:2205.13147  -like:1706.03762   papers like that one, and unlike the other

From `PROSE` free words on, quotation marks and minus signs belong to a pasted text and are no conditions.
What cannot be understood is repaired or left out, and a note says so. The canonical text of a parsed query
parses to the same query.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

from broadsheet import identifiers
from broadsheet.papers import Identifier
from broadsheet.search import ranges

MAX_CHARS: Final = 4000
MAX_CLAUSES: Final = 256
MAX_NAMED: Final = 50
PROSE: Final = 25
"""From so many free words on, a query is a pasted text."""

FIELDS: Final = {
    "author": "author",
    "authors": "author",
    "au": "author",
    "title": "title",
    "ti": "title",
    "cat": "cat",
    "category": "cat",
    "venue": "venue",
    "journal": "venue",
    "source": "source",
    "year": "year",
    "date": "date",
    "has": "has",
    "is": "is",
    "like": "like",
}
HAS: Final = (
    "abstract",
    "code",
    "dataset",
    "demo",
    "discussion",
    "doi",
    "model",
    "pdf",
    "project",
    "tldr",
    "venue",
    "votes",
)
IS: Final = ("standing", "withdrawn", "retracted")

_YEAR_EXAMPLES: Final = "year:2023, year:2020..2023 or year:>=2020"
_DATE_EXAMPLES: Final = "date:2024-05, date:2024-05-01..2024-06-15 or date:7d"
_QUOTES: Final = '"“”„«»'
_FIELD: Final = re.compile(r"([A-Za-z]+):")
_BARE: Final = re.compile(rf"[^\s{_QUOTES}]+")
_QUOTED: Final = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]")
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200b-\u200f\u202a-\u202e\u2066-\u2069]+"
)
_KEYWORD: Final = re.compile(rf"(AND|OR|NOT)(?=[\s{_QUOTES}]|$)")
_MINUS: Final = "-−"


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a query.

    field: "" for free text, else one of the values of FIELDS.
    value: what is asked for; a list with commas in `cat`, `source`, `has` and `is`.
    quoted: the words must stand side by side.
    low, high: the inclusive range of `year` (2020) or `date` (20240131); None is open.
    """

    value: str
    field: str = ""
    quoted: bool = False
    negated: bool = False
    low: int | None = None
    high: int | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The alternatives of a list with commas."""
        return tuple(v for v in self.value.split(",") if v)

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.quoted else self.value
        return f"{'-' if self.negated else ''}{self.field + ':' if self.field else ''}{value}"


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query, understood.

    text: what was typed, cleaned and cut to MAX_CHARS.
    clauses: its parts, in order.
    notes: what was repaired or left out, in sentences for the reader.
    identifiers: the papers it names, when the whole text is identifiers or addresses.
    """

    text: str
    clauses: tuple[Clause, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)
    identifiers: tuple[Identifier, ...] = ()

    @property
    def identifier(self) -> Identifier | None:
        """The paper it names, when it names one."""
        return self.identifiers[0] if len(self.identifiers) == 1 else None

    @property
    def canonical(self) -> str:
        """The query in one spelling; `parse` reads it to the same clauses."""
        return " ".join(map(str, self.identifiers or self.clauses))

    @property
    def words(self) -> tuple[Clause, ...]:
        """The free words, which rank."""
        return tuple(c for c in self.clauses if not (c.field or c.quoted or c.negated))

    @property
    def likes(self) -> tuple[Clause, ...]:
        """The papers to be like, which rank."""
        return tuple(c for c in self.clauses if c.field == "like" and not c.negated)

    @property
    def unlikes(self) -> tuple[Clause, ...]:
        """The papers to be unlike."""
        return tuple(c for c in self.clauses if c.field == "like" and c.negated)

    @property
    def conditions(self) -> tuple[Clause, ...]:
        """The clauses that every paper must satisfy."""
        ranking = {*self.words, *self.likes, *self.unlikes}
        return tuple(c for c in self.clauses if c not in ranking)

    @property
    def about(self) -> str:
        """What the paper should be about, for an encoder: everything asked for that is prose."""
        prose = (c.value for c in self.clauses if not c.negated and c.field in ("", "title"))
        return " ".join(prose)

    @property
    def phrases(self) -> tuple[Clause, ...]:
        """The conditions that free words must stand side by side."""
        return tuple(c for c in self.clauses if c.quoted and not (c.field or c.negated))

    def loosened(self, phrase: Clause) -> ParsedQuery:
        """The query with the words of a phrase in its place, which rank."""
        words = (Clause(word) for word in phrase.value.split())
        place = self.clauses.index(phrase)
        return replace(self, clauses=(*self.clauses[:place], *words, *self.clauses[place + 1 :]))

    def without(self, clause: Clause) -> ParsedQuery:
        """The query with one clause taken away."""
        return replace(self, clauses=tuple(c for c in self.clauses if c != clause))


def parse(text: str, *, today: date | None = None) -> ParsedQuery:
    """Read a query. Never raises; `today` is what `date:7d` counts from (UTC's today by default)."""
    notes: list[str] = []
    cleaned = _clean(text, notes)
    named = _identifiers(cleaned)
    if named:
        return ParsedQuery(cleaned, (), tuple(notes), named)
    reader = _Reader(cleaned, today or datetime.now(UTC).date(), notes)
    clauses = reader.read()
    if sum(not (c.field or c.quoted or c.negated) for c in clauses) >= PROSE:
        clauses = _as_prose(clauses, notes)
    parsed = ParsedQuery(cleaned, _once(clauses), tuple(dict.fromkeys(notes)))
    named = _identifiers(parsed.canonical)
    return replace(parsed, clauses=(), identifiers=named) if named else parsed


def _once(clauses: list[Clause]) -> tuple[Clause, ...]:
    """The clauses without repetitions; but a word that is said again weighs more."""
    seen: set[Clause] = set()
    kept: list[Clause] = []
    for clause in clauses:
        if clause not in seen or not (clause.field or clause.quoted or clause.negated):
            kept.append(clause)
        seen.add(clause)
    return tuple(kept)


def _as_prose(clauses: list[Clause], notes: list[str]) -> list[Clause]:
    """A pasted text: what stands in quotation marks or behind a dash is part of it, not a condition."""
    kept: list[Clause] = []
    for clause in clauses:
        if clause.field or not (clause.quoted or clause.negated):
            kept.append(clause)
            continue
        notes.append("In a text as long as this, quotation marks and dashes are not read as conditions.")
        pieces = map(_trim, clause.value.replace(":", " ").split())
        kept += [Clause(p.casefold() if p in ("AND", "OR", "NOT") else p) for p in pieces if p]
    return kept[:MAX_CLAUSES]


def _clean(text: str, notes: list[str]) -> str:
    text = text[: MAX_CHARS * 4]
    text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    text = " ".join(_CONTROL.sub(" ", text).split())
    if len(text) > MAX_CHARS:
        notes.append(f"The query was cut to its first {MAX_CHARS} characters.")
        head, _, rest = text[:MAX_CHARS].rpartition(" ")
        text = head or rest
    return text


def _identifiers(text: str) -> tuple[Identifier, ...]:
    """The papers that a text names, if it does nothing else."""
    whole = _identifier(text)
    if whole:
        return (whole,)
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not 1 < len(parts) <= MAX_NAMED:
        return ()
    each = [_identifier(part) for part in parts]
    return tuple(dict.fromkeys(one for one in each if one)) if all(each) else ()


def _identifier(text: str) -> Identifier | None:
    if not text or len(text) > 500 or len(text.split()) > 2 or not re.search(r"\d|://", text):
        return None
    found = _FIELD.match(text)
    if found and found[1].casefold() in FIELDS:
        return None
    return identifiers.resolve(text)


class _Reader:
    """Reads clauses off a text, from left to right."""

    def __init__(self, text: str, today: date, notes: list[str]) -> None:
        self.text, self.today, self.notes = text, today, notes
        self.at = 0

    def read(self) -> list[Clause]:
        clauses: list[Clause] = []
        refuse_next = False
        while self.skip_junk():
            if len(clauses) >= MAX_CLAUSES:
                self.notes.append(f"Only the first {MAX_CLAUSES} parts of the query were used.")
                break
            negated = self.minus()
            if self.at >= len(self.text):
                break
            keyword = None if negated else self.keyword()
            if keyword:
                refuse_next = refuse_next or keyword == "NOT"
                continue
            clause = self.clause(negated or refuse_next)
            refuse_next = False
            if clause:
                clauses.append(clause)
        if refuse_next:
            self.notes.append("NOT stands before nothing and was ignored.")
        return clauses

    def skip_junk(self) -> bool:
        """Move to the next letter, digit, quotation mark or minus that begins something."""
        while self.at < len(self.text):
            c = self.text[self.at]
            if c.isalnum() or c in _QUOTES:
                return True
            if c in _MINUS and self.at + 1 < len(self.text) and not self.text[self.at + 1].isspace():
                return True
            self.at += 1
        return False

    def minus(self) -> bool:
        if self.text[self.at] not in _MINUS:
            return False
        while self.at < len(self.text) and not (
            self.text[self.at].isalnum() or self.text[self.at] in _QUOTES
        ):
            if self.text[self.at].isspace():
                return False
            self.at += 1
        return True

    def keyword(self) -> str | None:
        found = _KEYWORD.match(self.text, self.at)
        if not found or found[1] == self.text:
            return None
        self.at = found.end()
        if found[1] != "NOT":
            self.notes.append(f"{found[1]} is not needed: papers with more of the words stand higher anyway.")
        return found[1]

    def clause(self, negated: bool) -> Clause | None:
        found = _FIELD.match(self.text, self.at)
        name = FIELDS.get(found[1].casefold()) if found else None
        if name and found:
            self.at = found.end()
            value, quoted = self.value()
            return self.fielded(name, value, quoted, negated)
        if self.text[self.at] in _QUOTES:
            value, quoted = self.value()
            if quoted and not value:
                self.notes.append("Empty quotation marks were ignored.")
            return Clause(value, "", True, negated) if value else None
        value, _ = self.value()
        return Clause(value, "", False, negated) if value else None

    def value(self) -> tuple[str, bool]:
        """The next value and whether it was quoted; '' when there is none."""
        quoted = _QUOTED.match(self.text, self.at)
        if quoted:
            self.at = quoted.end()
            return _trim(quoted[1]), True
        if self.at < len(self.text) and self.text[self.at] in _QUOTES:
            self.notes.append("A quotation mark without its partner was ignored.")
            self.at += 1
            return "", False
        bare = _BARE.match(self.text, self.at)
        if not bare:
            return "", False
        self.at = bare.end()
        return bare[0], False

    def fielded(self, name: str, value: str, quoted: bool, negated: bool) -> Clause | None:
        if name in ("year", "date"):
            return self.ranged(name, value, negated)
        if name == "like":
            value = _bare_reference(value)
        elif name in ("cat", "source", "has", "is"):
            value = ",".join(dict.fromkeys(filter(None, (_trim(v) for v in value.casefold().split(",")))))
        else:
            value = _trim(value)
        if not re.search(r"\w", value):
            self.notes.append(f"{name}: stands without a value and was ignored.")
            return None
        allowed = {"has": HAS, "is": IS}.get(name)
        if allowed:
            quoted = False
            unknown = [v for v in value.split(",") if v not in allowed]
            if unknown:
                self.notes.append(
                    f"{name}:{','.join(unknown)} is not known; {name}: takes {', '.join(allowed)}."
                )
            value = ",".join(v for v in value.split(",") if v in allowed)
            if not value:
                return None
        return Clause(value, name, quoted and (" " in value or name not in ("cat", "source")), negated)

    def ranged(self, name: str, value: str, negated: bool) -> Clause | None:
        value = value.strip("()[]{},;")
        found = ranges.years(value) if name == "year" else ranges.days(value, self.today)
        if not found:
            examples = _YEAR_EXAMPLES if name == "year" else _DATE_EXAMPLES
            self.notes.append(f"{name}:{value} is not a {name} and was ignored; write {examples}.")
            return None
        if found.swapped:
            self.notes.append(f"{name}:{value} runs backwards; {name}:{found.text} was used.")
        return Clause(found.text, name, False, negated, found.low, found.high)


def _bare_reference(value: str) -> str:
    """A reference without brackets and commas around it; a DOI may end with a bracket that it opened."""
    value = value.strip().lstrip("([{<")
    return value.rstrip(",;>]}" if "(" in value else ",;>]})")


def _trim(value: str) -> str:
    """The value without what stands around its first and last letter or digit, single-spaced."""
    start, end = 0, len(value)
    while start < end and not value[start].isalnum():
        start += 1
    while end > start and not value[end - 1].isalnum():
        end -= 1
    return " ".join(value[start:end].split())
