"""OCA on frozen encoders: what new questions find in the old index, and what the new index loses."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.bridge.linear import Procrustes, Ridge
from octavo.bridge.oca import OcaBridge
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.two_encoders import TwoEncoders, crossed, found

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    both = TwoEncoders.read(data, tiny=tiny)
    steps, size = (2, 50) if tiny else (150, 2000)
    rows, above, kept = [], [], []
    for name, old, new in (
        ("words → meaning", both.words, both.meaning),
        ("meaning → words", both.meaning, both.words),
    ):
        anchors = [np.random.default_rng(seed).permutation(len(old.pool))[:size] for seed in range(SEEDS)]
        cross, itself = [], []
        for seed, draw in enumerate(anchors):
            bridge = OcaBridge(steps=steps, seed=seed)
            cross.append(crossed(bridge, old, new, draw))
            itself.append(found(bridge.transform(new.titles), bridge.transform(new.index)))
        simple = {
            each.__name__: [crossed(each(), old, new, a) for a in anchors] for each in (Procrustes, Ridge)
        }
        alone = found(new.titles, new.index)
        rows += [
            (name, "OCA, 32 dimensions more", cross, itself),
            *((name, way, figures, alone) for way, figures in simple.items()),
            (name, "the old encoder alone", found(old.titles, old.index), ""),
        ]
        above.append(min(cross) > max(map(max, simple.values())))
        kept.append(min(itself) > alone - 0.02)
    return Evidence(
        claim="Vectors of a few more dimensions, behind an orthogonal layer, serve both indexes.",
        checks={
            "new questions find more in the old index than by Procrustes or ridge, every seed": all(above),
            "among themselves the new vectors find what they did before, to two points": all(kept),
        },
        columns=("upgrade", "bridge", "recall@10, old index", "recall@10, new index of its vectors"),
        rows=tuple(rows),
        note=f"{size} anchors; words are latent semantic analysis (256 dimensions), meaning is MiniLM (384); "
        f"2,500 titles ask for their papers. ± over {SEEDS} draws of anchors and first weights.",
    )


if __name__ == "__main__":
    main(measure)
