"""Groups by coding-rate reduction against k-means, NMF, HDBSCAN and spectral clustering."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import NMF

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.discover.clusters import SphericalKMeans
from octavo.discover.coding_rate import CodingRate, spectral
from octavo.lab.clustering import agreement, shared_information
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled

SEEDS, CLASSES, EACH = 3, 10, 50


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 8000, least=20 if tiny else EACH)
    names = ("coding rate", "k-means", "spectral", "NMF", "HDBSCAN")
    table: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        fields = rng.permutation(len(papers.names))[: 4 if tiny else CLASSES]
        rows = papers.shots(rng.permutation(len(papers.labels)), 15 if tiny else EACH, seed)
        rows = rows[np.isin(papers.labels[rows], fields)]
        _, truth = np.unique(papers.labels[rows], return_inverse=True)
        x, count = papers.vectors[rows], len(fields)
        near = unit(x - x.mean(axis=0))
        flat = np.linalg.svd(near, full_matrices=False)[0][:, :10]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of stopping before it has converged
            parts = NMF(count, init="nndsvda", max_iter=150, tol=1e-3, random_state=seed).fit_transform(
                np.maximum(x - x.min(axis=0), 0)
            )
        found = {
            "coding rate": CodingRate(count, steps=3 if tiny else 60, seed=seed).fit(x).labels_,
            "k-means": SphericalKMeans(count, starts=10, seed=seed).fit(near).labels_,
            "spectral": spectral(np.exp(near @ near.T / 0.15).astype(np.float32), count, seed=seed),
            "NMF": parts.argmax(axis=1),
            "HDBSCAN": HDBSCAN(min_cluster_size=8, copy=True).fit_predict(flat),
        }
        for name, labels in found.items():
            table[name][0].append(agreement(truth, labels))
            table[name][1].append(shared_information(truth, labels))
    ours, *others = (values for values, _ in table.values())
    return Evidence(
        claim="Learning a union of subspaces and its groups at once finds groups better than clustering the "
        "vectors as they are.",
        checks={
            "more rows right than any other, every seed": all(
                o > max(rest) for o, *rest in zip(ours, *others, strict=True)
            ),
            "more rows right than k-means on average": float(np.mean(ours)) > float(np.mean(others[0])),
        },
        columns=("method", "rows in the right group", "shared information"),
        rows=tuple(
            ("manifold linearising and clustering" if name == "coding rate" else name, *values)
            for name, values in table.items()
        ),
        note=f"{EACH} papers each of {CLASSES} arXiv categories, other ones for each seed; MiniLM's vectors. "
        "The settings were fixed before.",
    )


if __name__ == "__main__":
    main(measure)
