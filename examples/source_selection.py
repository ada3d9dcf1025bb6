"""Which categories to borrow examples from for a new one that has few: evenly, by L2, or by L1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from octavo.catalogue import Evidence
from octavo.denoise.source_selection import relevance, shares
from octavo.lab.experiment import main
from octavo.lab.fields import Fields
from octavo.protocols import Array, Ids

SOURCES, OWN, BUDGET, FIRST, DIM, SEEDS = 19, 20, 600, 40, 32, 3
WAYS = ("own examples alone", "evenly", "by L2", "by L1")


def head_of(x: Array, y: Ids, weight: Array | None = None) -> Array:
    """The direction of a linear classifier."""
    model = LogisticRegression(C=10, max_iter=300, class_weight="balanced")
    return model.fit(x, y, weight).coef_[0]


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    bench = Fields.read(data, 200 if tiny else 8000, classes=6 if tiny else SOURCES + 1)
    own, budget, first, seeds = (4, 30, 5, 2) if tiny else (OWN, BUDGET, FIRST, SEEDS)
    x, y, learned, classes = bench.x.numpy(), bench.y.numpy(), bench.learned, len(bench.names)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    used: dict[str, list[float]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        auc: dict[str, list[float]] = {way: [] for way in WAYS}
        asked: dict[str, list[int]] = {way: [] for way in WAYS}
        for target in range(classes):
            sources = [c for c in range(classes) if c != target]
            pools = {c: rng.permutation(np.flatnonzero(y[:learned] == c)) for c in range(classes)}
            others = rng.permutation(np.flatnonzero(y[:learned] != target))
            start = np.concatenate([pools[target][:own], others[:own]])
            start_y = np.repeat([1, 0], [len(pools[target][:own]), own])
            wanted = head_of(x[start], start_y)
            background = others[own : own + 200]
            heads = np.stack(
                [
                    head_of(
                        x[np.r_[pools[c][:first], background]],
                        np.repeat([1, 0], [len(pools[c][:first]), len(background)]),
                    )
                    for c in sources
                ]
            )
            for way in WAYS:
                if way == WAYS[0]:
                    basis, counts = np.eye(x.shape[1]), np.zeros(len(sources), int)
                else:
                    nu = (
                        np.ones(len(sources))
                        if way == "evenly"
                        else relevance(heads, wanted, norm="l1" if way == "by L1" else "l2", penalty=0.1)
                    )
                    counts = shares(nu, budget)
                    basis = learned_basis(x, pools, sources, counts, min(DIM, len(sources)))
                model = head_of(x[start] @ basis, start_y)
                scores = (x[learned:] @ basis) @ model
                auc[way].append(float(roc_auc_score(y[learned:] == target, scores)))
                asked[way].append(int((counts > 0).sum()))
        for way in WAYS:
            found[way].append(float(np.mean(auc[way])))
            used[way].append(float(np.mean(asked[way])))
    return Evidence(
        claim="Asking few sources, chosen by L1, serves a new task better than asking all or those of L2.",
        checks={
            "L1 above asking evenly, every seed": all(
                a > b for a, b in zip(found["by L1"], found["evenly"], strict=True)
            ),
            "L1 not below L2, every seed": all(
                a >= b - 1e-3 for a, b in zip(found["by L1"], found["by L2"], strict=True)
            ),
            "L1 asks fewer sources": max(used["by L1"]) < min(used["by L2"]),
            "borrowing is worth it: L1 above own examples alone": min(found["by L1"]) > max(found[WAYS[0]]),
        },
        columns=("borrowed", "AUC of the target", "sources asked"),
        rows=tuple((way, found[way], used[way]) for way in WAYS),
        note=f"Every one of {classes} categories of arXiv in turn is the target with {own} papers of its own "
        f"and {own} others; {budget} papers of the other categories teach a representation of "
        "MiniLM's vectors (the directions that tell these categories apart). ± over seeds.",
    )


def learned_basis(x: Array, pools: dict[int, Ids], sources: list[int], counts: Ids, dim: int) -> Array:
    """The directions (D, dim) in which the borrowed examples' categories differ, by their means."""
    means = [x[pools[c][:n]].mean(axis=0) * np.sqrt(n) for c, n in zip(sources, counts, strict=True) if n]
    centred = np.stack(means) - np.mean(means, axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return directions[:dim].T


if __name__ == "__main__":
    main(measure)
