"""Contrastive batches by chance, of distinct clusters, and of one cluster, on titles and abstracts."""

from __future__ import annotations

from pathlib import Path

import torch

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.titles import Titles
from octavo.protocols import Ids
from octavo.teach.distinct_batches import cluster_batches, clusters
from octavo.teach.head import Head
from octavo.teach.info_nce import InfoNCE
from octavo.tensors import tensor
from octavo.training import batches, train

SIZE, CLUSTERS, STEPS, SEEDS = 64, 200, 1500, 3


def taught(bench: Titles, chosen: list[Ids]) -> tuple[float, float]:
    """Recall@1 and nDCG@10 of a head taught with these batches."""
    titles, abstracts = (tensor(x, "x") for x in bench.pairs)
    head, loss = Head(titles.shape[1]), InfoNCE()
    for _ in train(head, lambda rows: loss(head(titles[rows]), head(abstracts[rows])), chosen, rate=3e-4):
        pass
    found = bench.judge(head.apply_to(bench.titles), head.apply_to(bench.abstracts))
    return found.first, found.ndcg


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=120 if tiny else 4000, judged=40 if tiny else 1000)
    size, k, steps, seeds = (8, 12, 6, 2) if tiny else (SIZE, CLUSTERS, STEPS, SEEDS)
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in range(seeds):
        torch.manual_seed(seed)
        labels = clusters(bench.pairs[1], k, seed=seed)
        ways = {
            "by chance": batches(bench.learned, size, steps=steps, seed=seed),
            "of distinct clusters": cluster_batches(labels, size, steps=steps, seed=seed),
            "of few clusters (hard)": cluster_batches(labels, size, steps=steps, seed=seed, order="hard"),
        }
        for name, chosen in ways.items():
            found.setdefault(name, []).append(taught(bench, chosen))
    before = bench.judge(bench.titles, bench.abstracts)
    ndcg = {name: [each[1] for each in figures] for name, figures in found.items()}
    return Evidence(
        claim="Contrastive learning gains when no two examples of a cluster share a batch.",
        checks={
            "distinct clusters find more than chance, every seed": all(
                a > b for a, b in zip(ndcg["of distinct clusters"], ndcg["by chance"], strict=True)
            ),
            "distinct clusters find more than hard batches, every seed": all(
                a > b
                for a, b in zip(ndcg["of distinct clusters"], ndcg["of few clusters (hard)"], strict=True)
            ),
        },
        columns=("batches", "recall@1", "nDCG@10"),
        rows=(
            ("MiniLM, nothing taught", before.first, before.ndcg),
            *((name, [each[0] for each in figures], ndcg[name]) for name, figures in found.items()),
        ),
        note=f"A linear head, {steps:,} steps of {size} pairs, {k} clusters of the abstracts. Titles look "
        "for their abstracts among those learned from and those judged by. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
