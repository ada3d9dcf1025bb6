"""What is taken next, by descriptions alone: products that nobody took yet, and all of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.baskets import Baskets, counted, counts, next_found
from octavo.lab.experiment import main
from octavo.lab.libraries import reduced
from octavo.protocols import Array, Ids
from octavo.rank.recformer import Recformer
from octavo.training import batches, train

STEPS, SIZE, SEEDS, DIM, ASKED = 120, 128, 3, 64, 1000
LAST, MEAN = "the last one's description", "descriptions, older ones fading"
FIRST, SECOND = "Recformer, first stage", "Recformer, second stage"
COUNTED = "counted transitions, no descriptions"
Scores: TypeAlias = Callable[[Sequence[Ids]], Array]


def descriptions(bench: Baskets) -> Array:
    """(items, DIM), the main directions of the items' attributes, rare ones counting more."""
    item, kind = bench.attributes.T
    rarity = np.log(bench.items / np.bincount(kind))
    table = csr_matrix((rarity[kind].astype(np.float32), (item, kind)), (bench.items, int(kind.max()) + 1))
    made = np.zeros((bench.items, DIM), np.float32)
    found = reduced(table, DIM)
    made[:, : found.shape[1]] = found
    return unit(made)


def taught(texts: Array, histories: list[Ids], known: Ids, seed: int, steps: int) -> tuple[Scores, Scores]:
    """The scores of a model after its first and after its second stage."""
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), Recformer(texts, seed=seed)
    still: Array | None = None

    def loss(rows: Ids) -> Tensor:
        cuts = [int(rng.integers(1, len(histories[row]))) for row in rows]
        before = [histories[row][:cut] for row, cut in zip(rows, cuts, strict=True)]
        after = np.array([histories[row][cut] for row, cut in zip(rows, cuts, strict=True)])
        return model.loss(before, after, still=still, among=known)

    for _ in train(model, loss, batches(len(histories), SIZE, steps=steps, seed=0), rate=1e-3):
        pass
    first, still = copy.deepcopy(model), model.vectors()
    for _ in train(model, loss, batches(len(histories), SIZE, steps=steps // 2, seed=1), rate=5e-4):
        pass
    return first.scores, partial(model.scores, still=still)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    bench, steps, seeds = Baskets.read(data), 2 if tiny else STEPS, 2 if tiny else SEEDS
    texts = descriptions(bench)
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        new = rng.random(bench.items) < 0.2
        learned = [each[~new[each]] for each in bench.learned]
        learned = [each for each in learned if len(each) >= 2]
        rows = rng.permutation(len(bench.last))[: 40 * ASKED if tiny else 5 * ASKED]
        lately, some = rows[new[bench.last[rows]]], rows[:ASKED]

        def noted(
            name: str, scores: Scores, new: Array = new, lately: Ids = lately, some: Ids = some
        ) -> None:
            def of_new(histories: Sequence[Ids]) -> Array:
                return np.where(new, scores(histories), -np.inf)

            found.setdefault(name, []).append(
                tuple(
                    next_found(way, [bench.asked[row] for row in chosen], bench.last[chosen]).ndcg
                    for way, chosen in ((of_new, lately), (scores, some))
                )
            )

        noted(LAST, lambda histories: texts[[each[-1] for each in histories]] @ texts.T)
        noted(MEAN, Recformer(texts).scores)
        noted(COUNTED, counted(counts(learned, bench.items, near=3)))
        stages = taught(texts, learned, np.flatnonzero(~new), seed, steps)
        for name, scores in zip((FIRST, SECOND), stages, strict=True):
            noted(name, scores)

    def above(name: str, other: str, place: int) -> bool:
        return all(a[place] > b[place] for a, b in zip(found[name], found[other], strict=True))

    return Evidence(
        claim="Reading descriptions in order finds what is taken next, also among what nobody took yet.",
        checks={
            "new items: better than descriptions fading, every seed": above(FIRST, MEAN, 0),
            "new items: the second stage better than the first": above(SECOND, FIRST, 0),
            "new items: better than counting, which knows none": above(SECOND, COUNTED, 0),
            "all items: better than descriptions fading, every seed": above(SECOND, MEAN, 1),
            "all items: better than counted transitions": above(SECOND, COUNTED, 1),
        },
        columns=("system", "nDCG@10, new items", "all items"),
        rows=tuple((name, *map(list, zip(*tries, strict=True))) for name, tries in found.items()),
        note="S3-Rec's Beauty: a fifth of the items, others with each seed, are kept out of what is learned "
        "and compete with each other; then all do. Descriptions are the main directions of the items' "
        f"attributes, four an item, which many share; {steps} and {steps // 2} steps.",
    )


if __name__ == "__main__":
    main(measure)
