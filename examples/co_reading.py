"""What a reader takes next, told from what they took: vectors learned from company, and knowing each item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.baskets import Baskets
from octavo.lab.experiment import main
from octavo.lab.libraries import incidence, reduced
from octavo.protocols import Array, Ids
from octavo.rank.co_reading import CoReading
from octavo.rank.skip_gram import visit_pairs
from octavo.training import batches, train

KINDS, WINDOW, SIZE, STEPS, SEEDS, DIM = 5, 3, 2048, 200, 3, 64
ONE_HOT, SINGULAR = "every item by itself", "main directions of who took what"
OURS, ITEMS_ONLY = "Co-read embeddings", "co-read embeddings of items alone"


def area(scores: Array, right: np.ndarray) -> float:
    """The area under the curve: how often one that is right stands before one that is not."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(len(scores))
    ups = right.sum()
    return float((ranks[right].sum() - ups * (ups - 1) / 2) / (ups * (len(right) - ups)))


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(1)
    bench = Baskets.read(data)
    items, kinds = bench.items, int(bench.attributes[:, 1].max()) + 1
    of = [np.empty(0, np.int64)] * items
    for item in np.unique(bench.attributes[:, 0]):
        of[item] = bench.attributes[bench.attributes[:, 0] == item, 1]
    has = np.zeros((items, kinds), bool)
    has[tuple(bench.attributes.T)] = True
    next_has = has[bench.last]
    # Whether the next one will be of a kind is asked of the kinds nearest to a fifth of all.
    asked = np.argsort(np.abs(next_has.mean(axis=0) - 0.2), kind="stable")[: 3 if tiny else KINDS]
    histories = bench.asked
    coded = [np.concatenate([np.append(items + of[item], item) for item in each]) for each in histories]
    found: dict[str, list[float]] = {}
    for seed in range(2 if tiny else SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(histories))
        order = order[: 60 if tiny else 8000]
        learn, judge = np.array_split(order, 2)

        def vectors(visits: list[list[Ids]], seed: int = seed) -> CoReading:
            pairs = visit_pairs(visits, window=WINDOW, seed=seed)
            model = CoReading(np.bincount(pairs[:, 0], minlength=items + kinds), dim=DIM, seed=seed)
            steps = batches(len(pairs), SIZE, steps=2 if tiny else STEPS, seed=seed)
            for _ in train(model, lambda rows: model.loss(pairs[rows]), steps, rate=0.02):
                pass
            return model

        there = incidence(histories, items)
        alone = vectors([[np.array([item]) for item in each] for each in histories])
        whole = vectors([[np.append(items + of[item], item) for item in each] for each in histories])
        directions = reduced(there.T.tocsr(), DIM)
        inputs = {
            ONE_HOT: there,
            SINGULAR: unit(there @ directions),
            "what was taken, its kinds counted": unit(incidence(coded, items + kinds).toarray()[:, items:]),
            ITEMS_ONLY: unit(alone.readers(histories)),
            OURS: unit(whole.readers(coded)),
        }
        for name, x in inputs.items():
            areas = []
            for kind in asked:
                model = LogisticRegression(C=1.0, max_iter=300).fit(x[learn], next_has[learn, kind])
                areas.append(area(model.decision_function(x[judge]), next_has[judge, kind]))
            found.setdefault(name, []).append(float(np.mean(areas)))

    def above(name: str, other: str, times: float = 1.0) -> bool:
        return all(a > times * b for a, b in zip(found[name], found[other], strict=True))

    return Evidence(
        claim="Vectors of concepts, learned from their company, tell what comes better than the concepts do.",
        checks={
            "area above that of every item by itself, every seed": above(OURS, ONE_HOT),
            "by a tenth at least": above(OURS, ONE_HOT, 1.1),
            "and above that of the main directions of who took what": above(OURS, SINGULAR),
            "and above that of the kinds of what was taken, counted": above(
                OURS, "what was taken, its kinds counted"
            ),
            "items alone do so, too: above every item by itself": above(ITEMS_ONLY, ONE_HOT),
        },
        columns=("a reader is", "area under the curve"),
        rows=tuple(found.items()),
        note=f"S3-Rec's Beauty: whether the next item will be of a kind, for {len(asked)} kinds that about a "
        "fifth of them are of, by logistic regression on 4,000 readers, judged on 4,000 others, drawn anew "
        "with each seed. The vectors are learned from all histories without the item asked for; a visit is "
        "an item and its kinds.",
    )


if __name__ == "__main__":
    main(measure)
