"""A judge that reads both sides teaches vectors: its hard candidates, its opinion, and its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from octavo.catalogue import Evidence
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.lab.titles import Titles
from octavo.protocols import Ids
from octavo.teach.dynamic_distillation import DynamicDistillation
from octavo.teach.head import Head
from octavo.tensors import tensor
from octavo.training import batches, train

PAIRS, JUDGED, CANDIDATES, STEPS, SEEDS = 1000, 500, 16, 500, 3
WAYS = (
    "random candidates, own answer",
    "hard candidates, own answer",
    "hard, and the judge's opinion",
    "and weights",
)


def chamfer(query: np.ndarray, document: np.ndarray) -> float:
    """The judge: the mean over a title's tokens of its best match among the abstract's."""
    return float((query @ document.T).max(axis=1).mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=60 if tiny else PAIRS, judged=30 if tiny else JUDGED)
    steps, seeds, size = (3, 2, 8) if tiny else (STEPS, SEEDS, 32)
    hard_count = 4 if tiny else CANDIDATES
    tokens_of = [encoded(texts).tokens for texts in (bench.papers.titles, bench.papers.texts)]
    titles, abstracts = bench.pairs
    near = np.argsort(-(titles @ abstracts.T), axis=1)[:, : 2 * hard_count]
    candidates = {}
    for kind in ("random", "hard"):
        rng = np.random.default_rng(0)
        picked = np.empty((len(titles), hard_count), np.int64)
        for i in range(len(titles)):
            pool = near[i] if kind == "hard" else rng.permutation(len(titles))
            others = pool[pool != i][: hard_count - 1]
            picked[i] = [i, *others]
        teacher = [[chamfer(tokens_of[0][i], tokens_of[1][j]) for j in row] for i, row in enumerate(picked)]
        candidates[kind] = (picked, torch.tensor(teacher))
    t, a = tensor(titles, "titles"), tensor(abstracts, "abstracts")

    def taught(way: str, seed: int) -> tuple[float, float]:
        picked, teacher = candidates["random" if way.startswith("random") else "hard"]
        opinion = way in WAYS[2:]
        head = Head(t.shape[1])
        criterion = DynamicDistillation(share=0.5 if opinion else 0.0, dynamic=way == WAYS[3])

        def loss(rows: Ids) -> torch.Tensor:
            return criterion(head(t[rows]), head(a[picked[rows]]), teacher[rows])

        for _ in train(head, loss, batches(len(t), size, steps=steps, seed=seed), rate=2e-4):
            pass
        found = bench.judge(head.apply_to(bench.titles), head.apply_to(bench.abstracts))
        return found.first, found.ndcg

    found = {way: [taught(way, seed) for seed in range(seeds)] for way in WAYS}
    before = bench.judge(bench.titles, bench.abstracts)
    ndcg = {way: [each[1] for each in tries] for way, tries in found.items()}

    def above(one: int, other: int) -> bool:
        return all(x > y for x, y in zip(ndcg[WAYS[one]], ndcg[WAYS[other]], strict=True))

    return Evidence(
        claim="A slow judge's hard candidates and weighted opinion make better fast vectors.",
        checks={
            "hard candidates teach more than random ones, every seed": above(1, 0),
            "the judge's opinion adds to them, every seed": above(2, 1),
            "weights add to that, every seed": above(3, 2),
            "the best is above MiniLM as it is": max(map(min, ndcg.values())) > before.ndcg,
        },
        columns=("taught with", "recall@1", "nDCG@10"),
        rows=(
            ("MiniLM, nothing taught", before.first, before.ndcg),
            *((way, [each[0] for each in tries], ndcg[way]) for way, tries in found.items()),
        ),
        note=f"The judge is late interaction over MiniLM's tokens; the student a linear head, {len(t):,} "
        f"titles to learn from, {hard_count} candidates each. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
