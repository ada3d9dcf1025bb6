"""Prefixes of vectors ordered by nested dropout, against principal components and what pairs can teach."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.titles import Titles
from octavo.shrink.nested_ordering import NestedOrdering
from octavo.shrink.prefix import Importance
from octavo.teach.matryoshka import MatryoshkaAdapter

PREFIXES, SHORT, SEEDS = (8, 16, 32, 64, 128, 384), (8, 16, 32, 64), 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=120 if tiny else 4000, judged=40 if tiny else 1000)
    titles, abstracts = bench.pairs
    x = np.concatenate([titles, abstracts])
    steps = 2 if tiny else 600

    def found(transform) -> list[float]:
        """nDCG@10 at every prefix."""
        made = transform(bench.titles), transform(bench.abstracts)
        return [bench.judge(*(unit(each[:, :m]) for each in made)).ndcg for m in PREFIXES]

    ways: dict[str, list[list[float]]] = {
        "first numbers of MiniLM": [found(lambda each: each)],
        "principal components": [found(Importance().fit(x).transform)],
        "nested ordering": [],
        "the same, without dropping": [],
        "Matryoshka, which is told the pairs": [],
    }
    for seed in range(SEEDS):
        for way, least in (("nested ordering", 1), ("the same, without dropping", x.shape[1])):
            ordering = NestedOrdering(least=least, steps=steps, seed=seed).fit(x)
            ways[way].append(found(ordering.transform))
        adapter = MatryoshkaAdapter((8, 16, 32, 64, 128, 256), steps=steps, seed=seed).fit(titles, abstracts)
        ways["Matryoshka, which is told the pairs"].append(found(adapter.transform))
    figures = {way: dict(zip(PREFIXES, zip(*all_, strict=True), strict=True)) for way, all_ in ways.items()}
    ours, principal, rival = (figures[way] for way in (*list(ways)[2:0:-1], list(ways)[4]))
    return Evidence(
        claim="Dropping from behind brings numbers into an order in which the first few find alike.",
        checks={
            "cut to 64 or fewer, they find more than as many principal components, every seed": all(
                min(ours[m]) > max(principal[m]) for m in SHORT
            ),
            "and than a map taught the same without dropping": all(
                min(ours[m]) > max(figures["the same, without dropping"][m]) for m in SHORT
            ),
            "whole, they find no less than MiniLM": min(ours[384])
            >= figures["first numbers of MiniLM"][384][0] - 0.005,
            "without being told the pairs, half of what Matryoshka gains on principal components": all(
                np.mean(ours[m]) - principal[m][0] >= 0.5 * (np.mean(rival[m]) - principal[m][0])
                for m in SHORT
            ),
        },
        columns=("nDCG@10 of", *(f"{m} numbers" for m in PREFIXES)),
        rows=tuple((way, *(list(figures[way][m]) for m in PREFIXES)) for way in ways),
        leading="32 numbers",
        note=f"Titles look for their abstracts: vectors of {len(titles):,} titles and as many abstracts of "
        f"arXiv to learn from, {len(bench.titles) - bench.learned:,} other papers to be judged by, among all "
        "abstracts. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
