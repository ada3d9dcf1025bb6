"""A newcomer mixed from communities, part by part, against all weights and the mean of likes."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from octavo.adapt.task_vectors import TaskVectors, task_vector
from octavo.adapt.taste import adapt, judged
from octavo.catalogue import Evidence
from octavo.lab.clicks import auc
from octavo.lab.experiment import main
from octavo.lab.newcomers import Newcomers, Scalar
from octavo.moving import flat, values_of

OLD, NEW, SEEDS, LIKES, GROUPS = 260, 16, 3, (1, 5, 20), 12
OURS, WHOLE_VECTORS, WEIGHTS = "aTLAS, a scale for each part", "a scale for each vector", "all weights"
MEAN, REGRESSION = "mean of what is liked", "logistic regression"


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    readers = Newcomers.read(data, 16 if tiny else OLD, 4 if tiny else NEW)
    seeds, likes, groups = (2, (1, 3), 3) if tiny else (SEEDS, LIKES, GROUPS)
    steps, taught = (2, 5) if tiny else (60, 600)
    found: dict[tuple[int, str], list[float]] = {}
    kept: dict[str, int] = {}
    for seed in range(seeds):
        start = readers.start(seed, steps=taught)
        vectors = [task_vector(start, each) for each in communities(readers, start, groups, seed, steps)]
        kept = {
            OURS: groups * len(vectors[0]),
            WHOLE_VECTORS: groups,
            WEIGHTS: len(flat(values_of(start))),
            MEAN: readers.vectors.shape[1],
            REGRESSION: readers.vectors.shape[1] + 1,
        }
        for shown in likes:
            each: dict[str, list[float]] = {}
            for number, library in enumerate(readers.new):
                if len(library) < shown + 3:
                    continue
                taste = readers.taste(library, shown, 1000 * seed + number)
                whole = copy.deepcopy(start)
                adapt(whole, *judged(taste.shown, taste.liked), steps=steps, rate=0.01)
                scores = {MEAN: taste.asked @ taste.shown[taste.liked > 0].mean(axis=0)}
                with torch.no_grad():
                    scores[WEIGHTS] = whole(torch.from_numpy(taste.asked)).numpy()
                for name, blockwise in ((OURS, True), (WHOLE_VECTORS, False)):
                    model = TaskVectors(start, vectors, blockwise=blockwise, steps=steps)
                    scores[name] = model.fit(taste.shown, taste.liked).scores(taste.asked)
                regression = LogisticRegression().fit(taste.shown, taste.liked)
                scores[REGRESSION] = regression.decision_function(taste.asked)
                for name, said in scores.items():
                    each.setdefault(name, []).append(auc(taste.truth, said))
            for name, values in each.items():
                found.setdefault((shown, name), []).append(float(np.mean(values)))
    few = likes[:2]
    return Evidence(
        claim="Scaling each part of each community's vector makes a newcomer's model from few signals.",
        checks={
            f"{' and '.join(map(str, few))} liked: better than {other}, every seed": all(
                a > b for shown in few for a, b in zip(found[shown, OURS], found[shown, other], strict=True)
            )
            for other in (WHOLE_VECTORS, WEIGHTS, REGRESSION, MEAN)
        },
        columns=("liked, and as many not", "model", "AUC", "numbers kept of a reader"),
        rows=tuple((shown, name, values, kept[name]) for (shown, name), values in found.items()),
        note=f"{len(readers.new)} readers of citeulike-t who are new to a network that {len(readers.old)} "
        f"others taught, and {groups} communities of these. Asked: the rest of a library among sixty papers "
        "of others. ± over seeds.",
        leading="AUC",
    )


def communities(readers: Newcomers, start: Scalar, groups: int, seed: int, steps: int) -> list[Scalar]:
    """The network taught further by readers who like the same, a group at a time."""
    from sklearn.cluster import KMeans

    means = np.stack([readers.vectors[kept].mean(axis=0) for kept in readers.old])
    group = KMeans(groups, n_init=2, random_state=seed).fit_predict(means)
    rng, papers = np.random.default_rng(seed), np.concatenate(readers.old)
    taught = []
    for number in range(groups):
        own = np.concatenate([kept for kept, g in zip(readers.old, group, strict=True) if g == number])
        shown = np.concatenate([own, rng.choice(papers, len(own))])[: 2 * len(own)]
        network = copy.deepcopy(start)
        x, wanted = judged(readers.vectors[shown], np.repeat([1, -1], len(own)))
        adapt(network, x, wanted, steps=steps, rate=0.01)
        taught.append(network)
    return taught


if __name__ == "__main__":
    main(measure)
