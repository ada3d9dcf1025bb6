"""Intrinsic dimension of fine-tuning: how few numbers teach a network that knows the field."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.tuning_dimension import InSubspace, d90
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.lab.latent import LatentSemantic
from octavo.lab.network import network, right, train

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    sample = Labelled.read(data, 120 if tiny else 3000, least=8 if tiny else 60, most=8 if tiny else 20)
    texts = [f"{t}\n{a}" for t, a in zip(sample.papers.titles, sample.papers.texts, strict=True)]
    x = 10 * LatentSemantic(16 if tiny else 128).fit(texts).encode_documents(texts)
    dims = (2, 8) if tiny else (4, 16, 64)
    steps, hidden, classes = (10, 8, len(sample.names) // 2) if tiny else (200, 32, len(sample.names) // 2)
    first = sample.labels < classes
    rows, needed = [], {}
    curves: dict[str, dict[str, list[float]]] = {}
    for seed in range(SEEDS):
        learn, ask = sample.halves(seed)
        before = learn[first[learn]]
        after, asked = learn[~first[learn]], ask[~first[ask]]
        y, wanted = sample.labels - classes, sample.labels[asked] - classes
        taught = network(x.shape[1], hidden, classes, seed=seed)
        for _ in train(taught, x[before], sample.labels[before], steps=steps, seed=seed):
            pass
        bare = network(x.shape[1], hidden, classes, seed=seed)
        for name, start in (("knows the field", taught), ("knows nothing", bare)):
            whole = network(x.shape[1], hidden, classes, seed=seed)
            whole.load_state_dict(start.state_dict())
            for _ in train(whole, x[after], y[after], steps=steps, seed=seed):
                pass
            full, chance = right(whole, x[asked], wanted), np.bincount(wanted).max() / len(wanted)
            curves.setdefault(name, {}).setdefault("all", []).append(full)
            for label, layered in (("", True), (", λ = 1", False))[: 2 if start is taught else 1]:
                scores = {}
                for dim in dims:
                    small = InSubspace(start, dim, layered=layered, seed=seed)
                    for _ in train(small, x[after], y[after], steps=steps, rate=0.03, seed=seed):
                        pass
                    scores[dim] = right(small, x[asked], wanted)
                    curves[name].setdefault(f"{dim}{label}", []).append(scores[dim])
                least = d90(scores, full, least=min(float(chance), full / 2))
                needed.setdefault(f"{name}{label}", []).append(min(least, 2.0 * dims[-1]))
    for name, curve in curves.items():
        rows += [(name, f"{what} numbers", values) for what, values in curve.items()]
    rows += [(name, "d90", values) for name, values in needed.items()]
    return Evidence(
        claim="A network that knows the field learns a task in few numbers; one that does not needs more.",
        checks={
            "a hundredth of its parameters is enough for nine tenths, every seed": max(
                needed["knows the field"]
            )
            <= 0.01 * ((x.shape[1] + 1) * hidden + (hidden + 1) * classes)
            or tiny,
            "knowing the field takes fewer numbers, every seed": all(
                a < b for a, b in zip(needed["knows the field"], needed["knows nothing"], strict=True)
            ),
            "a λ for each layer takes no more numbers than none": float(np.mean(needed["knows the field"]))
            <= float(np.mean(needed["knows the field, λ = 1"])),
        },
        columns=("start", "trained", "category told, or d"),
        rows=tuple(rows),
        note=f"{len(texts):,} arXiv papers of {len(sample.names)} categories as latent semantic "
        "vectors; a network "
        f"of {hidden} hidden units is taught half of the categories, then the others; d is looked for among "
        f"{', '.join(map(str, dims))}, and {2 * dims[-1]} stands for more. ± over {SEEDS} seeds.",
    )


if __name__ == "__main__":
    main(measure)
