"""How well papers are ranked for readers: the three questions, the judging, and the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

import numpy as np

from broadsheet.evaluation.bench import Bench, Cost
from broadsheet.evaluation.libraries import PROTOCOLS, Libraries, Question
from broadsheet.evaluation.reader_systems import SERVED, System
from octavo.protocols import Array, Ids
from octavo.rank.slate import slate
from octavo.rank.sparse import products, taken

CUTOFFS: Final = (20, 100, 300)
PAGE: Final = 20
TRADE: Final = 0.3
"""How much likeness costs on the page that is laid out; chosen on fold 1."""

Progress = Callable[[str, int, int], None]


@dataclass
class Line:
    """One system at one question. figures: each measure for every reader, in the order of the readers."""

    protocol: str
    system: str
    title: str
    figures: dict[str, list[float]]
    cost: Cost
    seeds: list[float] = field(default_factory=list)

    def mean(self, measure: str) -> float:
        """Over the readers."""
        return fmean(self.figures[measure])


def evaluate(
    libraries: Libraries,
    systems: Sequence[System],
    *,
    readers: int | None = 1000,
    seeds: int = 3,
    fold: int = 0,
    protocols: Sequence[str] = PROTOCOLS,
    progress: Progress | None = None,
) -> list[Line]:
    """Ask every system every question.

    readers: so many drawn at random for each question, the same for every system; None for all. seeds: how
    often cold readers are drawn anew, and their first papers.
    """
    told = progress or (lambda _name, _done, _total: None)
    lines: list[Line] = []
    for protocol in protocols:
        rounds = seeds if protocol == "cold readers" else 1
        for seed in range(rounds):
            question = libraries.ask(protocol, fold=fold, seed=seed)
            question = question.of(_drawn(len(question.asked), readers, rounds, seed))
            bench = Bench(question, seed)
            wanted = [each for each in systems if protocol in each.protocols]
            for place, system in enumerate(wanted):
                told(f"{protocol}, {seed + 1} of {rounds}", place, len(wanted))
                _note(lines, _line(bench, system))
                if system.name == SERVED:
                    _note(lines, _laid_out(bench, system))
            told(f"{protocol}, {seed + 1} of {rounds}", len(wanted), len(wanted))
    return lines


def _drawn(there: int, readers: int | None, rounds: int, seed: int) -> Ids:
    many = there if readers is None else min(there, max(readers // rounds, 1))
    return np.sort(np.random.default_rng(seed).choice(there, many, replace=False))


def _note(lines: list[Line], line: Line) -> None:
    """Add a line, or its readers to those of the same system at the same question."""
    for known in lines:
        if (known.protocol, known.system) == (line.protocol, line.system):
            for measure, figures in line.figures.items():
                known.figures[measure] += figures
            known.seeds += line.seeds
            return
    lines.append(line)


def _line(bench: Bench, system: System) -> Line:
    scores = system.make(bench).copy()
    figures = judge(bench.question, scores)
    parts = [bench.costs[part] for part in system.parts]
    cost = Cost(sum(x.learning for x in parts), sum(x.ms for x in parts), sum(x.bytes for x in parts))
    return Line(bench.question.protocol, system.name, system.title, figures, cost, [fmean(figures["R@100"])])


def _laid_out(bench: Bench, system: System) -> Line:
    """The same, with the page laid out so that no interest floods it."""
    question = bench.question
    scores = hidden(question, system.make(bench).copy())
    new = taken(question.terms, question.candidates)
    for row in scores:
        best = np.argpartition(-row, 10 * PAGE)[: 10 * PAGE] if len(row) > 10 * PAGE else np.arange(len(row))
        finite = best[np.isfinite(row[best])]
        page = finite[slate(row[finite], taken(new, finite), PAGE, trade=TRADE, among=10 * PAGE)]
        row[page] = row[finite].max() + 1 + np.arange(len(page))[::-1]
    figures = judge(question, scores)
    cost = bench.costs["taste"]
    title = f"{system.title}, page laid out"
    return Line(question.protocol, f"{system.name} page", title, figures, cost, [fmean(figures["R@100"])])


def hidden(question: Question, scores: Array) -> Array:
    """Scores (Q, M), -inf where a reader has the candidate; altered in place."""
    column = np.full(question.terms.indptr.size - 1, -1, np.int64)
    column[question.candidates] = np.arange(len(question.candidates))
    asked = question.asked
    for reader in range(len(asked)):
        mine = column[asked.indices[asked.indptr[reader] : asked.indptr[reader + 1]]]
        scores[reader, mine[mine >= 0]] = -np.inf
    return scores


def judge(question: Question, scores: Array) -> dict[str, list[float]]:
    """Return each measure for every reader: recall at the cutoffs, nDCG@20, variety and coverage of the page.

    variety: one less the mean cosine between the words of two papers of the first 20. coverage: how many of
    the papers known of the reader are the nearest known one to a paper of the first 20, in parts of how many
    could be.
    """
    scores = hidden(question, scores)
    candidates, asked, wanted = question.candidates, question.asked, question.wanted
    names = [*(f"R@{k}" for k in CUTOFFS), f"nDCG@{PAGE}", "variety", "coverage"]
    found: dict[str, list[float]] = {name: [] for name in names}
    gains = 1 / np.log2(np.arange(2, PAGE + 2))
    depth = min(CUTOFFS[-1], len(candidates))
    for reader, row in enumerate(scores):
        first = np.argpartition(-row, depth - 1)[:depth]
        first = candidates[first[np.lexsort((first, -row[first]))]]
        right = wanted.indices[wanted.indptr[reader] : wanted.indptr[reader + 1]]
        hits = np.isin(first, right)
        for k in CUTOFFS:
            found[f"R@{k}"].append(float(hits[:k].sum()) / len(right))
        best = gains[: min(PAGE, len(right))].sum()
        found[f"nDCG@{PAGE}"].append(float((hits[:PAGE] * gains[: len(hits[:PAGE])]).sum() / best))
        page = taken(question.terms, first[:PAGE])
        mine = asked.indices[asked.indptr[reader] : asked.indptr[reader + 1]]
        near = products(page, page)
        many = len(near)
        found["variety"].append(float(1 - (near.sum() - np.trace(near)) / max(many * (many - 1), 1)))
        nearest = products(page, taken(question.terms, mine)).argmax(axis=1)
        found["coverage"].append(len(np.unique(nearest)) / min(PAGE, len(mine)))
    return found
