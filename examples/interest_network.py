"""What a reader kept, weighed anew for every paper, against its mean and against plain cosines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from octavo.catalogue import Evidence
from octavo.lab.clicks import Libraries, likeness, nearest
from octavo.lab.experiment import main
from octavo.rank.clicks import fidelity, learn, moved_by, odds
from octavo.rank.interest_network import InterestNetwork

READERS, SEEDS, EPOCHS, DIM, STRENGTH, EXPLAINED = 500, 3, 3, 32, 1e-3, 300
OURS = "Deep Interest Network"
WAYS = {  # pooled, the penalty's strength
    "the network with the mean of the shelf": (True, STRENGTH),
    OURS: (False, STRENGTH),
    "Deep Interest Network, no penalty": (False, 0.0),
}


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    shelves = Libraries.read(data, 12 if tiny else READERS)
    epochs, seeds, dim = (1, 2, 4) if tiny else (EPOCHS, SEEDS, DIM)
    found: dict[str, list[tuple[float, float]]] = {}
    faithful: list[float] = []
    chance: list[float] = []
    for seed in range(1, seeds + 1):
        table = shelves.table(seed)
        n, history = table.learned, table.seen.shape[1] - 1
        asked = table.seen[n:]
        plain = {"cosine with the mean of the shelf": likeness, "mean of the three highest cosines": nearest}
        for name, scored in plain.items():
            found.setdefault(name, []).append(table.quality(scored(shelves.vectors, asked)))
        for name, (pooled, strength) in WAYS.items():
            model = InterestNetwork(
                shelves.described, history, vectors=4 * shelves.vectors, dim=dim, pooled=pooled, seed=seed
            )
            model.count(table.seen[:n])

            def penalty(batch: Tensor, model: InterestNetwork = model, strength: float = strength) -> Tensor:
                return model.penalty(batch, strength)

            learn(model, table.seen[:n], table.opened[:n], epochs=epochs, penalty=penalty, seed=seed)
            found.setdefault(name, []).append(table.quality(odds(model, asked)))
            if name == OURS:
                some = asked[:EXPLAINED]
                moved = moved_by(model, some)[:, 1:]
                said = np.abs(model.weights(some))
                faithful.append(fidelity(said, moved))
                mixed = np.random.default_rng(seed).permuted(np.where(np.isfinite(said), said, -1), axis=1)
                chance.append(fidelity(mixed, moved))
    auc = {name: [both[0] for both in values] for name, values in found.items()}
    own = {name: [both[1] for both in values] for name, values in found.items()}
    pooled = "the network with the mean of the shelf"
    return Evidence(
        claim="Weighing what was read by its likeness to the paper in hand ranks better than its mean.",
        checks={
            "above the same network with the mean of the shelf, every seed": above(auc[OURS], auc[pooled]),
            "above both cosines, every seed": all(above(auc[OURS], auc[name]) for name in plain),
            "within readers (GAUC) above the mean of the shelf, every seed": above(own[OURS], own[pooled]),
            "the penalty of the batch's values helps, every seed": above(
                auc[OURS], auc["Deep Interest Network, no penalty"]
            ),
            "reasons name what moves the score: a rank correlation above 0.3, every seed": min(faithful)
            > 0.3,
        },
        columns=("ranked by", "AUC", "GAUC", "fidelity of reasons"),
        rows=(
            *((name, auc[name], own[name], faithful if name == OURS else "") for name in found),
            ("reasons in any order", "", "", chance),
        ),
        note=f"{len(shelves.kept)} libraries of citeulike-t, {len(shelves):,} papers: three quarters to "
        "learn from, for each paper kept two that others kept, and up to 15 of the shelf beside. Papers are "
        "latent semantic vectors of their words with topic, two words and a tag. Fidelity is the rank "
        "correlation between what a paper of the shelf is said to add and what taking it away does.",
    )


def above(one: list[float], other: list[float]) -> bool:
    return all(a > b for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    main(measure)
