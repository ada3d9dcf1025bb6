"""Top-k sparse autoencoder: how much of MiniLM's vectors a few of 256 directions explain."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from octavo.catalogue import Evidence
from octavo.explain.codes import explained
from octavo.explain.top_k import TopKAutoencoder
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 160 if tiny else 4000)
    x = papers.vectors()
    learn, held = x[: len(x) * 3 // 4], x[len(x) * 3 // 4 :]
    latents, epochs = (24, 2) if tiny else (256, 30)
    counts = (4, 8, 16, 32)
    rows: list[tuple[str | float | list[float], ...]] = []
    axes = PCA(min(32, len(learn)), random_state=0).fit(learn)
    flat = {}
    for k in counts:
        few = axes.components_[:k]
        flat[k] = explained(held, (held - axes.mean_) @ few.T @ few + axes.mean_)
        rows.append((f"the first {k} principal directions, the same for all", flat[k], "", k))
    heaps = KMeans(min(latents, len(learn) // 2), n_init=1, random_state=0, max_iter=20).fit(learn)
    rows.append(
        ("the nearest of 256 means", explained(held, heaps.cluster_centers_[heaps.predict(held)]), "", 1)
    )
    share: dict[int, list[float]] = {}
    silent: dict[int, list[float]] = {}
    fixed: list[float] = []
    for k in counts:
        share[k], silent[k] = [], []
        for seed in range(SEEDS):
            model = TopKAutoencoder(latents, min(k, latents), epochs=epochs, seed=seed).fit(learn)
            codes = model.encode(held)
            share[k].append(explained(held, model.decode(codes)))
            known = model.encode(learn)
            silent[k].append(1 - len(np.unique(known.places[known.amounts > 0])) / latents)
            if k == 8:
                fixed.append(explained(held, model.decode(model.encode(held, 32))))
        rows.append((f"top-k sparse autoencoder, k = {k}", share[k], silent[k], k))
    rows.append(("top-k sparse autoencoder, learned with 8 and asked for 32", fixed, "", 32))
    return Evidence(
        claim="Keeping the k largest of many latents explains vectors with a sparsity that one sets and few "
        "dead latents, better the more are kept.",
        checks={
            "explains more than as many principal directions, k = 8, every seed": min(share[8]) > flat[8],
            "fewer than a tenth of the latents are dead, k = 8": max(silent[8]) < 0.1,
            "explains more with every larger k": all(
                min(share[b]) > max(share[a]) for a, b in pairwise(counts)
            ),
        },
        columns=("reconstruction from", "R² on held-out papers", "dead latents", "numbers a paper"),
        rows=tuple(rows),
        note=f"MiniLM's vectors of {len(learn)} abstracts to learn from, {len(held)} held out. The "
        "matching pursuit has more of what becomes of a dictionary asked for other numbers of latents.",
    )


if __name__ == "__main__":
    main(measure)
