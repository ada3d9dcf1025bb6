"""Papers with a field each, for experiments with labels: who is an example and who is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from octavo.lab.abstracts import Abstracts
from octavo.protocols import Array, Ids


@dataclass(frozen=True)
class Labelled:
    """papers: a sample of arXiv. vectors: (N, D). labels: (N,), 0 .. C-1. names: (C,), the categories."""

    papers: Abstracts
    vectors: Array
    labels: Ids
    names: tuple[str, ...]

    @classmethod
    def read(cls, data: Path, n: int, *, least: int, most: int = 1000) -> Self:
        """Return, of the first n papers, those whose category has at least `least` of them.

        most: at most so many categories, those with the most papers.
        """
        papers = Abstracts.read(data, n)
        names, counts = np.unique(np.array(papers.categories), return_counts=True)
        order = np.lexsort((names, -counts))
        kept = sorted(str(names[i]) for i in order[:most] if counts[i] >= least)
        place = {name: number for number, name in enumerate(kept)}
        rows = [row for row, name in enumerate(papers.categories) if name in place]
        some = Abstracts(
            *(
                tuple(column[row] for row in rows)
                for column in (papers.titles, papers.texts, papers.categories, papers.dates)
            )
        )
        labels = np.array([place[name] for name in some.categories], np.int64)
        return cls(some, papers.vectors()[rows], labels, tuple(kept))

    def halves(self, seed: int) -> tuple[Ids, Ids]:
        """Return the rows to learn from and those to be asked, half of every category each."""
        rng = np.random.default_rng(seed)
        learn = np.concatenate(
            [
                rng.permutation(np.flatnonzero(self.labels == label))[: (self.labels == label).sum() // 2]
                for label in range(len(self.names))
            ]
        )
        return np.sort(learn), np.setdiff1d(np.arange(len(self.labels)), learn)

    def shots(self, rows: Ids, each: int, seed: int) -> Ids:
        """Return so many examples of every category among some rows."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(rows)
        return np.concatenate([order[self.labels[order] == label][:each] for label in range(len(self.names))])
