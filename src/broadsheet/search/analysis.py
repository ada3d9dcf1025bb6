"""How text becomes the tokens of the word index; the same at both ends, and for highlighting.

Two analyses, both of lower-cased words without accents: `stemmed` (English) for prose, `folded` for names.
Stop words stay in the index, so that phrases match as they stand; they are left out of questions only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import tantivy

MAX_TOKEN: Final = 64

_FUNCTION_WORDS: Final = """
a about above across after again against all almost along also although among an and another any
anyone anything are around as at away be became because been before being below between both but by
came can cannot come could did do does doing done down during each either else ever every few find
for from further gave get give given gives go going had has have having he hence her here hers him
his how however i if in include included includes including indeed instead into is it its itself
just keep kept know known large largely let like made make makes many may me might more most much
must my myself near need needed nor not now of off often on one only onto or other others our ours
out over own per perhaps please possible rather really said same say see seem seems several shall
she should show showed shown shows since so some something still such take taken than that the their
theirs them themselves then there therefore these they this those though through thus to together
too toward towards under until up upon us use used uses using very via was way we well were what
when where whether which while who whom whose why will with within without would yet you your
"""
STOP_WORDS: Final = frozenset(_FUNCTION_WORDS.split())

# Scripts written without spaces: every character is a word, and words are phrases.
_BARE: Final = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED: Final = re.compile(f"[{_BARE}]")
_WORD: Final = re.compile(rf"[{_BARE}]|[^\W_{_BARE}]+")
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9]+")


_ENDING: Final = re.compile(r"(?<=\w)['’](?:s|t|d|m|re|ll|ve)\b", re.IGNORECASE)
"""What an apostrophe cuts off a word, which is no word of its own."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands in the text it was found in."""

    text: str
    start: int
    end: int


@cache
def analyzers() -> dict[str, Any]:
    """The analysers by the name the index knows them under."""

    def made(*filters: Any) -> Any:
        builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        for step in (
            tantivy.Filter.remove_long(MAX_TOKEN),
            tantivy.Filter.lowercase(),
            tantivy.Filter.ascii_fold(),
            *filters,
        ):
            builder = builder.filter(step)
        return builder.build()

    return {"stemmed": made(tantivy.Filter.stemmer("english")), "folded": made()}


def spaced(text: str) -> str:
    """The text with spaces around the characters of scripts that use none."""
    return text if text.isascii() else _UNSPACED.sub(r" \g<0> ", text)


def stems(text: str) -> list[str]:
    """The stemmed tokens of a text, in order.

    >>> stems("Müller's graphs")
    ['muller', 's', 'graph']
    """
    return list(analyzers()["stemmed"].analyze(spaced(text)))


def folded(text: str) -> list[str]:
    """The tokens of a text as names are indexed, in order."""
    return list(analyzers()["folded"].analyze(spaced(text)))


def words(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORD.findall(text)


def content_stems(text: str) -> Counter[str]:
    """The stems of a question and how often each is said; stop words only if there is nothing else.

    >>> content_stems("the words of the word"), content_stems("Llama 2's size")
    (Counter({'word': 2}), Counter({'llama': 1, '2': 1, 'size': 1}))
    """
    said = folded(_ENDING.sub(" ", text) if "'" in text or "’" in text else text)
    return Counter(map(_stem, [word for word in said if word not in STOP_WORDS] or said))


def matches(text: str, wanted: Collection[str]) -> tuple[Token, ...]:
    """The words of a text whose stem is wanted, and where they stand.

    A text is looked through once for all that is told of it: its marks, its snippet and the reasons.
    """
    return _matches(text, frozenset(wanted))


@lru_cache(maxsize=256)
def _matches(text: str, wanted: frozenset[str]) -> tuple[Token, ...]:
    found: list[Token] = []
    for word in _beginning(text, wanted) if text.isascii() else _WORD.finditer(text):
        stem = _stem(word[0])
        if stem in wanted:
            found.append(Token(stem, word.start(), word.end()))
    return tuple(found)


def _beginning(text: str, wanted: frozenset[str]) -> list[re.Match[str]]:
    """The words of ASCII text that begin as one of the stems does, in order; few of all that it has."""
    small = text.lower()
    found: dict[int, re.Match[str]] = {}  # by place: two openings may begin one word
    for opening in _openings(wanted):
        at = small.find(opening)
        while at >= 0:
            if not at or not small[at - 1].isalnum():
                word = _ASCII_WORD.match(text, at)
                if word:
                    found[at] = word
            at = small.find(opening, at + 1)
    return [found[at] for at in sorted(found)]


@lru_cache(maxsize=256)
def _openings(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(_opening(stem) for stem in stems if stem)


def _opening(stem: str) -> str:
    """How every word of a stem begins: stemming changes endings, and short words as a whole (dying, die)."""
    return stem[: max(1, min(5, len(stem) - 2))]


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    stem: list[str] = analyzers()["stemmed"].analyze(word)
    return stem[0] if stem else ""
