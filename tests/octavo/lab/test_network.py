"""A network learns what is planted, the same from the same seed."""

from __future__ import annotations

import numpy as np

from octavo.lab.network import network, right, scored, train


def test_it_learns_what_is_planted_and_is_the_same_again():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    x = (np.eye(3)[labels] + 0.1 * rng.standard_normal((300, 3))).astype(np.float32)
    losses, models = [], []
    for _ in range(2):
        model = network(3, 8, 3, seed=1)
        losses.append(list(train(model, x, labels, steps=200, rate=1e-2)))
        models.append(model)
    assert losses[0] == losses[1]
    assert losses[0][-1] < 0.5 * losses[0][0]
    assert right(models[0], x, labels) > 0.95
    assert scored(models[0], x[:2]).shape == (2, 3)
