"""One learner, four, or as many as it takes: near neighbours of categories never learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.discover.clusters import SphericalKMeans
from octavo.discover.subspace_learners import SubspaceLearners
from octavo.lab.clustering import shared_information
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled

SEEDS, EACH = 3, 50


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 8000, least=20 if tiny else EACH, most=20)
    count = len(papers.names)
    names = ("as it is", "one learner", "four learners", "dynamic")
    table: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
    grown: list[float] = []
    for seed in range(SEEDS):
        fields = np.random.default_rng(seed).permutation(count)
        rows = papers.shots(np.arange(len(papers.labels)), 15 if tiny else EACH, seed)
        old = np.isin(papers.labels[rows], fields[: count // 2])
        learn, asked = rows[old], rows[~old]
        _, labels = np.unique(papers.labels[learn], return_inverse=True)
        x, truth = papers.vectors[asked], papers.labels[asked]
        rounds = 2 if tiny else 12
        spaces = {"as it is": unit(x - papers.vectors[learn].mean(axis=0))}
        for name, learners in (("one learner", 1), ("four learners", 4), ("dynamic", None)):
            model = SubspaceLearners(learners=learners, rounds=rounds, seed=seed)
            spaces[name] = model.fit(papers.vectors[learn], labels).transform(x)
        grown.append(float(model.learners_))
        for name, z in spaces.items():
            likeness = z @ z.T
            np.fill_diagonal(likeness, -np.inf)
            table[name][0].append(float((truth[likeness.argmax(axis=1)] == truth).mean()))
            groups = SphericalKMeans(count - count // 2, starts=5, seed=seed).fit(z).labels_
            table[name][1].append(shared_information(truth, groups))
    plain, one, four, dynamic = (values for values, _ in table.values())
    return Evidence(
        claim="Several learners, each of a part of the data in a slice of the embedding, find what is alike "
        "better than one, and their number need not be known.",
        checks={
            "better than one learner, every seed": all(d > o for d, o in zip(dynamic, one, strict=True)),
            "as good as four learners on average, without choosing": float(np.mean(dynamic))
            >= float(np.mean(four)) - 0.005,
            "better than the encoder's own vectors on average": float(np.mean(dynamic))
            > float(np.mean(plain)),
        },
        columns=("embedding", "nearest is of the same category", "shared information of groups"),
        rows=tuple(
            ("dynamic subspace learners" if name == "dynamic" else name, *values)
            for name, values in table.items()
        ),
        note=f"Learned from half of {count} arXiv categories, asked of the other half, {EACH} papers each; "
        f"{np.mean(grown):.1f} learners in the end.",
    )


if __name__ == "__main__":
    main(measure)
