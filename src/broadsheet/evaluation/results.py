"""What an evaluation found: a line for each system on each collection, the table, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final, NamedTuple

import numpy as np

from broadsheet.evaluation.judged import MEASURES, POOLED
from broadsheet.evaluation.systems import BASELINE, PLAIN
from octavo.check.significance import Difference, bootstrap

SCHEMA: Final = 1


@dataclass(frozen=True)
class Line:
    """One system on one collection.

    figures: each measure for every query, in the order of the queries. ms: processor time a query, the
    query's own encoding included. bytes: a document, everything the system keeps.
    """

    collection: str
    pooled: bool
    system: str
    figures: dict[str, list[float]]
    ms: float
    bytes: float

    def mean(self, measure: str) -> float:
        """Over the queries."""
        return fmean(self.figures[measure])


class Row(NamedTuple):
    """One system over all collections.

    means: by collection, of its main measure. overall: the mean over the collections searched as a whole, as
    are gain (over BM25, in parts of BM25's own), the differences, recall, ms and bytes.
    """

    system: str
    title: str
    means: dict[str, float]
    overall: float
    gain: float
    to_words: Difference
    to_plain: Difference | None
    recall: float
    ms: float
    bytes: float


@dataclass
class Evaluation:
    """All lines. titles: of the systems. facts: of the run, such as its date and machine."""

    lines: list[Line]
    titles: dict[str, str]
    facts: dict[str, Any]

    def line(self, system: str, collection: str) -> Line:
        """The one of a system on a collection."""
        return next(x for x in self.lines if (x.system, x.collection) == (system, collection))

    @property
    def collections(self) -> list[str]:
        """Their names, those searched as a whole first."""
        names = dict.fromkeys(line.collection for line in self.lines)
        pooled = {line.collection for line in self.lines if line.pooled}
        return sorted(names, key=lambda name: (name in pooled, list(names).index(name)))

    @property
    def systems(self) -> list[str]:
        """Their names, in the order of the run."""
        return list(dict.fromkeys(line.system for line in self.lines))

    def judged_by(self) -> list[str]:
        """The collections over which means are taken: those searched as a whole, or all if there are none."""
        pooled = {line.collection for line in self.lines if line.pooled}
        return [name for name in self.collections if name not in pooled] or self.collections

    def rows(self) -> list[Row]:
        """Return the table, a row for each system."""
        return [self._row(system) for system in self.systems]

    def _row(self, system: str) -> Row:
        lines = [self.line(system, name) for name in self.judged_by()]
        main = [main_measure(line) for line in lines]
        overall = fmean(line.mean(measure) for line, measure in zip(lines, main, strict=True))
        words = fmean(
            self.line(BASELINE, line.collection).mean(measure)
            for line, measure in zip(lines, main, strict=True)
        )
        every = [self.line(system, name) for name in self.collections]
        return Row(
            system,
            self.titles[system],
            {line.collection: line.mean(main_measure(line)) for line in every},
            overall,
            overall / words - 1 if words else 0.0,
            self.difference(system, BASELINE),
            self.difference(system, PLAIN) if PLAIN in self.systems else None,
            fmean(line.mean("Recall@100") if "Recall@100" in line.figures else 0.0 for line in lines),
            fmean(line.ms for line in lines),
            fmean(line.bytes for line in lines),
        )

    def difference(self, system: str, other: str) -> Difference:
        """Return by how much a system is better than another, by the paired bootstrap."""
        groups = []
        for name in self.judged_by():
            one, two = self.line(system, name), self.line(other, name)
            measure = main_measure(one)
            groups.append(np.subtract(one.figures[measure], two.figures[measure]))
        return bootstrap(groups)

    def as_json(self) -> dict[str, Any]:
        """Return everything but the single queries, as JSON values."""
        return {
            "schema": SCHEMA,
            "facts": self.facts,
            "collections": self.collections,
            "systems": [
                {
                    "system": row.system,
                    "title": row.title,
                    "mean": round(row.overall, 4),
                    "gain": round(row.gain, 4),
                    "to_bm25": [round(x, 4) for x in row.to_words],
                    "to_plain": [round(x, 4) for x in row.to_plain] if row.to_plain else None,
                    "recall": round(row.recall, 4),
                    "ms": round(row.ms, 3),
                    "bytes": round(row.bytes, 1),
                    "collections": {
                        name: {
                            measure: round(self.line(row.system, name).mean(measure), 4)
                            for measure in self.line(row.system, name).figures
                        }
                        for name in self.collections
                    },
                }
                for row in self.rows()
            ],
        }


def main_measure(line: Line) -> str:
    """The first measure of a collection's rules."""
    return POOLED[0] if line.pooled else MEASURES[0]


HEAD: Final = ("system", "mean", "to BM25", "95 %", "p to plain", "R@100", "CPU ms", "bytes a paper")


def table(content: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the head and the rows of the table, of what `Evaluation.as_json` returned."""
    names: Sequence[str] = content["collections"]
    head = (HEAD[0], *names, *HEAD[1:])
    rows = []
    for each in content["systems"]:
        firsts = [next(iter(each["collections"][name].values())) for name in names]
        _, low, high, _ = each["to_bm25"]
        own = each["system"] == BASELINE
        plain = each["to_plain"]
        rows.append(
            (
                each["title"],
                *(f"{value:.3f}" for value in firsts),
                f"{each['mean']:.3f}",
                "" if own else f"{each['gain']:+.1%}",
                "" if own else f"{low:+.3f} .. {high:+.3f}",
                "" if plain is None or each["system"] == PLAIN else f"{plain[0]:+.3f}, p {plain[3]:.4f}",
                f"{each['recall']:.3f}",
                f"{each['ms']:.1f}",
                f"{each['bytes']:,.0f}",
            )
        )
    return head, rows


def markdown(content: dict[str, Any]) -> str:
    """Return the table in Markdown."""
    head, rows = table(content)
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
