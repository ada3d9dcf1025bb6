"""Intrinsic dimension of abstracts as data and as vectors, and label sharpness against how hard a task is."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.intrinsic import dimension, sharpness, two_nearest
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.lab.latent import LatentSemantic

SEEDS = 3


def ranks(values: list[float]) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def error(x: np.ndarray, y: np.ndarray, seed: int) -> float:
    """Of half of the rows, those that the majority of their five nearest among the other half puts wrong."""
    order = np.random.default_rng(seed).permutation(len(x))
    learn, ask = order[::2], order[1::2]
    nearest = np.argsort(-(x[ask] @ x[learn].T), axis=1)[:, :5]
    return float(((y[learn][nearest].mean(axis=1) > 0.5) != y[ask]).mean())


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    sample = Labelled.read(data, 120 if tiny else 4000, least=8 if tiny else 60, most=4 if tiny else 10)
    texts = [f"{t}\n{a}" for t, a in zip(sample.papers.titles, sample.papers.texts, strict=True)]
    words = LatentSemantic(16 if tiny else 256).fit(texts).encode_documents(texts)
    rng = np.random.default_rng(0)
    rotated = sample.vectors[:, rng.permutation(sample.vectors.shape[1])]
    noise = rng.standard_normal(sample.vectors.shape).astype(np.float32)
    flat = np.tanh(rng.standard_normal((len(words), 5)) @ rng.standard_normal((5, 384))).astype(np.float32)
    spaces = {
        "words of the abstracts (latent semantic analysis)": words,
        "MiniLM": sample.vectors,
        "MiniLM, coordinates exchanged": rotated,
        "a curved sheet of 5 dimensions in 384": flat,
        "noise in 384 dimensions": noise,
    }
    rows, found = [], {}
    for name, x in spaces.items():
        draws = [np.random.default_rng(seed).permutation(len(x))[: len(x) // 2] for seed in range(SEEDS)]
        found[name] = [dimension(x[draw]) for draw in draws]
        rows.append((name, found[name], [two_nearest(x[draw]) for draw in draws], ""))
    agreement: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        errors, measures = [], {"maximum": [], "99th percentile": []}
        for one, other in combinations(range(len(sample.names)), 2):
            pair = np.flatnonzero((sample.labels == one) | (sample.labels == other))
            x, y = sample.vectors[pair], (sample.labels[pair] == one).astype(np.int64)
            errors.append(error(x, y, seed))
            for name, quantile in (("maximum", 1.0), ("99th percentile", 0.99)):
                measures[name].append(sharpness(x, y, seed=seed, pairs=5000, quantile=quantile))
        for name, values in measures.items():
            value = np.corrcoef(ranks(values), ranks(errors))[0, 1]
            agreement.setdefault(name, []).append(float(value))
    rows += [(f"label sharpness, {name}, with the error", "", "", v) for name, v in agreement.items()]
    return Evidence(
        claim="Vectors use few of their dimensions, fewer than their data; sharp labels are hard to learn.",
        checks={
            "a sheet of 5 dimensions is found to have 4 to 6": all(
                4 <= d <= 6 for d in found["a curved sheet of 5 dimensions in 384"]
            ),
            "MiniLM uses less than a tenth of its dimensions": max(found["MiniLM"]) < 38.4,
            "MiniLM's dimension is at most that of the words": max(found["MiniLM"])
            <= min(found["words of the abstracts (latent semantic analysis)"]),
            "the sharper the labels (maximum), the more errors": min(agreement["maximum"]) > 0,
            "the sharper the labels (99th percentile), the more errors": min(agreement["99th percentile"])
            > 0,
        },
        columns=("vectors, or tasks", "by 20 neighbours", "by 2", "rank correlation"),
        rows=tuple(rows),
        note=f"{len(texts):,} arXiv abstracts, halves of them drawn {SEEDS} times. Tasks are every "
        "pair of the "
        f"{len(sample.names)} commonest categories, told apart by five neighbours. Of noise in 384 "
        "dimensions "
        "neighbours find far fewer: what is large is underestimated, so dimensions are compared, not "
        "believed.",
    )


if __name__ == "__main__":
    main(measure)
