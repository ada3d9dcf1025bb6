"""The loop, which belongs to the caller: batches in, one step out at a time.

>>> import torch
>>> from octavo.teach.head import Head
>>> head, pairs = Head(8), torch.randn(64, 2, 8)
>>> for step in train(head, lambda rows: (head(pairs[rows, 0]) - pairs[rows, 1]).square().mean(),
...                   batches(64, 16, steps=3, seed=0)):
...     last = step
>>> last.number
2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from octavo.protocols import Ids

Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True)
class Step:
    """number: from 0. loss: before the step was taken."""

    number: int
    loss: float


def train(
    module: nn.Module,
    loss: Callable[[Batch], Tensor],
    batches: Sequence[Batch],
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
) -> Iterator[Step]:
    """Take a step of Adam for every batch, and yield after each.

    loss: what to make small of a batch. rate: of learning, falling to nothing along a half cosine. decay: of
    weights. Raises ValueError when the loss is no longer a number.
    """
    optimiser = torch.optim.AdamW(module.parameters(), lr=rate, weight_decay=decay)
    module.train()
    try:
        for number, batch in enumerate(batches):
            for group in optimiser.param_groups:
                group["lr"] = rate * (1 + np.cos(np.pi * number / len(batches))) / 2
            value = loss(batch)
            if not torch.isfinite(value):
                raise ValueError(f"the loss of step {number} is {value.item()}; a smaller rate may help")
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            yield Step(number, float(value.detach()))
    finally:
        module.eval()


def batches(n: int, size: int, *, steps: int, seed: int) -> list[Ids]:
    """Return so many batches of positions below n, each without a repeat; every epoch sees all but a rest.

    A batch is never larger than n.
    """
    if n < 1 or size < 1:
        raise ValueError(f"want at least one example and one in a batch, got n={n} and size={size}")
    rng, size = np.random.default_rng(seed), min(size, n)
    made: list[Ids] = []
    while len(made) < steps:
        order = rng.permutation(n).astype(np.int64)
        made += [order[low : low + size] for low in range(0, n - size + 1, size)]
    return made[:steps]
