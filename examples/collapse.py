"""Neural collapse on written digits: four numbers in training, and class means of unequal classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import mse_loss, one_hot

from octavo.catalogue import Evidence
from octavo.check.collapse import disagreement, duality, frame, lengths, within
from octavo.lab.experiment import main

SEEDS, DECAY = 3, 5e-4
SIZES = (160, 120, 90, 70, 50, 40, 30, 20, 14, 10)


def learned(x: np.ndarray, y: np.ndarray, steps: int, seed: int) -> dict[str, list[float]]:
    """A network taught by squared error and weight decay, as in the theory; its numbers as it learns."""
    torch.manual_seed(seed)
    body = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64, bias=False))
    head = nn.Linear(64, 10, bias=False)
    given, wanted = torch.from_numpy(x), one_hot(torch.from_numpy(y), 10).float()
    optimiser = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=1e-2)
    found: dict[str, list[float]] = {}
    for step in range(steps + 1):
        if step in (steps // 40, steps):
            with torch.no_grad():
                h = body(given)
                scores = head(h).numpy()
            h = h.numpy()
            weights = head.weight.detach().numpy()
            for name, value in {
                "NC1": within(h, y),
                "NC2": frame(h, y, kind="orthogonal"),
                "NC2 from a simplex": frame(h, y),
                "NC3": duality(h, y, weights, kind="orthogonal"),
                "NC4": disagreement(h, y, scores),
                "shortest to longest mean": float(lengths(h, y).min() / lengths(h, y).max()),
                "length of means with size": along(lengths(h, y), np.bincount(y)),
                "length of classifiers with size": along(np.linalg.norm(weights, axis=1), np.bincount(y)),
            }.items():
                found.setdefault(name, []).append(value)
        h = body(given)
        weights = head.weight
        # Weight decay on the last features and the classifier, the two that the theory is about.
        loss = mse_loss(head(h), wanted) + DECAY * ((h**2).sum(dim=1).mean() + (weights**2).sum())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return found


def along(found: np.ndarray, sizes: np.ndarray) -> float:
    """The correlation of lengths with the sizes of classes; 0 where these are equal."""
    return float(np.corrcoef(found, sizes)[0, 1]) if np.ptp(sizes) else 0.0


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    digits = load_digits()
    x = ((digits.data - digits.data.mean(axis=0)) / 4).astype(np.float32)
    y = digits.target.astype(np.int64)
    steps = 40 if tiny else 400
    even = np.concatenate([np.flatnonzero(y == c)[:60] for c in range(10)])
    uneven = np.concatenate([np.flatnonzero(y == c)[:size] for c, size in enumerate(SIZES)])
    tries = {
        name: [learned(x[rows], y[rows], steps, seed) for seed in range(SEEDS)]
        for name, rows in (("60 of each", even), ("160 down to 10", uneven))
    }
    rows = []
    for name, found in tries.items():
        for number in found[0]:
            if ("with size" in number) == (name == "60 of each"):
                continue
            rows.append((name, number, [f[number][0] for f in found], [f[number][1] for f in found]))
    balanced, unequal = tries["60 of each"], tries["160 down to 10"]

    def falls(number: str, to: float) -> bool:
        return all(f[number][1] < to * f[number][0] for f in balanced)

    return Evidence(
        claim="Trained on after the last error, classes shrink to points on a regular frame, unless unequal.",
        checks={
            "NC1 falls to a fifth": falls("NC1", 0.2),
            "class means come to an orthogonal frame: NC2 falls to half": falls("NC2", 0.5),
            "the classifier comes to the class means: NC3 falls to half": falls("NC3", 0.5),
            "the nearest mean decides as the classifier does, to one row in a hundred": all(
                f["NC4"][1] <= 0.01 for f in balanced
            ),
            "of unequal classes, small ones have longer means": all(
                f["length of means with size"][1] < -0.5 for f in unequal
            ),
            "and shorter classifiers": all(f["length of classifiers with size"][1] > 0.5 for f in unequal),
        },
        columns=("examples", "number", f"after {steps // 40} steps", f"after {steps} steps"),
        rows=tuple(rows),
        note="scikit-learn's digits; a rectified layer, a linear one and a linear classifier without bias; "
        "squared error, weight decay on the last features and the classifier. In the theory small classes "
        f"vanish where the decay is too strong for them. ± over {SEEDS} seeds.",
    )


if __name__ == "__main__":
    main(measure)
