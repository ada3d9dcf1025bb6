"""BT² on frozen encoders: what new questions find in the old index, by the number of dimensions added."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.bridge.bt2 import Bt2Bridge
from octavo.bridge.linear import Procrustes, Ridge
from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.two_encoders import TwoEncoders, crossed, found

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    both = TwoEncoders.read(data, tiny=tiny)
    steps, size = (2, 50) if tiny else (100, 2000)
    rows, above, kept, grows = [], [], [], []
    for name, old, new in (
        ("words → meaning", both.words, both.meaning),
        ("meaning → words", both.meaning, both.words),
    ):
        anchors = [np.random.default_rng(seed).permutation(len(old.pool))[:size] for seed in range(SEEDS)]
        by_extra: dict[int, list[float]] = {}
        alone = found(new.titles, new.index)
        for extra in (0, 32):
            cross, itself = [], []
            for seed, draw in enumerate(anchors):
                bridge = Bt2Bridge(extra=extra, steps=steps, seed=seed)
                cross.append(crossed(bridge, old, new, draw))
                itself.append(found(bridge.transform(new.titles), bridge.transform(new.index)))
            by_extra[extra] = cross
            rows.append((name, f"BT², {extra} dimensions more", cross, itself))
            if extra == 32:
                kept.append(min(itself) > alone - 0.02)
        simple = {
            each.__name__: [crossed(each(), old, new, a) for a in anchors] for each in (Procrustes, Ridge)
        }
        rows += [
            *((name, way, figures, alone) for way, figures in simple.items()),
            (name, "the old encoder alone", found(old.titles, old.index), ""),
        ]
        above.append(min(by_extra[32]) > max(map(max, simple.values())))
        grows.append(float(np.mean(by_extra[32])) > float(np.mean(by_extra[0])))
    return Evidence(
        claim="A rotation loses nothing; a few dimensions beside it hold what the old encoder alone knew.",
        checks={
            "new questions find more in the old index than by Procrustes or ridge, every seed": all(above),
            "32 dimensions more find more than none, both ways": all(grows),
            "among themselves the new vectors find what they did before, to two points": all(kept),
        },
        columns=("upgrade", "bridge", "recall@10, old index", "recall@10, new index of its vectors"),
        rows=tuple(rows),
        note=f"{size} anchors; words are latent semantic analysis (256 dimensions), meaning is MiniLM (384); "
        "from meaning to words 128 dimensions are added at least, which the wider space needs. "
        f"2,500 titles ask for their papers. ± over {SEEDS} draws of anchors and first weights.",
    )


if __name__ == "__main__":
    main(measure)
