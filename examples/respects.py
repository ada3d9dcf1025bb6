"""In what respect alike: gates for pairs of categories, against contrastive learning without gates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.explain.respects import Respects
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main

SEEDS = 3
Pairs = list[tuple[int, int]]


def auc(above: np.ndarray, below: np.ndarray) -> float:
    """Return how often a number of the first is larger than one of the second; ties count half."""
    order = np.concatenate([above, below]).argsort().argsort() + 1.0
    return float((order[: len(above)].sum() / len(above) - (len(above) + 1) / 2) / len(below))


def effective_rank(z: np.ndarray) -> float:
    """Return e to the entropy of the shares of variance."""
    variances = np.linalg.svd(z - z.mean(axis=0), compute_uv=False) ** 2
    shares = variances / variances.sum()
    return float(np.exp(-(shares * np.log(shares + 1e-12)).sum()))


def neighbours_agree(known: np.ndarray, y: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> float:
    """Return how often the most frequent label of the ten nearest is right."""
    nearest = np.argsort(-(asked @ known.T), axis=1)[:, :10]
    said = np.array([np.bincount(y[row]).argmax() for row in nearest])
    return float((said == truth).mean())


def apart(z: np.ndarray, y: np.ndarray, pairs: Pairs, gates: np.ndarray | None) -> float:
    """Return, over pairs of labels, how surely one's papers are nearer to the other's than to third ones."""
    found = []
    for a, b in pairs:
        gate = np.ones(z.shape[1]) if gates is None else gates[a, b] ** 2
        likeness = (z[y == a][:30] * gate) @ z.T
        found.append(auc(likeness[:, y == b].ravel(), likeness[:, (y != a) & (y != b)].ravel()))
    return float(np.mean(found))


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 200 if tiny else 5000)
    field = np.unique(np.array(papers.categories), return_inverse=True)[1]
    common = np.sort(np.argsort(-np.bincount(field), kind="stable")[: 4 if tiny else 12])
    rows_kept = np.isin(field, common)
    x, y = papers.vectors()[rows_kept], np.unique(field[rows_kept], return_inverse=True)[1]
    count = len(common)
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(x))
        learn, held = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
        means = np.stack([x[learn][y[learn] == label].mean(axis=0) for label in range(count)])
        means -= means.mean(axis=0)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        near = np.array([means[a] @ means[b] for a, b in pairs])
        related = near > np.median(near)
        gated = Respects(steps=2 if tiny else 300, seed=seed).fit(x[learn], y[learn])
        plain = Respects(steps=2 if tiny else 300, gated=False, seed=seed).fit(x[learn], y[learn])
        relations = np.array([gated.relations()[a, b] for a, b in pairs])
        for name, z_learn, z, gates in (
            ("MiniLM as it is", x[learn], x[held], None),
            ("supervised contrastive, no gates", plain.transform(x[learn]), plain.transform(x[held]), None),
            ("gates for pairs", gated.transform(x[learn]), gated.transform(x[held]), gated.gates_),
        ):
            values = {
                AXES[0]: apart(z, y[held], pairs, gates),
                AXES[1]: effective_rank(z),
                AXES[2]: neighbours_agree(z_learn, y[learn], z, y[held]),
            }
            if gates is not None:
                values[AXES[3]] = auc(relations[related], relations[~related])
            for axis, value in values.items():
                found.setdefault((name, axis), []).append(value)
    systems = list(dict.fromkeys(name for name, _ in found))
    plain_name, ours = systems[1], systems[2]

    def every(axis: str, margin: float = 0.0) -> bool:
        gains = np.subtract(found[ours, axis], found[plain_name, axis])
        return bool((gains > margin).all())

    return Evidence(
        claim="Any two labels can be positive pairs within a gate of their own, dimensions do not collapse, "
        "and gates tell which labels are related.",
        checks={
            "papers of a pair are told from third ones better than without gates, every seed": every(AXES[0]),
            "the effective rank is higher than without gates, every seed": every(AXES[1]),
            "neighbours name the category as well within two points": every(AXES[2], -0.02),
            "gates tell related pairs of categories, AUC above .6, every seed": min(found[ours, AXES[3]])
            > 0.6,
        },
        columns=("space", *AXES),
        rows=tuple((name, *(found.get((name, axis), "") for axis in AXES)) for name in systems),
        note=f"{len(x)} abstracts of {count} categories, a third held out. Related are the nearer half of "
        "all pairs by MiniLM's class means.",
    )


AXES = ("a pair told from others, AUC", "effective rank", "10-NN accuracy", "related pairs by gates, AUC")


if __name__ == "__main__":
    main(measure)
