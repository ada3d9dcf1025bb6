"""Feature complexity: are a network's simple features learned first, and are they the important ones?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from octavo.catalogue import Evidence
from octavo.check.feature_complexity import feature_complexity, readability
from octavo.lab.experiment import main

SEEDS = 5


def layers_of(network: MLPClassifier, x: np.ndarray) -> list[np.ndarray]:
    """Return the input and what each hidden layer makes of it."""
    made = [x.astype(np.float32)]
    for weights, bias in list(zip(network.coefs_, network.intercepts_, strict=True))[:-1]:
        made.append(np.maximum(made[-1] @ weights + bias, 0).astype(np.float32))
    return made


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    digits = load_digits()
    n, width, epochs = (160, 16, 4) if tiny else (1200, 48, 40)
    orders: dict[str, list[float]] = {"importance": [], "epoch when learned": [], "size (variance)": []}
    spread: list[float] = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(digits.data))[:n]
        x, y = digits.data[order] / 16, digits.target[order]
        network = MLPClassifier((width, width, width), learning_rate_init=2e-3, random_state=seed)
        last = []
        for _ in range(epochs):
            network.partial_fit(x, y, classes=np.arange(10))
            last.append(layers_of(network, x)[-1])
        made = layers_of(network, x)
        living = made[-1].std(axis=0) > 1e-3
        features = made[-1][:, living]
        complexity = feature_complexity(made[:-1], features)
        # How far a unit moves the logits, as in the paper: its activations times its outgoing weights.
        reach = np.abs(features).mean(axis=0) * np.abs(network.coefs_[-1][living]).sum(axis=1)
        wide = features.astype(np.float64)
        known = np.array([readability(layer, wide) > 0.8 for layer in last])
        learned = np.where(known.any(axis=0), known.argmax(axis=0), epochs)
        spread.append(float(complexity.std()))
        for name, values in zip(orders, (reach, learned, features.var(axis=0)), strict=True):
            orders[name].append(float(np.nan_to_num(spearmanr(complexity, values)[0])))
    rows = [(f"Spearman of complexity with {name}", values) for name, values in orders.items()]
    rows.append(("spread of complexity over the features", spread))
    return Evidence(
        claim="Simple features are learned first, and are the ones on which decisions rest.",
        checks={
            "the more complex, the less important, in four of five seeds": sum(
                r < 0 for r in orders["importance"]
            )
            >= 4,
            "the more complex, the later learned, in four of five seeds": sum(
                r > 0 for r in orders["epoch when learned"]
            )
            >= 4,
        },
        columns=("what", "value"),
        rows=tuple(rows),
        note="A network of three hidden layers that reads digits; its features are the units of the last. "
        "One is learned when a ridge regression from the last layer of that epoch explains 80 % of it.",
    )


if __name__ == "__main__":
    main(measure)
