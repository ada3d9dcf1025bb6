"""Off the shelf: what a frozen encoder does as it is, whitened or not, before anything is learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.off_the_shelf import Whitened, linear
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.lab.latent import LatentSemantic
from octavo.lab.two_encoders import TwoEncoders, found

SEEDS = 3


def nearest(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The label of the nearest."""
    return y[(asked @ x.T).argmax(axis=1)]


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    sample = Labelled.read(data, 120 if tiny else 3000, least=8 if tiny else 60, most=12)
    texts = [f"{t}\n{a}" for t, a in zip(sample.papers.titles, sample.papers.texts, strict=True)]
    words = LatentSemantic(16 if tiny else 256).fit(texts).encode_documents(texts)
    table: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        learn, ask = sample.halves(seed)
        y, wanted = sample.labels[learn], sample.labels[ask]
        for name, x in (("words", words), ("MiniLM", sample.vectors)):
            guesses = {
                f"{name}, nearest": nearest(x[learn], y, x[ask]),
                f"{name}, linear": linear(x[learn], y, x[ask]).argmax(axis=1),
            }
            white = Whitened().fit(x[learn])
            moved, led = white.transform(x[learn]), white.transform(x[ask])
            guesses[f"{name}, whitened, nearest"] = nearest(moved, y, led)
            guesses[f"{name}, whitened, linear"] = linear(moved, y, led).argmax(axis=1)
            for way, guess in guesses.items():
                table.setdefault(way, []).append(float((guess == wanted).mean()))
    rows = [(way, "category told", values) for way, values in table.items()]
    both = TwoEncoders.read(data, tiny=tiny)
    recalls = {}
    for name, side in (("words", both.words), ("MiniLM", both.meaning)):
        recalls[name] = {"as they are": found(side.titles, side.index, 1)}
        for label, options in {
            "half whitened": {"power": 0.5},
            "whitened": {},
            "whitened, 128 dimensions": {"dims": 128},
        }.items():
            white = Whitened(**options).fit(side.pool)
            recalls[name][label] = found(white.transform(side.titles), white.transform(side.index), 1)
        rows += [
            (f"{name}, {way}", "title finds its paper first", value) for way, value in recalls[name].items()
        ]
    mean = {way: float(np.mean(values)) for way, values in table.items()}
    return Evidence(
        claim="A frozen encoder, whitened for search, with a line between classes, is hard to beat.",
        checks={
            "MiniLM with a line tells more categories than words with one, every seed": all(
                a > b for a, b in zip(table["MiniLM, linear"], table["words, linear"], strict=True)
            ),
            "a line tells more than the nearest, of both encoders": mean["MiniLM, linear"]
            > mean["MiniLM, nearest"]
            and mean["words, linear"] > mean["words, nearest"],
            "whitened, titles find more papers, of both encoders": all(
                recalls[name]["whitened"] > recalls[name]["as they are"] for name in recalls
            ),
        },
        columns=("vectors", "measure", "share"),
        rows=tuple(rows),
        note=f"{len(texts):,} arXiv papers of {len(sample.names)} categories, half to learn from, ± "
        f"over {SEEDS} "
        "halves; 2,500 titles ask for their papers, whitening learned from 2,500 others.",
    )


if __name__ == "__main__":
    main(measure)
