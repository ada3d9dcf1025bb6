"""Telling a paper's field from its vector: a classifier's problem with real data, and labels made wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from octavo.lab.abstracts import Abstracts
from octavo.protocols import Ids


@dataclass(frozen=True, slots=True)
class Fields:
    """x: (N, D) vectors of papers; y: (N,) their categories, numbered; names: of the C categories.

    The last third is for judging by.
    """

    x: Tensor
    y: Tensor
    names: tuple[str, ...]

    @classmethod
    def read(cls, data: Path, papers: int, *, classes: int = 20) -> Self:
        """Return those of so many papers whose primary category is among the largest `classes`."""
        sample = Abstracts.read(data, papers)
        found, counts = np.unique(sample.categories, return_counts=True)
        names = found[np.argsort(-counts, kind="stable")][:classes]
        kept = np.isin(sample.categories, names)
        number = {name: place for place, name in enumerate(names.tolist())}
        y = [number[name] for name in np.array(sample.categories)[kept].tolist()]
        return cls(torch.from_numpy(sample.vectors()[kept]), torch.tensor(y), tuple(names.tolist()))

    @property
    def learned(self) -> int:
        """How many, from the first on, are learned from."""
        return len(self.x) * 2 // 3

    def noisy(self, share: float, seed: int) -> Tensor:
        """Return the labels to learn from, of which a share is replaced by any other, evenly."""
        rng, wrong = np.random.default_rng(seed), self.y[: self.learned].clone()
        chosen = rng.permutation(self.learned)[: round(share * self.learned)]
        shift = rng.integers(1, len(self.names), len(chosen))
        wrong[chosen] = (wrong[chosen] + torch.from_numpy(shift)) % len(self.names)
        return wrong

    @torch.no_grad()
    def accuracy(self, model: nn.Module) -> float:
        """Return the share of papers to be judged by whose category has the largest of the model's logits."""
        logits = model(self.x[self.learned :])
        return float((logits.argmax(dim=1) == self.y[self.learned :]).float().mean())


def perceptron(inputs: int, hidden: int, outputs: int, *, seed: int) -> nn.Sequential:
    """Return a network of one hidden layer."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def epochs(n: int, size: int, count: int, seed: int) -> list[Ids]:
    """Return the batches of so many passes over n examples."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n).astype(np.int64) for _ in range(count)]
    return [order[low : low + size] for order in orders for low in range(0, n, size)]
