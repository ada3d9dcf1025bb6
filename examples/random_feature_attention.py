"""What one layer of attention with drawn weights learns, of planted functions and of readers' shelves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.libraries import Libraries
from octavo.protocols import Array
from octavo.rank.random_feature_attention import RandomFeatureAttention

DIM, KEYS, LEARN, ASKED, SEEDS = 8, 12, 800, 1000, 3
SHELF, OTHERS, PLACE = 8, 50, 32


def planted(count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Queries, their keys, and 1/N Σ ⟨q, k⟩₊ ⟨a, k⟩ for a direction a that stays the same."""
    queries = unit(rng.standard_normal((count, DIM)).astype(np.float32))
    keys = unit(rng.standard_normal((count * KEYS, DIM)).astype(np.float32)).reshape(count, KEYS, DIM)
    alike = np.maximum(np.einsum("nd,nkd->nk", queries, keys), 0)
    return queries, keys, (alike * keys[..., 0]).mean(axis=1)


def random_perceptron(x: Array, y: Array, asked: Array, features: int, seed: int) -> Array:
    """What a layer of drawn weights over query and keys in a row tells, read out by ridge regression."""
    inside = np.random.default_rng(seed).standard_normal((x.shape[1], features)).astype(np.float32)
    design, fresh = (np.maximum(each @ inside / np.sqrt(len(inside)), 0) for each in (x, asked))
    gram = design.T @ design + np.eye(features, dtype=np.float32)
    told: Array = fresh @ np.linalg.solve(gram, design.T @ (y - y.mean())) + y.mean()
    return told


def planted_errors(features: int, seed: int, learn: int) -> dict[str, float]:
    """The squared error of each system, in parts of the variance."""
    rng = np.random.default_rng(seed)
    (q, k, y), (p, j, z) = planted(learn, rng), planted(ASKED, rng)
    told = {
        name: RandomFeatureAttention(features // (DIM + 1), bias=bias, strength=0.01, seed=seed)
        .fit(q, list(k), y)
        .predict(p, list(j))
        for name, bias in (("attention, no bias", 0.0), ("random-feature attention", 1.0))
    }
    rows, fresh = (np.concatenate([a, b.reshape(len(a), -1)], axis=1) for a, b in ((q, k), (p, j)))
    told["random perceptron"] = random_perceptron(rows, y, fresh, features, seed)
    return {name: float(np.mean((each - z) ** 2) / z.var()) for name, each in told.items()}


def shelves(library: Libraries, vectors: Array, seed: int, learn: int) -> dict[str, float]:
    """How often a paper of the shelf is first of fifty-one, its shelf of eight being given."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(library.shelves))

    def drawn(rows: Array, others: int) -> tuple[Array, list[Array]]:
        """Per reader, a paper of the shelf and others (R (1 + others), D), and for each the shelf."""
        asked, given = [], []
        for row in rows:
            own = rng.choice(library.shelves[row], SHELF + 1, replace=False)
            foreign = np.setdiff1d(rng.integers(0, library.papers, 4 * others), library.shelves[row])
            asked.append(vectors[[own[-1], *rng.permutation(foreign)[:others]]])
            given += [vectors[own[:-1]]] * (1 + others)
        return np.concatenate(asked), given

    few, many = min(4, library.papers // 20), min(OTHERS, library.papers // 8)
    (x, sets), (fresh, fresh_sets) = drawn(order[learn : 2 * learn], few), drawn(order[:learn], many)
    right = np.tile(np.eye(1 + few)[0], learn)
    model = RandomFeatureAttention(256, readout="constant", strength=1.0, seed=seed).fit(x, sets, right)
    cosines = np.einsum("nd,nkd->nk", fresh, np.stack(fresh_sets))
    mean = unit(np.stack(fresh_sets).mean(axis=1))
    told = {
        "cosine with the shelf's mean": (fresh * mean).sum(axis=1),
        "cosine with the nearest on it": cosines.max(axis=1),
        "random-feature attention": model.predict(fresh, fresh_sets),
    }
    return {
        name: float((each.reshape(-1, 1 + many).argmax(axis=1) == 0).mean()) for name, each in told.items()
    }


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    seeds, learn, features = (2, 30, 36) if tiny else (SEEDS, LEARN, 720)
    errors = [planted_errors(features, seed, learn) for seed in range(seeds)]
    library = Libraries.read(data, kept_by=1 if tiny else 5, least=SHELF + 1)
    vectors, readers = library.vectors(PLACE), min(400, len(library.shelves) // 2)
    firsts = [shelves(library, vectors, seed, readers) for seed in range(seeds)]
    planted_, kept = ({name: [one[name] for one in tries] for name in tries[0]} for tries in (errors, firsts))
    ours = "random-feature attention"
    return Evidence(
        claim="Attention with drawn weights learns functions of a query and a set from fewer examples.",
        checks={
            "planted: less error than a perceptron of as many features, every seed": all(
                a < b
                for a, b in zip(planted_["attention, no bias"], planted_["random perceptron"], strict=True)
            ),
            "planted: still less with a bias around the identity, every seed": all(
                a < b for a, b in zip(planted_[ours], planted_["attention, no bias"], strict=True)
            ),
            "shelves: first more often than by the cosine with the mean, every seed": all(
                a > b for a, b in zip(kept[ours], kept["cosine with the shelf's mean"], strict=True)
            ),
            "and than by the cosine with the nearest": all(
                a > b for a, b in zip(kept[ours], kept["cosine with the nearest on it"], strict=True)
            ),
        },
        columns=("task", "system", "figure"),
        rows=(
            *(("planted, error in parts of the variance", *row) for row in planted_.items()),
            *((f"paper of a shelf first of {OTHERS + 1}", *row) for row in kept.items()),
        ),
        note=f"Planted: {learn} examples of {KEYS} keys of {DIM} numbers, {features} numbers read out in "
        f"each system. Shelves: eight papers of citeulike-t are given, {readers} readers to learn from, as "
        f"many to be asked; papers are the {PLACE} main directions of their words.",
    )


if __name__ == "__main__":
    main(measure)
