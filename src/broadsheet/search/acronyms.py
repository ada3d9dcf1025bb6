"""Short forms and what they stand for, as papers themselves explain them: "mixture of experts (MoE)".

A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text (Schwartz and Hearst, 2003):
the letters of the short form are looked for backwards in the words before the bracket, the first of them at
the beginning of a word. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_BRACKET: Final = re.compile(r"\(\s*([A-Za-z][A-Za-z0-9-]{1,9}?)s?\s*[,;)]")
_WORD: Final = re.compile(r"\S+")
_MOST_WORDS: Final = 8


class Pair(NamedTuple):
    """A short form and its long form, each as it is written."""

    short: str
    long: str


def pairs(text: str) -> list[Pair]:
    """The short forms that a text explains, in order.

    >>> pairs("A sparse mixture of experts (MoE) with LoRA (low rank).")
    [Pair(short='MoE', long='mixture of experts')]
    """
    found = []
    for bracket in _BRACKET.finditer(text):
        short = bracket[1]
        if sum(letter.isupper() for letter in short) < 2:
            continue
        before = text[max(0, bracket.start() - 200) : bracket.start()]
        reach = min(len(short) + 5, 2 * len(short), _MOST_WORDS)
        words = [word.start() for word in _WORD.finditer(before)]
        if words:
            long = _long_form(short, before[words[max(0, len(words) - reach)] :].rstrip())
            if long:
                found.append(Pair(short, long))
    return found


def _long_form(short: str, before: str) -> str:
    """The shortest end of a text that the letters of the short form are found in; '' if there is none."""
    at = len(before)
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].casefold()
        if not letter.isalnum():
            continue
        at -= 1
        while at >= 0 and (
            before[at].casefold() != letter or (place == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
    long = before[at:].strip(" \"'“”‘’")
    plain = long.casefold() != short.casefold() and short.casefold() not in long.casefold().split()
    return long if plain and " " in long.replace("-", " ") and "(" not in long else ""
