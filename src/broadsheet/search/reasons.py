"""Why a paper was found, in words: what it has of the question, and why it is near where it has nothing.

Pure: from the paper's text, its places in the legs, and the stems that the question asked for and the second
look went by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from broadsheet.papers import Paper
from broadsheet.search import analysis
from broadsheet.search.answer import Ranked

MOST_WORDS: Final = 5
MOST_SHARED: Final = 3


def reasons(
    paper: Paper, ranked: Ranked, stems: Mapping[str, float], telling: Collection[str], *, like: bool = False
) -> tuple[str, ...]:
    """Sentences that say why.

    stems: what was asked for and how rare each is. telling: stems of the first papers, or of those that
    results should be like, the most telling first.
    """
    told: list[str] = []
    if "identifier" in ranked.legs:
        told.append("It is the paper that was named.")
    if "title" in ranked.legs:
        told.append("Its title is what was typed.")
    has = _written(paper, stems)
    if has:
        everything = len(has) == len(stems) > 1
        told.append(f"Has {'all the words: ' if everything else ''}{_listed(_rarest(has, stems))}.")
    if like or ("meaning" in ranked.legs and not told):
        shared = _written(paper, [stem for stem in telling if stem not in stems])
        because = [shared[stem] for stem in telling if stem in shared][:MOST_SHARED]
        whose = "the papers given do" if like else "the first papers do"
        if because:
            told.append(f"Near because it speaks of {_listed(because)}, as {whose}.")
        elif not told:
            told.append("Near in what it is about.")
    return tuple(told)


def _written(paper: Paper, stems: Collection[str]) -> dict[str, str]:
    """The stems that a paper has, as they are first written there."""
    found: dict[str, str] = {}
    for text in (paper.title, paper.abstract) if stems else ():
        for token in analysis.matches(text, stems):
            found.setdefault(token.text, text[token.start : token.end])
    return found


def _rarest(has: Mapping[str, str], stems: Mapping[str, float]) -> list[str]:
    return [has[stem] for stem in sorted(has, key=lambda stem: -stems[stem])][:MOST_WORDS]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in dict.fromkeys(words))
