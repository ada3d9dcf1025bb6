"""Prefixes of taught vectors against plain truncation and principal components."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.titles import Titles
from octavo.protocols import Array
from octavo.teach.matryoshka import MatryoshkaAdapter, principal

PREFIXES, SEEDS = (8, 16, 32, 64, 128, 256, 384), 3


def cut(x: Array, m: int) -> Array:
    return x[:, :m] / np.maximum(np.linalg.norm(x[:, :m], axis=1, keepdims=True), 1e-9)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=120 if tiny else 4000, judged=40 if tiny else 1000)
    titles, abstracts = bench.pairs
    seeds, steps = (1, 5) if tiny else (SEEDS, 600)
    turn = principal(np.concatenate([titles, abstracts])).T
    ways: list[tuple[str, list[tuple[Array, Array]]]] = [
        ("first numbers of MiniLM", [(bench.titles, bench.abstracts)]),
        ("principal components", [(bench.titles @ turn, bench.abstracts @ turn)]),
        ("Matryoshka", []),
        ("the same, taught whole vectors only", []),
    ]
    for seed in range(seeds):
        for (_, made), dims in zip(
            ways[2:], ((8, 16, 32, 64, 128, 256), (bench.titles.shape[1],)), strict=True
        ):
            adapter = MatryoshkaAdapter(dims, steps=steps, seed=seed).fit(titles, abstracts)
            made.append((adapter.transform(bench.titles), adapter.transform(bench.abstracts)))
    figures = {
        (name, m): [bench.judge(cut(t, m), cut(a, m)).ndcg for t, a in made]
        for name, made in ways
        for m in PREFIXES
    }
    short = PREFIXES[:4]
    taught, turned = ([figures[ways[place][0], m] for m in short] for place in (2, 1))
    whole = figures["Matryoshka", PREFIXES[-1]]
    return Evidence(
        claim="Vectors taught by prefix can be cut to a fraction of their length and find nearly as well.",
        checks={
            "cut to 64 or fewer, they find more than MiniLM's first numbers, every seed": all(
                min(figures["Matryoshka", m]) > figures[ways[0][0], m][0] for m in short
            ),
            "and more than as many principal components": all(
                min(a) > max(b) for a, b in zip(taught, turned, strict=True)
            ),
            "a sixth of the length keeps 95 % of MiniLM's nDCG@10": min(figures["Matryoshka", 64])
            >= 0.95 * figures[ways[0][0], PREFIXES[-1]][0],
            "whole, they find no less than MiniLM": min(whole)
            >= figures[ways[0][0], PREFIXES[-1]][0] - 0.005,
        },
        columns=("nDCG@10 of", *(f"{m} numbers" for m in PREFIXES)),
        rows=tuple((name, *(figures[name, m] for m in PREFIXES)) for name, _ in ways),
        note=f"Titles look for their abstracts: {len(titles):,} pairs of arXiv to learn from, "
        f"{len(bench.titles) - bench.learned:,} others to be judged by, among all abstracts. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
