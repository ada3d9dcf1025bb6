"""Titles as questions, abstracts as answers: what an encoder's owner can learn from without labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import vectors
from octavo.protocols import Array


class Found(NamedTuple):
    """Of titles that look for their own abstract: recall@1, recall@10, nDCG@10 (one relevant a question)."""

    first: float
    tenth: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class Titles:
    """P papers to learn from, then J to be judged by, whose abstracts are looked for among all P + J.

    papers: all of them. titles, abstracts: (P + J, D) of unit length. learned: P.
    """

    papers: Abstracts
    titles: Array
    abstracts: Array
    learned: int

    @classmethod
    def read(cls, data: Path, *, learned: int = 4000, judged: int = 1000) -> Self:
        """Read P = learned and J = judged papers; of fewer, a fifth is judged by."""
        papers = Abstracts.read(data, learned + judged)
        if len(papers) < learned + judged:
            learned = len(papers) * 4 // 5
        return cls(papers, papers.title_vectors(), vectors(papers.texts), learned)

    @property
    def pairs(self) -> tuple[Array, Array]:
        """Titles and abstracts (P, D) to learn from."""
        return self.titles[: self.learned], self.abstracts[: self.learned]

    def judge(self, titles: Array, abstracts: Array) -> Found:
        """Return how well the last J of (P + J, D') titles find theirs among all (P + J, D') abstracts."""
        asked = titles[self.learned :]
        scores = asked @ abstracts.T
        own = scores[np.arange(len(asked)), np.arange(self.learned, len(titles))]
        rank = (scores >= own[:, None]).sum(axis=1)  # ties count against
        gain = np.where(rank <= 10, 1 / np.log2(rank + 1), 0.0)
        return Found(float((rank == 1).mean()), float((rank <= 10).mean()), float(gain.mean()))
