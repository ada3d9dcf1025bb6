"""Which papers say a word that a reader muted or wants less of: whole words and phrases, in casefolded text.

Every word of a paper is kept as a number. So a word is looked up in all papers at once, and the text is read
only where a phrase may stand, or where a script does not part its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo.protocols import Ids

Numbers = npt.NDArray[np.uint32]

_RUN: Final = re.compile(r"\w+")
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uf900-\ufaff]")


def numbers_of(text: str) -> Numbers:
    """The words of a casefolded text as numbers, each once. They hold as long as the process lives."""
    return np.array([hash(word) & 0xFFFFFFFF for word in set(_RUN.findall(text))], np.uint32)


def pattern_of(word: str) -> re.Pattern[str]:
    """Finds a word or phrase in casefolded text: whole words, but in scripts that have no ends of words.

    >>> bool(pattern_of("net").search("nets and a net")), bool(pattern_of("net").search("nets"))
    (True, False)
    >>> bool(pattern_of("波").search("电波"))
    True
    """
    text = r"\s+".join(map(re.escape, word.casefold().split()))
    return re.compile(text if _UNSPACED.search(word) else rf"(?<!\w){text}(?!\w)")


def said(words: Sequence[str], text: str) -> list[str]:
    """Those of some words that a casefolded text says, in their order."""
    return [word for word in words if pattern_of(word).search(text)]


@dataclass(frozen=True)
class Sayings:
    """What N papers say. numbers: (T,) ascending; rows: (T,) whose they are; texts: casefolded, N of them."""

    numbers: Numbers
    rows: Ids
    texts: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str], numbers: Sequence[Numbers]) -> Self:
        """From texts and what `numbers_of` gave of each."""
        every = np.concatenate([np.empty(0, np.uint32), *numbers])
        order = np.argsort(every, kind="stable")
        rows = np.repeat(np.arange(len(numbers)), [len(each) for each in numbers])
        return cls(every[order], rows[order], tuple(texts))

    def count(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """(N,): how many of some words each paper says."""
        found = np.zeros(len(self.texts), np.float32)
        for word in dict.fromkeys(map(str.casefold, words)):
            found[self._saying(word)] += 1
        return found

    def _saying(self, word: str) -> list[int]:
        runs = _RUN.findall(word)
        rows: Sequence[int] = range(len(self.texts))
        if runs and not _UNSPACED.search(word):
            holding = [self._holding(run) for run in runs]
            rows = set(holding[0]).intersection(*holding[1:])  # type: ignore[assignment]
            if runs == [word]:
                # Two words of one number are one in four thousand million: `in` is proof enough.
                return [row for row in rows if word in self.texts[row]]
        search = pattern_of(word).search
        return [row for row in rows if search(self.texts[row])]

    def _holding(self, run: str) -> list[int]:
        number = np.uint32(hash(run) & 0xFFFFFFFF)
        low, high = (np.searchsorted(self.numbers, number, side) for side in ("left", "right"))
        held: list[int] = self.rows[low:high].tolist()
        return held
