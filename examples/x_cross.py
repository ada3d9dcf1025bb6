"""A new field of readers served by mixing what three other fields have taught, from a few of its shelves."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.libraries import Libraries
from octavo.protocols import Array, Ids
from octavo.rank.x_cross import Adapter, XCross
from octavo.training import train

FIELDS, GIVEN, SIZE, DRAWN, STEPS, SEEDS, DIM = 4, 5, 64, 500, 100, 3, 64
FEW = (25, 100, 400)
NOTHING, NEAREST, MEAN = "nothing taught", "the adapter of the best other field", "mean of three adapters"
FRESH, TUNED, OURS = "an adapter of its own", "the best other field's, taught on", "X-Cross"


def shelves_by_field(library: Libraries, vectors: Array, seed: int) -> list[list[Ids]]:
    """The shelves in four groups, by what they are about on average."""
    from sklearn.cluster import KMeans

    means = np.stack([vectors[shelf].mean(axis=0) for shelf in library.shelves])
    found = KMeans(FIELDS, n_init=1, random_state=seed).fit_predict(means)
    return [[library.shelves[row] for row in np.flatnonzero(found == field)] for field in range(FIELDS)]


def taught(model: nn.Module, texts: Tensor, shelves: list[Ids], seed: int, steps: int) -> nn.Module:
    """Teach a model to bring a paper of a shelf near the mean of five others, among drawn ones."""
    rng = np.random.default_rng(seed)

    def loss(rows: Ids) -> Tensor:
        drawn = np.stack([rng.choice(shelves[row], GIVEN + 1, replace=False) for row in rows])
        among = np.concatenate([drawn[:, -1], rng.integers(0, len(texts), DRAWN)])
        reader = functional.normalize(model(texts[drawn[:, :-1]]).mean(dim=1), dim=1)
        papers = functional.normalize(model(texts[among]), dim=1)
        return functional.cross_entropy(reader @ papers.T / 0.1, torch.arange(len(rows)))

    for _ in train(model, loss, [rng.integers(0, len(shelves), SIZE) for _ in range(steps)], rate=2e-3):
        pass
    return model


def found_in_twenty(papers: Array, shelves: list[Ids], seed: int) -> float:
    """How often a paper of a shelf is among the twenty nearest to the mean of five others."""
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.choice(shelf, GIVEN + 1, replace=False) for shelf in shelves])
    scores = papers[drawn[:, :-1]].mean(axis=1) @ papers.T
    own = np.take_along_axis(scores, drawn[:, -1:], axis=1)
    np.put_along_axis(scores, drawn[:, :-1], -np.inf, axis=1)
    return float(((scores > own).sum(axis=1) < 20).mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    library = Libraries.read(data, kept_by=1 if tiny else 5, least=GIVEN + 1)
    vectors = library.vectors(DIM)
    texts, dim = torch.from_numpy(vectors), vectors.shape[1]
    steps, seeds, numbers = (2, 2, (2, 3)) if tiny else (STEPS, SEEDS, FEW)
    found: dict[str, list[list[float]]] = {}
    for seed in range(seeds):
        fields = shelves_by_field(library, vectors, seed)
        own = sorted(range(FIELDS), key=lambda field: len(fields[field]))[-2]  # large enough to be judged
        shelves = [fields[own][row] for row in np.random.default_rng(seed).permutation(len(fields[own]))]
        asked = shelves[len(shelves) // 2 :][:500]
        others = [
            taught(Adapter(dim, seed=seed), texts, fields[field], seed, steps)
            for field in range(FIELDS)
            if field != own
        ]

        def judged(model: nn.Module, asked: list[Ids] = asked) -> float:
            with torch.no_grad():
                papers = functional.normalize(model(texts), dim=1).numpy()
            return found_in_twenty(papers, asked, 0)

        best = max(others, key=judged)
        for name, model in ((NOTHING, nn.Identity()), (NEAREST, best), (MEAN, XCross(others))):
            found.setdefault(name, []).append([judged(model)] * len(numbers))
        for name, start in ((FRESH, Adapter(dim, seed=seed)), (TUNED, best), (OURS, XCross(others))):
            few = [
                judged(taught(copy.deepcopy(start), texts, shelves[: min(n, len(shelves) // 2)], seed, steps))
                for n in numbers
            ]
            found.setdefault(name, []).append(few)

    def above(name: str, other: str, place: int) -> bool:
        return all(a[place] > b[place] for a, b in zip(found[name], found[other], strict=True))

    return Evidence(
        claim="Mixing what other fields taught serves a new field from less data than teaching it.",
        checks={
            f"from {numbers[0]} shelves better than an adapter of its own, every seed": above(OURS, FRESH, 0),
            "and than the best other field's, taught on": above(OURS, TUNED, 0),
            "and than the mean of the adapters, which learns nothing": above(OURS, MEAN, 0),
            "and than no adapter at all": above(OURS, NOTHING, 0),
            f"from {numbers[-1]} shelves still better than one of its own": above(OURS, FRESH, -1),
        },
        columns=("system", *(f"found in twenty, {n} shelves" for n in numbers)),
        rows=tuple((name, *map(list, zip(*tries, strict=True))) for name, tries in found.items()),
        note="citeulike-t: readers in four groups by what they read; adapters of three, and shelves of the "
        "fourth to learn from; of others a paper is to be found among all, five being given. The best other "
        "field is chosen by those who are asked, which favours it.",
    )


if __name__ == "__main__":
    main(measure)
