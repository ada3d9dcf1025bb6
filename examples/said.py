"""A reader's model in two hundred numbers, against all weights, a regression and the mean of likes."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from octavo.adapt.said import Said
from octavo.adapt.taste import adapt, judged
from octavo.catalogue import Evidence
from octavo.lab.clicks import auc
from octavo.lab.experiment import main
from octavo.lab.newcomers import Newcomers, Taste
from octavo.moving import flat, values_of
from octavo.protocols import Array

OLD, NEW, SEEDS, LIKES, FEW, MANY = 260, 16, 3, (1, 5, 20), 20, 200
NOBODY, MEAN, REGRESSION, WHOLE = (
    "everybody's network",
    "mean of what is liked",
    "logistic regression",
    "all weights",
)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    torch.set_num_threads(1)
    readers = Newcomers.read(data, 16 if tiny else OLD, 4 if tiny else NEW)
    seeds, likes = (2, (1, 3)) if tiny else (SEEDS, LIKES)
    steps, taught, dim = (2, 5, 16) if tiny else (60, 600, MANY)
    found: dict[tuple[int, str], list[float]] = {}
    kept: dict[str, int] = {}
    for seed in range(seeds):
        start = readers.start(seed, steps=taught)
        for shown in likes:
            each: dict[str, list[float]] = {}
            for number, library in enumerate(readers.new):
                if len(library) < shown + 3:
                    continue
                taste = readers.taste(library, shown, 1000 * seed + number)
                models = {
                    f"SAID, {d} numbers": Said(start, d, steps=steps, seed=seed)
                    for d in (dim, min(FEW, dim // 2))
                }
                scores = plain(start, taste, steps)
                for name, model in models.items():
                    scores[name] = model.fit(taste.shown, taste.liked).scores(taste.asked)
                    kept[name] = len(model.numbers)
                for name, said in scores.items():
                    each.setdefault(name, []).append(auc(taste.truth, said))
            for name, values in each.items():
                found.setdefault((shown, name), []).append(float(np.mean(values)))
    width = readers.vectors.shape[1]
    kept |= {NOBODY: 0, MEAN: width, REGRESSION: width + 1, WHOLE: len(flat(values_of(start)))}
    ours = f"SAID, {dim} numbers"

    def above(other: str, shown: int) -> bool:
        return all(a > b for a, b in zip(found[shown, ours], found[shown, other], strict=True))

    return Evidence(
        claim="A few hundred numbers make a network as good for a reader as moving all of its weights.",
        checks={
            "nine tenths of what all weights gain over chance, with every number of likes and seed": all(
                a - 0.5 > 0.9 * (b - 0.5)
                for shown in likes
                for a, b in zip(found[shown, ours], found[shown, WHOLE], strict=True)
            ),
            **{
                f"better than {other} with {shown} liked, every seed": above(other, shown)
                for other in (REGRESSION, MEAN)
                for shown in likes
            },
        },
        columns=("liked, and as many not", "model", "AUC", "numbers kept of a reader"),
        rows=tuple((shown, name, values, kept[name]) for (shown, name), values in found.items()),
        note=f"{len(readers.new)} readers of citeulike-t who are new to a network that {len(readers.old)} "
        "others taught, over latent semantic vectors of papers. Asked: the rest of a library among sixty "
        "papers of others. Settings were fixed on other newcomers. ± over seeds.",
        leading="AUC",
    )


def plain(start: torch.nn.Module, taste: Taste, steps: int) -> dict[str, Array]:
    """What is said without a small model of the reader."""
    whole = copy.deepcopy(start)
    x, wanted = judged(taste.shown, taste.liked)
    adapt(whole, x, wanted, steps=steps, rate=0.01)
    asked = torch.from_numpy(taste.asked)
    with torch.no_grad():
        said, theirs = start(asked).numpy(), whole(asked).numpy()
    regression = LogisticRegression().fit(taste.shown, taste.liked)
    return {
        MEAN: taste.asked @ taste.shown[taste.liked > 0].mean(axis=0),
        NOBODY: said,
        REGRESSION: regression.decision_function(taste.asked),
        WHOLE: theirs,
    }


if __name__ == "__main__":
    main(measure)
