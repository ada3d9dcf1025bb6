"""Pairs of sentences whose likeness people judged, and MiniLM's vectors of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from octavo.lab.encoded import vectors
from octavo.protocols import Array


@dataclass(frozen=True, slots=True)
class SentencePairs:
    """N pairs. x, y: (N, D) of unit length. judged: (N,), 0 for nothing in common to 5 for the same."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    x: Array
    y: Array
    judged: Array

    @classmethod
    def read(cls, data: Path, split: str, n: int | None = None) -> Self:
        """Return the first n of `similarity/stsb/en.tsv`, split train or dev, under the data."""
        with (data / "similarity" / "stsb" / "en.tsv").open(encoding="utf-8", newline="") as lines:
            rows = [
                row
                for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["split"] == split
            ][:n]
        first, second = (tuple(row[f"sentence{side}"] for row in rows) for side in (1, 2))
        judged = np.array([float(row["score"]) for row in rows], dtype=np.float32)
        return cls(first, second, vectors(first), vectors(second), judged)

    def correlation(self, scores: Array) -> float:
        """Return Spearman's correlation between scores (N,) and what people judged."""
        from scipy.stats import spearmanr  # of the learn extra, as all experiments

        return float(spearmanr(scores, self.judged).statistic)
