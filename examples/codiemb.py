"""One head for search and similarity: each task its own batches and loss, against mixed ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.sentence_pairs import SentencePairs
from octavo.lab.titles import Titles
from octavo.teach.codiemb import Similarity
from octavo.teach.head import Head
from octavo.teach.info_nce import InfoNCE
from octavo.tensors import tensor
from octavo.training import batches, train

STEPS, SIZE, SEEDS = 1000, 128, 3
WAYS = ("search alone", "similarity alone", "both, InfoNCE for both", "CoDiEmb: each task its own loss")


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Titles.read(data, learned=120 if tiny else 4000, judged=40 if tiny else 1000)
    learned = SentencePairs.read(data, "train", 60 if tiny else None)
    judged = SentencePairs.read(data, "dev", 30 if tiny else None)
    steps, seeds = (4, 2) if tiny else (STEPS, SEEDS)
    titles, abstracts = (tensor(x, "x") for x in bench.pairs)
    x, y, scores = tensor(learned.x, "x"), tensor(learned.y, "y"), torch.from_numpy(learned.judged)
    alike = torch.nonzero(scores >= 4)[:, 0]  # what a contrastive loss can take for pairs
    contrast, similarity = InfoNCE(), Similarity()

    def figures(head: Head | None) -> tuple[float, float]:
        t, a, u, v = (
            each if head is None else head.apply_to(each)
            for each in (bench.titles, bench.abstracts, judged.x, judged.y)
        )
        return bench.judge(t, a).ndcg, judged.correlation(np.einsum("nd,nd->n", u, v))

    def taught(way: str, seed: int) -> tuple[float, float]:
        head = Head(titles.shape[1])
        searches = batches(len(titles), SIZE, steps=steps, seed=seed)
        likenesses = batches(len(x), SIZE, steps=steps, seed=seed)
        same = [alike[batch].numpy() for batch in batches(len(alike), SIZE, steps=steps, seed=seed)]
        if way == "search alone":
            turns = [("search", batch) for batch in searches]
        elif way == "similarity alone":
            turns = [("similarity", batch) for batch in likenesses]
        else:
            other = ("alike", same) if "InfoNCE" in way else ("similarity", likenesses)
            turns = [
                turn
                for a, b in zip(searches, other[1], strict=True)
                for turn in (("search", a), (other[0], b))
            ]

        def loss(turn: tuple[str, np.ndarray]) -> torch.Tensor:
            task, rows = turn
            if task == "search":
                return contrast(head(titles[rows]), head(abstracts[rows]))
            if task == "alike":
                return contrast(head(x[rows]), head(y[rows]))
            return similarity(head(x[rows]), head(y[rows]), scores[rows])

        for _ in train(head, loss, turns, rate=2e-4):
            pass
        return figures(head)

    found = {way: [taught(way, seed) for seed in range(seeds)] for way in WAYS}
    search = {way: [each[0] for each in tries] for way, tries in found.items()}
    likeness = {way: [each[1] for each in tries] for way, tries in found.items()}
    ours = WAYS[3]
    return Evidence(
        claim="One head can be good at search and at similarity when each batch has its task's own loss.",
        checks={
            "search as good as taught for it alone, but for .005 of nDCG@10": all(
                a >= b - 0.005 for a, b in zip(search[ours], search["search alone"], strict=True)
            ),
            "similarity as good as taught for it alone, but for .005 of Spearman's correlation": all(
                a >= b - 0.005 for a, b in zip(likeness[ours], likeness["similarity alone"], strict=True)
            ),
            "more similarity than with InfoNCE for both, every seed": all(
                a > b for a, b in zip(likeness[ours], likeness[WAYS[2]], strict=True)
            ),
        },
        columns=("taught", "search: nDCG@10, titles to abstracts", "similarity: Spearman, STS-B dev"),
        rows=(
            ("MiniLM, nothing taught", *figures(None)),
            *((way, search[way], likeness[way]) for way in WAYS),
        ),
        note=f"A linear head on MiniLM, {steps:,} steps of each task, batches of {SIZE}. Learned from "
        "STS-B's training pairs (for InfoNCE those judged 4 or more) and titles of arXiv. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
