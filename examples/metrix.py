"""Mixtures in metric learning: fields of research nobody taught, found by neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from octavo.catalogue import Evidence
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main
from octavo.protocols import Ids
from octavo.teach.head import Head
from octavo.teach.metrix import Metrix, utilisation
from octavo.tensors import tensor
from octavo.training import train

PAPERS, FIELDS, STEPS, SEEDS = 8000, 40, 600, 3


def nearest_is_alike(x: np.ndarray, labels: np.ndarray) -> float:
    """Recall@1: how often the nearest other paper is of the same field."""
    scores = x @ x.T
    np.fill_diagonal(scores, -np.inf)
    return float((labels[scores.argmax(axis=1)] == labels).mean())


def taught(inputs: Tensor, label: Tensor, chosen: list[Ids], loss: Metrix) -> Head:
    head = Head(inputs.shape[1], min(128, inputs.shape[1]))
    for _ in train(head, lambda i: loss(head(inputs[i]), label[i]), chosen, rate=3e-4):
        pass
    return head


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 200 if tiny else PAPERS)
    x, fields = papers.vectors(), np.array(papers.categories)
    names, counts = np.unique(fields, return_counts=True)
    names = names[np.argsort(-counts, kind="stable")][:FIELDS]
    steps, seeds, each = (3, 2, 4) if tiny else (STEPS, SEEDS, 4)
    found: dict[str, list[tuple[float, float]]] = {}
    before = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        known = rng.permutation(names)[: len(names) // 2]  # the other half is never seen
        seen = np.flatnonzero(np.isin(fields, known))
        unseen = np.flatnonzero(np.isin(fields, names) & ~np.isin(fields, known))
        before.append(nearest_is_alike(x[unseen], fields[unseen]))
        inputs, label = (
            tensor(x[seen], "x"),
            torch.from_numpy(np.unique(fields[seen], return_inverse=True)[1]),
        )
        members = [np.flatnonzero(label.numpy() == one) for one in range(len(known))]
        chosen = [
            np.concatenate([rng.choice(own, min(each, len(own)), replace=False) for own in members])
            for _ in range(steps)
        ]
        for name, weight in (("multi-similarity", 0.0), ("Metrix", 0.4)):
            head = taught(inputs, label, chosen, Metrix(weight, seed=seed))
            made = head.apply_to(x[unseen])
            reach = utilisation(torch.from_numpy(made), torch.from_numpy(head.apply_to(x[seen])))
            found.setdefault(name, []).append((nearest_is_alike(made, fields[unseen]), reach))
    first = {name: [tries[0] for tries in figures] for name, figures in found.items()}
    reach = {name: [tries[1] for tries in figures] for name, figures in found.items()}
    return Evidence(
        claim="Mixing positives with negatives teaches metrics that carry over to classes never seen.",
        checks={
            "recall@1 on unseen fields above that without mixtures, every seed": all(
                a > b for a, b in zip(first["Metrix"], first["multi-similarity"], strict=True)
            ),
            "recall@1 on unseen fields above MiniLM's as it is": min(first["Metrix"]) > max(before),
            "unseen papers lie nearer to those taught (utilisation), every seed": all(
                a < b for a, b in zip(reach["Metrix"], reach["multi-similarity"], strict=True)
            ),
        },
        columns=("taught with", "recall@1 on unseen fields", "utilisation"),
        rows=(
            ("MiniLM, nothing taught", before, ""),
            *((name, first[name], reach[name]) for name in found),
        ),
        note=f"The {len(names)} largest categories among {len(papers):,} papers of arXiv, half taught, half "
        "only judged by, another half each seed; a linear head. Utilisation is the mean squared distance to "
        "the nearest taught paper, less being better.",
    )


if __name__ == "__main__":
    main(measure)
