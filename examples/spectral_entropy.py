"""Diffusion spectral entropy: what labels tell of a network in training, and of good and bad encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from octavo.arrays import unit
from octavo.catalogue import Evidence
from octavo.check.spectral_entropy import (
    bandwidth,
    diffusion_spectral_entropy,
    diffusion_spectral_information,
)
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main

SEEDS = 3
WIDTHS: dict[str, Callable[[np.ndarray], float]] = {
    "σ = 10, the authors' default": lambda x: 10.0,
    "σ = 0.5": lambda x: 0.5,
    "σ from the data": bandwidth,
}


def training(x: np.ndarray, y: np.ndarray, epochs: int, seed: int) -> tuple[float, float, float]:
    """Return what the hidden layer of a network knows of the labels it learns, after one epoch and after all,
    and how many of them the network names."""
    network = MLPClassifier((64,), learning_rate_init=0.01, random_state=seed)
    known = []
    for epoch in range(epochs):
        network.partial_fit(x, y, classes=np.arange(10))
        if epoch in (0, epochs - 1):
            hidden = np.maximum(x @ network.coefs_[0] + network.intercepts_[0], 0).astype(np.float32)
            known.append(diffusion_spectral_information(hidden, y, draws=2, seed=seed))
    return known[0], known[-1], float(network.score(x, y))


def neighbours_agree(x: np.ndarray, y: np.ndarray) -> float:
    """Return how often the label most frequent among the ten nearest is a row's own."""
    likeness = x @ x.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1)[:, :10]
    return float(np.mean([np.bincount(y[row]).argmax() == own for row, own in zip(nearest, y, strict=True)]))


def encoders(x: np.ndarray, tiny: bool, seed: int) -> list[np.ndarray]:
    """Return worse and better versions of vectors: their first directions, with more and more noise."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2]
    made = []
    for dim in (2, 8) if tiny else (2, 8, 32, 128):
        shortened = x @ axes[:dim].T
        spread = shortened.std() * rng.standard_normal(shortened.shape)
        made += [unit((shortened + noise * spread).astype(np.float32)) for noise in (0.0, 1.0, 3.0)]
    return made


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    digits = load_digits()
    n, epochs = (120, 2) if tiny else (400, 100)
    rows: list[tuple[str | float | list[float], ...]] = []
    runs: dict[str, list[tuple[float, float, float]]] = {"true": [], "shuffled": []}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        some = rng.permutation(len(digits.data))[:n]
        x, y = digits.data[some] / 16, digits.target[some]
        runs["true"].append(training(x, y, epochs, seed))
        runs["shuffled"].append(training(x, rng.permutation(y), epochs, seed))
    for name, found in runs.items():
        told = ("known after one epoch, bits", "known after training, bits", "named after training, share")
        rows += [(f"digits, {name} labels: {told[i]}", [run[i] for run in found]) for i in range(3)]
    papers = Abstracts.read(data, 150 if tiny else 600)
    labels = np.unique(np.array(papers.categories), return_inverse=True)[1]
    kept = np.bincount(labels)[labels] >= (5 if tiny else 12)
    x, y = papers.vectors()[kept], np.unique(labels[kept], return_inverse=True)[1]
    agreement: dict[str, list[float]] = {name: [] for name in WIDTHS}
    for seed in range(SEEDS):
        made = encoders(x, tiny, seed)
        truth = [neighbours_agree(each, y) for each in made]
        for name, width in WIDTHS.items():
            bits = [diffusion_spectral_information(e, y, sigma=width(e), draws=1, seed=seed) for e in made]
            agreement[name].append(float(spearmanr(bits, truth)[0]))
    rows[:0] = [
        (f"encoders, {name}: Spearman with 10-NN accuracy", found)
        for name, found in reversed(agreement.items())
    ]
    entropy = {name: diffusion_spectral_entropy(x, sigma=width(x)) for name, width in WIDTHS.items()}
    rows += [(f"MiniLM, {name}: entropy, bits", value) for name, value in entropy.items()]
    grown = all(after > before + 0.1 for before, after, _ in runs["true"])
    apart = all(true[1] > 2 * false[1] for true, false in zip(runs["true"], runs["shuffled"], strict=True))
    return Evidence(
        claim="What labels tell of a representation grows while it learns to generalise, stays where it "
        "learns by heart, and foretells accuracy.",
        checks={
            "known of true labels grows by training, every seed": grown,
            "known of shuffled labels, learned by heart, stays below half of that": apart,
            "σ from the data: encoders are ranked as by 10-NN accuracy, Spearman above .6, every seed": min(
                agreement["σ from the data"]
            )
            > 0.6,
            "σ = 10: less than a bit of entropy is left among vectors of unit length": entropy[
                "σ = 10, the authors' default"
            ]
            < 1,
        },
        columns=("what", "value"),
        rows=tuple(rows),
        note=f"Encoders: MiniLM's vectors of {len(x)} abstracts in {len(set(y))} categories, cut to their "
        "first directions and blurred. Entropy alone says nothing of quality: it grows with noise as well.",
    )


if __name__ == "__main__":
    main(measure)
