"""The next item of 22,363 Beauty histories, among all 12,101: BERT4Rec, SASRec's form, and counting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from octavo.catalogue import Evidence
from octavo.lab.baskets import Baskets, Found, counted, counts, main_directions, next_found, spread
from octavo.lab.experiment import main
from octavo.protocols import Array, Ids
from octavo.rank.bert4rec import Bert4Rec
from octavo.training import train

EPOCHS, SEEDS, SIZE, DIM = 3, 3, 64, 64
PUBLISHED = {"SASRec": Found(0.0605, 0.0318), "BERT4Rec": Found(0.0347, 0.0170)}
COUNTED = "counted transitions, older items fading"  # three places; this and the fading by the last but one
CAUSAL, MASKED = "SASRec's form", "BERT4Rec"


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    bench = Baskets.read(data)
    learned, epochs, seeds = bench.learned, 1 if tiny else EPOCHS, 2 if tiny else SEEDS
    transitions = counts(learned, bench.items, near=3)
    start = main_directions(counts(learned, bench.items, near=5, shrink=3.0), DIM)

    def asked(scores: Callable[[Sequence[Ids]], Array]) -> Found:
        return next_found(scores, bench.asked, bench.last)

    def taught(name: str, seed: int) -> Found:
        torch.manual_seed(seed)
        causal = name == CAUSAL
        model = Bert4Rec(
            bench.items,
            dim=DIM,
            layers=1,
            dropout=0.3 if causal else 0.2,
            drawn=500,
            causal=causal,
            seed=seed,
        )
        model.start_from(start)

        def loss(rows: Ids) -> Tensor:
            return model.loss([learned[row] for row in rows])

        for _ in train(model, loss, spread(learned, SIZE, epochs, seed), rate=2e-3, decay=0.1):
            pass
        return asked(model.scores)

    popular, same = bench.taken(learned), counts(learned, bench.items, near=0)
    found = {
        "popularity": [asked(lambda histories: np.tile(popular, (len(histories), 1)))],
        "item-kNN, older items fading": [asked(counted(same))],
        COUNTED: [asked(counted(transitions))],
    }
    for name in (CAUSAL, MASKED):
        found[name] = [taught(name, seed) for seed in range(seeds)]
    goal, own = PUBLISHED["SASRec"], PUBLISHED["BERT4Rec"]
    masked, causal = found[MASKED], found[CAUSAL]

    def above(tries: list[Found], least: Found) -> bool:
        return all(each.hits > least.hits and each.ndcg > least.ndcg for each in tries)

    return Evidence(
        claim="Learning from both sides of hidden items finds the next one better than looking back only.",
        checks={
            "BERT4Rec above the same network looking back only, every seed": all(
                above([a], b) for a, b in zip(masked, causal, strict=True)
            ),
            "BERT4Rec above what was published of it here, every seed": above(masked, own),
            "BERT4Rec above what was published of SASRec, every seed": above(masked, goal),
            "the network looking back only above what was published of SASRec, every seed": above(
                causal, goal
            ),
            "BERT4Rec above counted transitions, every seed": above(masked, found[COUNTED][0]),
        },
        columns=("system", "HR@10", "nDCG@10"),
        rows=(
            *((f"{name}, as published", each.hits, each.ndcg) for name, each in PUBLISHED.items()),
            *(
                (name, [each.hits for each in tries], [each.ndcg for each in tries])
                for name, tries in found.items()
            ),
        ),
        note=f"{len(learned):,} histories of S3-Rec's Beauty: the last item is asked for among all "
        f"{bench.items:,} but those already taken, the last but one was kept for choosing, and the rest is "
        f"learned from. The networks have one layer of width {DIM}, {epochs} epochs, 500 drawn items a step; "
        "started from counts, the items' vectors are the main directions of how often items stand near each "
        "other. The published figures are read from a picture in S3-Rec's repository.",
    )


if __name__ == "__main__":
    main(measure)
