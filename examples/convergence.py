"""Convergent learning: networks that differ in their first weights, encoders that differ in everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.convergence import many_to_many, one_to_one, semi_matched, sparse, subspace
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.lab.latent import LatentSemantic
from octavo.lab.network import network, train

SEEDS = 3


def hidden(sample: Labelled, units: int, steps: int, seed: int) -> np.ndarray:
    """What the hidden units of a network say after learning, from weights of that seed."""
    model = network(sample.vectors.shape[1], units, len(sample.names), seed=seed)
    for _ in train(model, 10 * sample.vectors, sample.labels, steps=steps, seed=seed):
        pass
    weight, bias = (p.detach().numpy() for p in list(model.parameters())[:2])
    return np.maximum(10 * sample.vectors @ weight.T + bias, 0)


def together(one: np.ndarray, other: np.ndarray, groups: int, seed: int) -> float:
    """Of the groups of units, the share that has units of both networks."""
    mine, theirs = many_to_many(one, other, groups, seed=seed)
    return len(set(mine.tolist()) & set(theirs.tolist())) / groups


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    sample = Labelled.read(data, 120 if tiny else 3000, least=8 if tiny else 40)
    units, steps = (8, 20) if tiny else (32, 300)
    texts = [f"{t}\n{a}" for t, a in zip(sample.papers.titles, sample.papers.texts, strict=True)]
    words = LatentSemantic(8 if tiny else 32).fit(texts).encode_documents(texts)
    centred = sample.vectors - sample.vectors.mean(axis=0)
    meaning = centred @ np.linalg.svd(centred, full_matrices=False)[2][:units].T
    runs = [hidden(sample, units, steps, seed) for seed in range(2 * SEEDS)]
    rng = np.random.default_rng(0)
    pairs = {
        "two networks": [(runs[2 * i], runs[2 * i + 1]) for i in range(SEEDS)],
        "a network and its like, papers shuffled": [
            (runs[2 * i], rng.permutation(runs[2 * i + 1])) for i in range(SEEDS)
        ],
        "words and meaning, principal directions": [
            (words[half], meaning[half])
            for half in (rng.permutation(len(words))[: len(words) // 2] for _ in range(SEEDS))
        ],
    }
    rows, found = [], {}
    for name, both in pairs.items():
        few = [sparse(x, y) for x, y in both]
        found[name] = {
            "one to one": [one_to_one(x, y) for x, y in both],
            "semi-matched": [semi_matched(x, y) for x, y in both],
            "explained by one": [float(np.mean(best(x, y) ** 2)) for x, y in both],
            "explained by few": [float(each.explained.mean()) for each in few],
            "how few": [float(each.used.mean()) for each in few],
            "groups with both": [together(x, y, units // 3, seed) for seed, (x, y) in enumerate(both)],
            "subspace": [subspace(x, y) for x, y in both],
        }
        rows.append((name, *found[name].values()))
    nets, null = found["two networks"], found["a network and its like, papers shuffled"]

    def above(one: list[float], other: list[float]) -> bool:
        return all(a > b for a, b in zip(one, other, strict=True))

    return Evidence(
        claim="Networks from different beginnings share some units, more as few together, most as a "
        "subspace.",
        checks={
            "units match one to one three times as well as by chance": above(
                nets["one to one"], [3 * value for value in null["one to one"]]
            ),
            "a few units explain more of one than the best alone": above(
                nets["explained by few"], nets["explained by one"]
            ),
            "few are fewer than a quarter of the units": max(nets["how few"]) < units / 4,
            "the subspace is more alike than the units": above(nets["subspace"], nets["one to one"]),
        },
        columns=("pair", *nets),
        rows=tuple(rows),
        note=f"{len(sample.vectors):,} arXiv papers of {len(sample.names)} categories; networks of "
        f"{units} hidden units on "
        f"MiniLM's vectors tell the category. ± over {SEEDS} pairs of seeds, or halves of the papers.",
    )


def best(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The correlation of every unit of y with the best of x."""
    from octavo.check.convergence import correlations

    return np.abs(correlations(x, y)).max(axis=0)


if __name__ == "__main__":
    main(measure)
