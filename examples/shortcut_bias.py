"""Shortcut bias: linear models and networks of one hidden layer, as the shortcut becomes easier to see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from octavo.catalogue import Evidence
from octavo.check.shortcut_bias import TwoLatents, shortcut_bias
from octavo.lab.experiment import main

SEEDS = 5
AVAILABILITIES = (1.0, 3.0, 10.0)


def network(activation: str, seed: int) -> MLPClassifier:
    return MLPClassifier((64,), activation=activation, random_state=seed)


Model = LogisticRegression | MLPClassifier


def fitted(model: Model, x: np.ndarray, y: np.ndarray, epochs: int) -> Model:
    """Fit by epochs, so that none complains of not having converged."""
    if isinstance(model, LogisticRegression):
        return model.fit(x, y)
    for _ in range(epochs):
        model.partial_fit(x, y, classes=[0, 1])
    return model


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    n, epochs = (150, 2) if tiny else (2000, 40)
    bias: dict[tuple[str, float], list[float]] = {}
    right: dict[tuple[str, float], list[float]] = {}
    for availability in AVAILABILITIES:
        for seed in range(SEEDS):
            task = TwoLatents(availability=availability, seed=seed)
            x, y = task.sample(n)
            asked, truth = task.sample(n, draw=1)
            for name, model in (
                ("linear", LogisticRegression(max_iter=1000)),
                ("one hidden layer, ReLU", network("relu", seed)),
                ("one hidden layer, tanh", network("tanh", seed)),
            ):
                trained = fitted(model, x, y, epochs)
                bias.setdefault((name, availability), []).append(shortcut_bias(trained.predict, task))
                right.setdefault((name, availability), []).append(
                    float((trained.predict(asked) == truth).mean())
                )
    rows = tuple(
        (name, f"×{availability:g}", values, right[name, availability])
        for (name, availability), values in sorted(bias.items(), key=lambda pair: pair[0], reverse=True)
    )
    layers = ("one hidden layer, ReLU", "one hidden layer, tanh")
    return Evidence(
        claim="Linear models are nearly without bias; one hidden layer goes by a shortcut that is easy to "
        "see, though it tells less.",
        checks={
            "linear models: within .05 of no bias at every availability": all(
                abs(np.mean(bias["linear", a])) < 0.05 for a in AVAILABILITIES
            ),
            "a hidden layer's bias at ×10 is above the linear model's, every seed": all(
                one > linear
                for name in layers
                for one, linear in zip(bias[name, 10.0], bias["linear", 10.0], strict=True)
            ),
            "a hidden layer's bias grows with availability": all(
                np.mean(bias[name, 1.0]) < np.mean(bias[name, 3.0]) < np.mean(bias[name, 10.0])
                for name in layers
            ),
        },
        columns=("model", "availability of the shortcut", "shortcut bias", "held-out accuracy"),
        rows=rows,
        note="Predictivity .9 of the core and .8 of the shortcut, 20 dimensions, 2,000 examples.",
        leading="shortcut bias",
    )


if __name__ == "__main__":
    main(measure)
