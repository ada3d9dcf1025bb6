"""Real abstracts to experiment with: a sample of arXiv, and the vectors that MiniLM gives them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from octavo.lab.encoded import vectors
from octavo.protocols import Array

_ORDER: Final = 20260101  # of the shuffle: a smaller sample is the beginning of a larger one


@dataclass(frozen=True, slots=True)
class Abstracts:
    """N papers in an order without meaning; every tuple has N entries.

    categories: the primary one, such as "cs.LG". dates: "2021-05-17".
    """

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    categories: tuple[str, ...]
    dates: tuple[str, ...]

    @classmethod
    def read(cls, data: Path, n: int) -> Self:
        """Return n papers of `papers/arxiv_100k` in the folder of collections, or all if there are fewer.

        The same n always brings the same papers, and a smaller one their beginning.
        """
        import pyarrow.parquet  # only development installs it

        table = pyarrow.parquet.read_table(data / "papers" / "arxiv_100k" / "papers.parquet")
        chosen = np.random.default_rng(_ORDER).permutation(table.num_rows)[:n]
        rows = table.take(chosen)
        columns = ("title", "abstract", "primary_category", "date")
        return cls(*(tuple(map(str, rows.column(name).to_pylist())) for name in columns))

    def __len__(self) -> int:
        return len(self.titles)

    def vectors(self, *, cache: Path | None = None) -> Array:
        """Return (N, 384) of unit length, of title and abstract read together."""
        whole = [f"{title}\n{text}" for title, text in zip(self.titles, self.texts, strict=True)]
        return vectors(whole, cache=cache)

    def title_vectors(self, *, cache: Path | None = None) -> Array:
        """Return (N, 384) of unit length, of the titles alone: questions whose answers are the papers."""
        return vectors(self.titles, cache=cache)
