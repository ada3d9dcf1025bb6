"""Iterative feature merging against pruning by size and by chance, of a wide network that reads digits."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from octavo.catalogue import Evidence
from octavo.check.feature_merging import merge
from octavo.lab.experiment import main

SEEDS = 3


def trained(x: np.ndarray, y: np.ndarray, width: int, epochs: int, seed: int) -> MLPClassifier:
    """Return a network of one hidden layer."""
    network = MLPClassifier((width,), max_iter=epochs, alpha=1e-3, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(x, y)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    digits = load_digits()
    n, width, epochs = (200, 32, 5) if tiny else (1797, 512, 80)
    kept = (16, 8, 4) if tiny else (256, 128, 64, 32)
    found: dict[tuple[str, int], list[float]] = {}
    whole: list[float] = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(digits.data))[:n]
        x, y = (digits.data[order] / 16).astype(np.float32), digits.target[order]
        half = n // 2
        network = trained(x[:half], y[:half], width, epochs, seed)
        incoming = np.concatenate([network.coefs_[0], network.intercepts_[0][None]]).T.astype(np.float32)
        outgoing = network.coefs_[1].astype(np.float32)
        asked = np.concatenate([x[half:], np.ones((n - half, 1), np.float32)], axis=1)

        def accuracy(into: np.ndarray, out: np.ndarray) -> float:
            logits = np.maximum(asked @ into.T, 0) @ out + network.intercepts_[1]  # noqa: B023
            return float((logits.argmax(axis=1) == y[half:]).mean())  # noqa: B023

        whole.append(accuracy(incoming, outgoing))
        size = np.linalg.norm(incoming, axis=1) * np.linalg.norm(outgoing, axis=1)
        for keep in kept:
            merged = merge(incoming, outgoing, keep=keep)
            large = np.argsort(-size)[:keep]
            some = rng.permutation(width)[:keep]
            for name, units in (
                ("merging", (merged.incoming, merged.outgoing)),
                ("the largest units", (incoming[large], outgoing[large])),
                ("units by chance, outgoing weights scaled", (incoming[some], outgoing[some] * width / keep)),
            ):
                found.setdefault((name, keep), []).append(accuracy(*units))
    rows: list[tuple[str | float | list[float], ...]] = [(f"{width} units", "all of them", whole)]
    rows += [(f"{keep} units left", name, values) for (name, keep), values in found.items()]
    first = "merging"
    others = sorted({name for name, _ in found if name != first})
    return Evidence(
        claim="Many units of a wide network are one and the same: merging them loses little, without data "
        "and without training again.",
        checks={
            f"with {kept[0]} of {width} units, less than two points of accuracy are lost": bool(
                np.mean(whole) - np.mean(found[first, kept[0]]) < 0.02
            ),
            f"with {kept[1]} of {width} units, less than two points of accuracy are lost": bool(
                np.mean(whole) - np.mean(found[first, kept[1]]) < 0.02
            ),
            "at every size at least as accurate as the largest units": all(
                np.mean(found[first, k]) >= np.mean(found["the largest units", k]) for k in kept
            ),
            "at every size at least as accurate as units by chance": all(
                np.mean(found[first, k]) >= np.mean(found[name, k]) for k in kept for name in others
            ),
        },
        columns=("what is left", "which units", "held-out accuracy"),
        rows=tuple(rows),
        note="Digits of eight by eight pixels, one hidden layer, half of the digits held out.",
    )


if __name__ == "__main__":
    main(measure)
