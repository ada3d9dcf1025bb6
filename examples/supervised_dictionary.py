"""Sparse autoencoders held against a supervised dictionary: approximation, control, interpretability."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.explain.codes import explained
from octavo.explain.matching_pursuit import MatchingPursuit
from octavo.explain.supervised_dictionary import FeatureEditor, SupervisedDictionary, best_f1
from octavo.explain.top_k import TopKAutoencoder
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main

SEEDS = 3
K = 8


def named(x: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the category (N,) whose mean vector is nearest by angle from the middle."""
    middle = means.mean(axis=0)
    directions = means - middle
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return ((x - middle) @ directions.T).argmax(axis=1)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 200 if tiny else 5000)
    field = np.unique(np.array(papers.categories), return_inverse=True)[1]
    common = np.argsort(-np.bincount(field), kind="stable")[: 3 if tiny else 8]
    rows_kept = np.isin(field, common)
    y = np.unique(field[rows_kept], return_inverse=True)[1]
    x = papers.vectors()[rows_kept]
    years = np.array([int(day[:4]) for day in papers.dates])[rows_kept]
    attributes = np.stack([y, (years > np.median(years)).astype(int)], axis=1)
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(x))
        learn, held = order[: len(x) * 3 // 4], order[len(x) * 3 // 4 :]
        means = np.stack([x[learn][y[learn] == label].mean(axis=0) for label in range(y.max() + 1)])
        target = (y[held] + rng.integers(1, y.max() + 1, len(held))) % (y.max() + 1)

        def note(name: str, made: np.ndarray, edited: np.ndarray, f1: float) -> None:
            right = float((named(made, means) == y[held]).mean())  # noqa: B023
            moved = float((named(edited, means) == target).mean())  # noqa: B023
            size = float(np.linalg.norm(edited - x[held], axis=1).mean())  # noqa: B023
            values = (explained(x[held], made), right, moved, size, f1)  # noqa: B023
            for what, value in zip(AXES, values, strict=True):
                found.setdefault((name, what), []).append(value)

        note("the vectors themselves", x[held], x[held], 0.0)
        known = SupervisedDictionary().fit(x[learn], attributes[learn])
        edited = known.edit(x[held], 0, y[held], target)
        note("supervised dictionary", known.reconstruct(attributes[held]), edited, 1.0)
        for name, kind in (("top-k", TopKAutoencoder), ("matching pursuit", MatchingPursuit)):
            model = kind(24 if tiny else 256, K, epochs=2 if tiny else 25, seed=seed).fit(x[learn])
            editor = FeatureEditor(model.transform(x[learn]), y[learn], model.dictionary_)
            f1 = float(best_f1(model.transform(x[held]), y[held]).mean())
            made = model.decode(model.encode(x[held]))
            for k in (2, K):
                codes = model.transform(x[held])
                note(
                    f"{name}, {k} features exchanged",
                    made,
                    editor.edit(x[held], codes, y[held], target, k),
                    f1,
                )
    systems = list(dict.fromkeys(name for name, _ in found))
    sparse = [name for name in systems if "exchanged" in name]
    best = max(float(np.mean(found[name, AXES[2]])) for name in sparse)
    return Evidence(
        claim="Sparse autoencoders find features that name attributes, but control them less than supervised "
        "directions do.",
        checks={
            "reconstructions by 8 latents name the category as well within five points": all(
                np.mean(found[name, AXES[1]]) > np.mean(found[systems[0], AXES[1]]) - 0.05 for name in sparse
            ),
            "single latents name categories with a mean F1 above one half": max(
                float(np.mean(found[name, AXES[4]])) for name in sparse
            )
            > 0.5,
            "the supervised dictionary moves more papers to another category than either": bool(
                np.mean(found["supervised dictionary", AXES[2]]) > best
            ),
        },
        columns=("dictionary", *AXES),
        rows=tuple((name, *(found[name, what] for what in AXES)) for name in systems),
        note=f"{len(x)} abstracts of {y.max() + 1} categories, a quarter held out; a category is named by "
        "the nearest mean. A moved paper is one that is then named as the category it was edited into.",
        leading=AXES[2],
    )


AXES = ("R²", "category named", "moved by an edit", "length of the edit", "best single F1")


if __name__ == "__main__":
    main(measure)
