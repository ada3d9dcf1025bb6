"""Relative representations against Procrustes and ridge: how many anchors a change of the encoder takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.bridge.linear import Procrustes, Ridge
from octavo.bridge.relative import RelativeBridge
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.two_encoders import Side, TwoEncoders, crossed, found

SEEDS = 3


def compared(old: Side, new: Side, anchors: np.ndarray) -> dict[str, float]:
    relative = RelativeBridge()
    back = crossed(relative, old, new, anchors)
    aligned = found(relative.relative_new(new.titles), relative.relative_old(old.index))
    return {
        "relative, compared as they are": aligned,
        "relative, led back into the old space": back,
        "Procrustes": crossed(Procrustes(), old, new, anchors),
        "ridge": crossed(Ridge(), old, new, anchors),
    }


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    both = TwoEncoders.read(data, tiny=tiny)
    rows, least, few, many = [], [], [], []
    sizes = (10, 40) if tiny else (50, 100, 300, 1000, 2000)
    for name, old, new in (
        ("words → meaning", both.words, both.meaning),
        ("meaning → words", both.meaning, both.words),
    ):
        unbridged = np.pad(new.titles, ((0, 0), (0, old.index.shape[1])))[:, : old.index.shape[1]]
        rows.append((name, "no bridge", 0, found(unbridged, old.index)))
        for size in sizes:
            tries = [
                compared(old, new, np.random.default_rng(seed).permutation(len(old.pool))[:size])
                for seed in range(SEEDS)
            ]
            figures = {way: [each[way] for each in tries] for way in tries[0]}
            rows += [(name, way, size, values) for way, values in figures.items()]
            mean = {way: float(np.mean(values)) for way, values in figures.items()}
            best = max(mean[way] for way in mean if way.startswith("relative"))
            if size == sizes[1]:
                few.append(best > max(mean["Procrustes"], mean["ridge"]))
            if size == sizes[-1]:
                many.append(best > max(mean["Procrustes"], mean["ridge"]))
                least.append(min(figures["relative, led back into the old space"]) > 5 * rows[0][3])
        rows += [
            (name, "old questions, old index", "", found(old.titles, old.index)),
            (name, "new questions, new index", "", found(new.titles, new.index)),
        ]
    return Evidence(
        claim="How near texts are to the same anchors lets two encoders that never met be compared.",
        checks={
            "with most anchors it finds in the old index five times what is found unbridged": all(least),
            f"with {sizes[1]} anchors it finds more than Procrustes and ridge, both ways": all(few),
            f"with {sizes[-1]} anchors it finds more than Procrustes and ridge, both ways": all(many),
        },
        columns=("upgrade", "bridge", "anchors", "recall@10, title → paper"),
        rows=tuple(rows),
        note="Words are latent semantic analysis (256 dimensions), meaning is MiniLM (384). Questions are "
        "the titles of 2,500 arXiv papers that are not among the anchors, encoded by the new encoder; the "
        f"index is the old one's. ± over {SEEDS} draws of anchors.",
    )


if __name__ == "__main__":
    main(measure)
