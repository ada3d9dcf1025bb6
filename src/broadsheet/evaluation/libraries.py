"""Readers' libraries with the words of their papers, and what a system is asked: CiteULike-t.

Three questions. Warm: of each library a fifth is hidden, and all papers are candidates. Cold papers: a fifth
of the papers nobody has, and those are the candidates. Cold readers: a fifth of the readers is new, five
papers of each are known and the rest is asked for. Folds 0 are measured; systems were tuned on folds 1, with
what is in folds 0 taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from broadsheet.exceptions import ConfigError, NotFoundError
from octavo.protocols import Array, Ids, SparseRows
from octavo.rank.sparse import row_of, taken, unit_rows

PROTOCOLS: Final = ("warm", "cold papers", "cold readers")
KNOWN: Final = 5
"""Papers that are known of a cold reader."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a system.

    learned: (U, N) histories that it may learn from. asked: (Q, N) what is known of the readers asked about.
    candidates: (M,) which papers are ranked; those a reader has are not. wanted: (Q, N) what was hidden.
    terms: (N, W) the papers' words.
    """

    protocol: str
    learned: SparseRows
    asked: SparseRows
    candidates: Ids
    wanted: SparseRows
    terms: SparseRows

    def of(self, readers: Ids) -> Question:
        """The question about some of its readers."""
        return replace(self, asked=taken(self.asked, readers), wanted=taken(self.wanted, readers))


@dataclass(frozen=True)
class Libraries:
    """Who has what, and in which fold it is. pairs: (P, 2) reader and paper; counts: (N, W) words."""

    pairs: Ids
    pair_fold: Ids
    paper_fold: Ids
    counts: SparseRows
    readers: int

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read `readers/citeulike-t` of a folder of collections. Raises NotFoundError, ConfigError."""
        folder = data / "readers" / "citeulike-t"
        if not folder.is_dir():
            raise NotFoundError(f"no readers/citeulike-t in {str(data)!r}")
        bag, papers = _columns(folder / "bow.parquet"), _columns(folder / "items.parquet", "item")
        fold = _columns(folder / "splits" / "inmatrix_fold_seed20240601.parquet")
        cold = _columns(folder / "splits" / "coldstart_item_fold_seed20240601.parquet")
        size = int(papers["item"].max()) + 1
        paper_fold = np.zeros(size, np.int64)
        paper_fold[cold["item"]] = cold["fold"]
        width = int(bag["word_id"].max()) + 1
        return cls(
            np.stack([fold["user"], fold["item"]], axis=1).astype(np.int64),
            fold["fold"].astype(np.int64),
            paper_fold,
            _rows(bag["item"], bag["word_id"], bag["count"].astype(np.float32), (size, width)),
            int(fold["user"].max()) + 1,
        )

    @property
    def papers(self) -> int:
        """N."""
        return len(self.paper_fold)

    def ask(self, protocol: str, *, fold: int = 0, seed: int = 0) -> Question:
        """Return one of the three questions; readers of whom nothing is known or hidden are left out."""
        user, paper = self.pairs.T
        learned = np.ones(len(user), bool)
        candidates = np.arange(self.papers)
        if protocol == "warm":
            hidden = self.pair_fold == fold
            learned = ~hidden
            known = ~hidden
        elif protocol == "cold papers":
            hidden = self.paper_fold[paper] == fold
            learned, known = ~hidden, ~hidden
            candidates = np.flatnonzero(self.paper_fold == fold)
        else:
            rng = np.random.default_rng(seed)
            many = np.bincount(user, minlength=self.readers) >= 2 * KNOWN
            new = many & (rng.permutation(self.readers) % 5 == fold)
            learned = ~new[user]
            # The first so many of each reader's papers in an order drawn at random.
            order = np.lexsort((rng.random(len(user)), user))
            place = np.empty(len(user), np.int64)
            place[order] = np.arange(len(user)) - np.searchsorted(user[order], user[order])
            known, hidden = new[user] & (place < KNOWN), new[user] & (place >= KNOWN)
        shape = self.readers, self.papers
        rows = [_rows(user[which], paper[which], None, shape) for which in (learned, known, hidden)]
        both = np.flatnonzero((np.diff(rows[1].indptr) > 0) & (np.diff(rows[2].indptr) > 0))
        return Question(protocol, rows[0], rows[1], candidates, rows[2], weighed(self.counts)).of(both)


def weighed(counts: SparseRows) -> SparseRows:
    """Return (N, W) TF-IDF weights of counted words, (1 + ln tf) (1 + ln (1 + N) / (1 + df)), rows of unit
    length."""
    holding = np.bincount(counts.indices, minlength=counts.width)
    rare = 1 + np.log((1 + len(counts)) / (1 + holding))
    data = (1 + np.log(counts.data)) * rare[counts.indices]
    return unit_rows(replace(counts, data=data.astype(np.float32)))


def _rows(row: Any, column: Any, data: Array | None, shape: tuple[int, int]) -> SparseRows:
    order = np.lexsort((column, row))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))]).astype(np.int64)
    held = np.ones(len(order), np.float32) if data is None else data[order]
    return SparseRows(indptr, column[order].astype(np.int64), held, shape[1])


def _columns(file: Path, *only: str) -> dict[str, Any]:
    try:
        import pyarrow.parquet  # only development installs it
    except ImportError as error:
        raise ConfigError("readers' libraries are in Parquet: pip install pyarrow") from error
    table = pyarrow.parquet.read_table(file, columns=list(only) or None)
    return {name: table[name].to_numpy() for name in table.column_names}


def readers_of(rows: SparseRows) -> Ids:
    """Return for each number of (Q, N) the reader it belongs to."""
    return row_of(rows)
