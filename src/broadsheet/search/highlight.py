"""What is shown of a paper that was found: escaped text with the words of the query in `<mark>`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final

from broadsheet.search import analysis
from broadsheet.search.analysis import Token

SNIPPET: Final = 320
"""How many characters a snippet has, roughly."""

_MATHS: Final = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
_SENTENCE_END: Final = re.compile(r"[.!?。！？][\"')\]]*\s+(?=[^a-z\s])|\n{2,}")
_JOINT: Final = re.compile(r"[\s-]{1,2}")


def mark(text: str, stems: Collection[str]) -> str:
    """The text as HTML, its tokens with one of these stems marked; maths is left in one piece.

    >>> mark("Graphs & <graph>s", {"graph"})
    '<mark>Graphs</mark> &amp; &lt;<mark>graph</mark>&gt;s'
    """
    return _marked(text, _matches(text, stems) if stems else [])


def snippet(text: str, stems: Mapping[str, float], telling: Collection[str] = ()) -> str:
    """The part of a text that says most about the query, as HTML with its words marked.

    It begins at the sentence whose different stems weigh most; where none has any, at the one with the most
    of the telling stems, which are not marked; else at the first. A short text is shown whole.
    """
    found = _matches(text, stems) if stems else []
    if len(text) <= SNIPPET:
        return _marked(text, found)
    best_start, best_end, best_worth = 0, 0, -1.0
    at = 0
    deciding = found or (_matches(text, telling) if telling else [])
    for start, end in sentences(text):
        stems_inside: set[str] = set()
        while at < len(deciding) and deciding[at].start < end:
            stems_inside.add(deciding[at].text)
            at += 1
        worth = sum(stems.get(stem, 1.0) for stem in stems_inside) if stems_inside else 0.0
        if worth > best_worth:
            best_start, best_end, best_worth = start, end, worth
    # A short sentence is followed by the next ones, a long one is cut at a word.
    low, high = best_start, max(best_end, min(len(text), best_start + SNIPPET))
    inside = [token.start for token in found if best_start <= token.start < best_end]
    if inside and inside[0] > low + SNIPPET // 2 and best_end - low > SNIPPET:
        low = _cut(text, max(best_start, inside[0] - SNIPPET // 4), best_start)
    if high > low + SNIPPET:
        high = _cut(text, low + SNIPPET, low + SNIPPET // 2)
    for start, end in _maths(text):
        if start < low < end:
            low = start
        if start < high < end:
            high = end
    kept = [
        Token(token.text, token.start - low, token.end - low)
        for token in found
        if low <= token.start and token.end <= high
    ]
    shown = text[low:high].rstrip()
    return f"{'… ' if low > 0 else ''}{_marked(shown, kept)}{' …' if high < len(text.rstrip()) else ''}"


def _matches(text: str, stems: Collection[str]) -> Sequence[Token]:
    found = analysis.matches(text, stems)
    maths = _maths(text)
    if not maths:
        return found
    return [t for t in found if not any(start < t.end and t.start < end for start, end in maths)]


def _maths(text: str) -> list[tuple[int, int]]:
    return [place.span() for place in _MATHS.finditer(text)] if "$" in text or "\\" in text else []


def _marked(text: str, found: Sequence[Token]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in _joined(text, found):
        pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*pieces, escape(text[at:])])


def _joined(text: str, found: Sequence[Token]) -> list[tuple[int, int]]:
    """Matches that stand side by side are marked as one."""
    spans: list[tuple[int, int]] = []
    for token in found:
        if spans and (token.start <= spans[-1][1] or _JOINT.fullmatch(text[spans[-1][1] : token.start])):
            spans[-1] = spans[-1][0], max(token.end, spans[-1][1])
        else:
            spans.append((token.start, token.end))
    return spans


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end."""
    edges = [0, *(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]
    return [(start, end) for start, end in itertools.pairwise(edges) if end > start]


def _cut(text: str, at: int, least: int) -> int:
    """The last space before a place, if it is not too far back."""
    space = text.rfind(" ", least, at)
    return space + 1 if space > 0 else at
