"""Few examples, and papers without a label clustered with them, against prototypes and soft k-means."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.nearest_mean import NearestMean
from octavo.tag.transductive import Transductive

SEEDS, WAYS, ASKED = 3, 20, 30
PULLS = (0.3, 1.0, 3.0)


def episode(papers: Labelled, rng: np.random.Generator, shots: int) -> tuple[np.ndarray, ...]:
    """Rows of an episode and their labels: first the examples, then those to be told."""
    fields = rng.permutation(len(papers.names))[:WAYS]
    examples, asked = [], []
    for label, field in enumerate(fields):
        rows = rng.permutation(np.flatnonzero(papers.labels == field))[: shots + ASKED]
        examples += [(row, label) for row in rows[:shots]]
        asked += [(row, label) for row in rows[shots:]]
    rows, truth = map(np.array, zip(*examples, *asked, strict=True))
    return rows, truth, np.where(np.arange(len(rows)) < len(examples), truth, -1)


def accuracies(papers: Labelled, taggers: dict, shots: int, episodes: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, shots])
    right: dict[str, list[float]] = {name: [] for name in ("nearest mean", *taggers)}
    for _ in range(episodes):
        rows, truth, given = episode(papers, rng, shots)
        x, hidden = papers.vectors[rows], given < 0
        centred = unit(x - x.mean(axis=0))  # as the others see it, so that only the clustering differs
        scores = NearestMean().fit(centred, given).scores(centred)
        right["nearest mean"].append(float((scores.argmax(axis=1) == truth)[hidden].mean()))
        for name, tagger in taggers.items():
            told = tagger.fit(x, given).assignments_.argmax(axis=1)
            right[name].append(float((told == truth)[hidden].mean()))
    return {name: float(np.mean(each)) for name, each in right.items()}


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 8000, least=20 if tiny else 60)
    episodes = 1 if tiny else 8
    pulls = {f"pull {pull}": Transductive(pull=pull) for pull in PULLS}
    tried = accuracies(papers, pulls, 3, episodes, seed=99)
    pull = max(PULLS, key=lambda pull: tried[f"pull {pull}"])
    taggers = {
        "soft k-means with seeds (no pull)": Transductive(pull=0),
        "transductive few-shot, neighbours pull": Transductive(pull=pull),
    }
    rows, above, beside = [], [], []
    for shots in (1, 3, 5):
        runs = [accuracies(papers, taggers, shots, episodes, seed) for seed in range(SEEDS)]
        table = {name: [run[name] for run in runs] for name in runs[0]}
        rows += [(shots, name, values) for name, values in table.items()]
        plain, soft, pulled = table.values()
        above += [max(s, p) > n for n, s, p in zip(plain, soft, pulled, strict=True)]
        beside += [p > s for s, p in zip(soft, pulled, strict=True)]
    return Evidence(
        claim="Clustering what has no label along with a few examples beats the examples alone, and plain "
        "clustering is nearly as good as more elaborate inference.",
        checks={
            "clustering beats nearest means, every seed and number of examples": all(above),
            "the neighbours' pull beats soft k-means, every seed and number of examples": all(beside),
        },
        columns=("examples a label", "tagger", "accuracy"),
        rows=tuple(rows),
        note=f"Episodes of {WAYS} arXiv categories with {ASKED} papers each to be told, {episodes} a seed. "
        f"The pull of {pull} was chosen among {PULLS} on other episodes of 3 examples.",
        leading="accuracy",
    )


if __name__ == "__main__":
    main(measure)
