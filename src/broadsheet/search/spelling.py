"""Slips of the keyboard: a word that no paper has is read as the word nearby that papers have.

Nearby is a letter or two inserted, left out, changed, or exchanged with its neighbour. The terms of the index
that begin alike are compared; a slip in the first two letters is found where a letter was doubled, dropped or
exchanged. The word is told as a paper writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from broadsheet.papers import Paper
from broadsheet.search import analysis
from broadsheet.search.matching import Matcher

SHORTEST: Final = 4
"""Letters; in a shorter word any letter may be meant."""
RARE: Final = 30_000
"""A word that fewer than one paper in so many has may be a slip of theirs: another is searched beside it."""
COMMONER: Final = 100
"""So many times more papers must have that other word."""
_MOST_WORDS: Final = 10
_SHORT: Final = 6
_READ: Final = 3
_COMPARED: Final = 1000  # terms of one beginning, those that most papers have


def mended(
    text: str, matcher: Matcher, read: Callable[[Sequence[int]], Sequence[Paper]]
) -> tuple[str, list[str]]:
    """Return the text with its slips put right, and sentences that tell the reader of them.

    read: papers by their numbers. A text of many words is pasted, and left alone.
    """
    written = [word for word in dict.fromkeys(analysis.words(text)) if len(word) >= SHORTEST]
    if len(written) > _MOST_WORDS:
        return text, []
    notes: list[str] = []
    asked = analysis.content_stems(text)
    for word in written:
        stem = next(iter(analysis.stems(word)), "")
        # Names of genes and models are not slips, however near to a word they are.
        if stem not in asked or not word.isalpha() or not (word.islower() or word.istitle()):
            continue
        held = matcher.words.frequency("text", stem)
        better = _nearby(stem, held, matcher) if held * RARE <= matcher.words.size else ""
        shown = _as_written(better, word, matcher, read) if better else ""
        if not shown:
            continue
        if held:
            text = f"{text} {shown}"
            notes.append(f"“{shown}” was searched as well as “{word}”, which few papers have.")
        else:
            text = text.replace(word, shown)
            notes.append(f"No paper has “{word}”; “{shown}” was searched instead.")
    return text, notes


def _nearby(stem: str, held: int, matcher: Matcher) -> str:
    """The term of the index that is meant; '' where none is near. Nearer wins, then what more papers have."""
    letters = 1 if len(stem) <= _SHORT else 2
    of_stem = set(stem)
    beginnings = dict.fromkeys((stem[:2], stem[0] + stem[2:3], stem[1::-1], stem[1:3]))
    best = (letters + 1, 0, "")
    for beginning in beginnings:
        for term, papers in matcher.words.beginning("text", beginning)[:_COMPARED]:
            if abs(len(term) - len(stem)) > letters or papers <= held * COMMONER or term == stem:
                continue
            if len(of_stem.symmetric_difference(term)) > 2 * letters:
                continue
            away = distance(term, stem)
            best = min(best, (away, -papers, term))
    return best[2]


def _as_written(
    stem: str, typed: str, matcher: Matcher, read: Callable[[Sequence[int]], Sequence[Paper]]
) -> str:
    """The word of that stem that is nearest to what was typed, as papers write it."""
    found = matcher.words.best(matcher.ranking({stem: 1}), _READ)
    words = {
        word.casefold()
        for paper in read([i for i, _ in found])
        for word in analysis.words(f"{paper.title} {paper.abstract}")
        if analysis.stems(word) == [stem]
    }
    return min(words, key=lambda word: (distance(word, typed.casefold()), word), default="")


def distance(one: str, other: str) -> int:
    """Letters inserted, left out, changed, or exchanged with their neighbour, to make one of the other.

    >>> distance("graph", "grpah"), distance("network", "netwrok"), distance("cat", "cart")
    (1, 1, 1)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
