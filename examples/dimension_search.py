"""How many numbers each value's embedding keeps: searched for, against magnitude and narrower embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from octavo.catalogue import Evidence
from octavo.lab.click_models import FactorisationMachine
from octavo.lab.clicks import Libraries
from octavo.lab.experiment import main
from octavo.rank.clicks import Embeddings, learn, odds
from octavo.rank.dimension_search import SearchedEmbeddings, search

READERS, SEEDS, EPOCHS, DIM, SHARES = 150, 3, 5, 16, (0.0, 0.5, 0.75, 0.875)
OURS, MAGNITUDE, NARROW = "DNIS", "numbers nearest to 0 dropped, no search", "narrower embeddings"


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    shelves = Libraries.read(data, 12 if tiny else READERS)
    epochs, sizes = 1 if tiny else EPOCHS, shelves.sizes
    found: dict[tuple[float, str], list[tuple[float, float]]] = {}
    left: list[tuple[float, float]] = []
    for seed in range(1, (2 if tiny else SEEDS) + 1):
        table = shelves.table(seed)
        n = table.learned
        learned, opened, asked = table.lines[:n], table.opened[:n], table.lines[n:]
        how = {"epochs": epochs, "rate": 0.01, "decay": 1.0, "seed": seed}

        for name in (OURS, MAGNITUDE):
            searched = SearchedEmbeddings(Embeddings(sizes, DIM, seed=seed), learned)
            model = FactorisationMachine(searched, seed=seed)
            if name == OURS:
                search(model, searched, learned, opened, **how)
            else:
                learn(model, learned, opened, **how)
            for share in SHARES:
                numbers = searched.prune(share)
                found.setdefault((share, name), []).append(table.quality(odds(model, asked)))
            if name == OURS:
                often = searched.often > 0
                blocks = np.array_split(numbers[often][np.argsort(-searched.often[often])], 4)
                left.append((float(blocks[0].mean()), float(blocks[-1].mean())))
        for share in SHARES[1:]:
            narrow = Embeddings(sizes, round(DIM * (1 - share)), seed=seed)
            model = learn(FactorisationMachine(narrow, seed=seed), learned, opened, **how)
            found.setdefault((share, NARROW), []).append(table.quality(odds(model, asked)))
    auc = {key: [both[0] for both in values] for key, values in found.items()}

    def above(other: str) -> bool:
        return all(
            a > b for share in SHARES[1:] for a, b in zip(auc[share, OURS], auc[share, other], strict=True)
        )

    return Evidence(
        claim="Searched-for dimensions keep ranking as good with a fraction of the numbers.",
        checks={
            f"with {1 - SHARES[-1]:.1%} of the numbers within a hundredth of all, every seed": all(
                a > b - 0.01 for a, b in zip(auc[SHARES[-1], OURS], auc[0.0, MAGNITUDE], strict=True)
            ),
            "better than dropping what is nearest to 0 without a search, at every share and seed": above(
                MAGNITUDE
            ),
            "better than narrower embeddings, at every share and seed": above(NARROW),
            "frequent values keep more numbers than rare ones, every seed": all(a > b for a, b in left),
        },
        columns=("numbers dropped", "embeddings", "AUC", "GAUC"),
        rows=tuple(
            (f"{share:.1%}", name, auc[share, name], [own for _, own in found[share, name]])
            for share, name in sorted(found, key=lambda key: -key[0])
        ),
        note=f"{len(shelves.kept)} libraries of citeulike-t, nine fields with {sum(sizes):,} values of {DIM} "
        f"numbers; a factorisation machine. With {1 - SHARES[-1]:.1%} left, a value of the most frequent "
        f"quarter keeps {np.mean([a for a, _ in left]):.1f} numbers and one of the rarest "
        f"{np.mean([b for _, b in left]):.1f}. The search has a fifth less to learn embeddings from.",
        leading="AUC",
    )


if __name__ == "__main__":
    main(measure)
