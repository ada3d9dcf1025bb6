"""A small network to experiment with: learned on vectors with labels, and looked into."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from octavo.protocols import Array, Ids

_BATCH = 128


def network(inputs: int, hidden: int, classes: int, *, seed: int = 0) -> nn.Sequential:
    """Return inputs → hidden → classes with rectifiers between, its weights drawn by chance."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def train(
    model: nn.Module,
    x: Array,
    labels: Ids,
    *,
    steps: int,
    rate: float = 1e-3,
    decay: float = 0.0,
    seed: int = 0,
) -> Iterator[float]:
    """Teach a model to tell labels (N,) from (N, D) by Adam, batch by batch; yields the loss of "
    "every step."""
    given, y = torch.from_numpy(np.ascontiguousarray(x, np.float32)), torch.from_numpy(labels)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(learned, lr=rate, weight_decay=decay)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        batch = torch.from_numpy(rng.integers(0, len(given), _BATCH))
        loss = cross_entropy(model(given[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        yield loss.item()


def scored(model: nn.Module, x: Array) -> Array:
    """Return (N, C), what a model makes of (N, D)."""
    with torch.no_grad():
        made: Tensor = model(torch.from_numpy(np.ascontiguousarray(x, np.float32)))
        return np.asarray(made.numpy(), np.float32)


def right(model: nn.Module, x: Array, labels: Ids) -> float:
    """Return the share of (N, D) whose label (N,) the model scores highest."""
    return float((scored(model, x).argmax(axis=1) == labels).mean())
