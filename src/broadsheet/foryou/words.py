"""The words of papers as numbers: hashed columns, so that no vocabulary has to be kept."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from broadsheet.papers import Paper
from broadsheet.subjects.telling import terms, text_of
from octavo.protocols import Array, Ids, SparseRows

WIDTH: Final = 1 << 16
"""Columns. Of the hundred terms of an abstract, one in seven hundred shares its column with another."""


@lru_cache(maxsize=200_000)
def column(term: str) -> int:
    """The column of a term, the same on every machine.

    >>> column("graph") == column("graph"), 0 <= column("neural network") < WIDTH
    (True, True)
    """
    return zlib.crc32(term.encode("utf-8", "replace")) % WIDTH


@dataclass(frozen=True, slots=True)
class Words:
    """The terms of one paper: columns (T,), ascending, and how often each is said, dampened (T,)."""

    columns: Ids
    counts: Array

    @classmethod
    def of_text(cls, text: str) -> Words:
        """Those of a text."""
        counted: Counter[int] = Counter(column(term) for term in terms(text))
        columns = np.array(sorted(counted), np.int64)
        counts = np.array([1 + np.log(counted[int(each)]) for each in columns], np.float32)
        return cls(columns, counts)

    @classmethod
    def of(cls, paper: Paper) -> Words:
        """Those of a paper's title and abstract."""
        return cls.of_text(text_of(paper))


def holding(papers: Sequence[Words]) -> Ids:
    """In how many of the papers each column stands (WIDTH,)."""
    held = np.zeros(WIDTH, np.int64)
    for words in papers:
        held[words.columns] += 1
    return held


def rarity(held: Ids, papers: int) -> Array:
    """How much each column tells (WIDTH,): 1 + log of how few of the papers have it, smoothed."""
    told: Array = (1 + np.log((1 + papers) / (1 + held))).astype(np.float32)
    return told


def weighed(papers: Sequence[Words], rare: Array) -> SparseRows:
    """The terms of papers, weighed by how rare they are, each row of unit length; an empty one stays."""
    lengths = [len(words.columns) for words in papers]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if not papers or not indptr[-1]:
        return SparseRows(indptr, np.empty(0, np.int64), np.empty(0, np.float32), WIDTH)
    indices = np.concatenate([words.columns for words in papers])
    data = np.concatenate([words.counts for words in papers]) * rare[indices]
    row = np.repeat(np.arange(len(papers)), lengths)
    squares = np.bincount(row, data.astype(np.float64) ** 2, minlength=len(papers))
    data = data / np.sqrt(np.maximum(squares, 1e-12))[row]
    return SparseRows(indptr, indices, data.astype(np.float32), WIDTH)
