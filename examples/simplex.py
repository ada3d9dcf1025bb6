"""Stationary representations: heads on two encoders, years apart, that look for papers of the same field."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from octavo.bridge.linear import Procrustes
from octavo.bridge.simplex import StationaryHead
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.two_encoders import TwoEncoders

SEEDS, DEPTH = 3, 10


def alike(asked: np.ndarray, index: np.ndarray, fields: np.ndarray, own: np.ndarray) -> float:
    """Of the ten nearest of every question, the share that is of its field; itself left out."""
    scores = asked @ index.T
    scores[own, np.arange(len(own))] = -np.inf
    return float((fields[np.argsort(-scores, axis=1)[:, :DEPTH]] == fields[:, None]).mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    both = TwoEncoders.read(data, tiny=tiny)
    half, steps = len(both.words.pool), 20 if tiny else 400
    common = [name for name, _ in Counter(both.categories).most_common(8 if tiny else 20)]
    place = {name: i for i, name in enumerate(common)}
    labels = np.array([place.get(name, -1) for name in both.categories])
    learn, judge = np.flatnonzero(labels[:half] >= 0), np.flatnonzero(labels[half:] >= 0)
    y, fields, itself = labels[:half][learn], labels[half:][judge], np.arange(len(judge))
    known = y < len(common) // 2  # the old head knew half of the fields
    x_old, x_new = both.words.pool[learn], both.meaning.pool[learn]
    q_old, q_new = both.words.index[judge], both.meaning.index[judge]
    classes = 2 * len(common)
    table: dict[str, list[list[float]]] = {}
    for seed in range(SEEDS):
        old = StationaryHead(classes, steps=steps, seed=seed).fit(x_old[known], y[known])
        gallery, before = old.transform(q_old), old.transform(x_old)
        ways = {
            "fixed simplex, cross entropy alone": StationaryHead(classes, steps=steps, seed=seed + 100).fit(
                x_new, y
            ),
            "fixed simplex and HOC": StationaryHead(classes, steps=steps, seed=seed + 100).fit(
                x_new, y, before
            ),
        }
        base = alike(gallery, gallery, fields, itself)
        table.setdefault("old head asks", []).append([base, base])
        for way, head in ways.items():
            made = head.transform(q_new)
            figures = [alike(made, gallery, fields, itself), alike(made, made, fields, itself)]
            table.setdefault(way, []).append(figures)
        shuffled = np.random.default_rng(seed).permutation(len(common))
        apart = StationaryHead(classes, steps=steps, seed=seed).fit(x_new, shuffled[y]).transform(q_new)
        table.setdefault("a simplex of its own, no bridge", []).append(
            [alike(apart, gallery, fields, itself), alike(apart, apart, fields, itself)]
        )
        led = Procrustes().fit(before, x_new).to_old(q_new)
        table.setdefault("no head, Procrustes", []).append(
            [alike(led, gallery, fields, itself), alike(q_new, q_new, fields, itself)]
        )
    columns = {way: [list(each) for each in zip(*figures, strict=True)] for way, figures in table.items()}
    base = columns["old head asks"][0]
    mean = {way: float(np.mean(figures[0])) for way, figures in columns.items()}

    def compatible(way: str) -> bool:
        return all(new > old for new, old in zip(columns[way][0], base, strict=True))

    return Evidence(
        claim="Heads that learn towards one fixed simplex can ask each other's index.",
        checks={
            "with the simplex alone, the new head finds more in the old index than the old head": compatible(
                "fixed simplex, cross entropy alone"
            ),
            "with HOC as well": compatible("fixed simplex and HOC"),
            "HOC finds more in the old index than the simplex alone": mean["fixed simplex and HOC"]
            > mean["fixed simplex, cross entropy alone"],
            "HOC finds more in the old index than a rotation of the new encoder": mean[
                "fixed simplex and HOC"
            ]
            > mean["no head, Procrustes"],
        },
        columns=("who asks", "of its field among ten, old index", "of its field among ten, new index"),
        rows=tuple((way, *figures) for way, figures in columns.items()),
        note=f"The {len(common)} commonest categories of 5,000 arXiv papers, half to learn from, half to ask "
        "and be found. The old head is on latent semantic analysis and has seen half of the categories; the "
        f"new one is on MiniLM and has seen all. The simplex has {classes} corners. ± over {SEEDS} seeds.",
    )


if __name__ == "__main__":
    main(measure)
