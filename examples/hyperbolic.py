"""Half of the categories known, the others to be found: on a ball, by angles, and by k-means as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.cluster import HDBSCAN

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.discover.clusters import SphericalKMeans
from octavo.discover.hyperbolic import CategoryDiscovery, seeded_groups
from octavo.lab.clustering import agreement
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled

SEEDS, KNOWN, EACH = 3, 10, 50


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 8000, least=20 if tiny else EACH, most=2 * KNOWN)
    count = len(papers.names)
    table: dict[str, dict[str, list[float]]] = {
        name: {"all": [], "known": [], "new": []}
        for name in ("ball", "angle", "means, known rows held", "k-means", "HDBSCAN")
    }
    for seed in range(SEEDS):
        rows = papers.shots(np.arange(len(papers.labels)), 15 if tiny else EACH, seed)
        names = np.random.default_rng(seed).permutation(count)
        truth = names[papers.labels[rows]]  # the first half of the numbers are the known categories
        half = count // 2
        shown = np.random.default_rng([seed, 1]).random(len(rows)) < 0.5
        given = np.where((truth < half) & shown, truth, -1)
        x = papers.vectors[rows]
        near = unit(x - x.mean(axis=0))
        steps = 3 if tiny else 120
        found = {
            "ball": CategoryDiscovery(count, steps=steps, seed=seed).fit(x, given).labels_,
            "angle": CategoryDiscovery(count, geometry="angle", steps=steps, seed=seed).fit(x, given).labels_,
            "means, known rows held": seeded_groups(near, given, count, seed=seed),
            "k-means": SphericalKMeans(count, starts=5, seed=seed).fit(near).labels_,
            "HDBSCAN": HDBSCAN(min_cluster_size=8, copy=True).fit_predict(
                np.linalg.svd(near, full_matrices=False)[0][:, :10]
            ),
        }
        asked = given < 0
        for name, labels in found.items():
            for part, rows_of in (("all", asked), ("known", asked & (truth < half)), ("new", truth >= half)):
                table[name][part].append(agreement(truth[rows_of], labels[rows_of]))
    ball, angle, held = (table[name]["all"] for name in ("ball", "angle", "means, known rows held"))
    return Evidence(
        claim="Categories nobody named are found better on a hyperbolic ball than by angles.",
        checks={
            "more rows right on the ball than by angles, every seed": all(
                b > a for b, a in zip(ball, angle, strict=True)
            ),
            "more rows right than by means that hold the known rows, without learning, every seed": all(
                b > h for b, h in zip(ball, held, strict=True)
            ),
        },
        columns=("space", "rows right, of those not shown", "of known categories", "of new ones"),
        rows=tuple(
            ("hyperbolic category discovery" if name == "ball" else name, *found.values())
            for name, found in table.items()
        ),
        note=f"{count} arXiv categories with {EACH} papers each; half of them are known, by half of their "
        "papers. Each column names groups the best way for itself.",
    )


if __name__ == "__main__":
    main(measure)
