"""Readers who have just come, a network that those before them taught, and how well it is made theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.lab.clicks import Libraries
from octavo.protocols import Array, Ids
from octavo.training import batches, train

_OTHERS = 60


class Taste(NamedTuple):
    """Of one newcomer: papers (N, D) shown, whether liked (N,) ±1, papers asked for (M, D), and the truth."""

    shown: Array
    liked: Ids
    asked: Array
    truth: Ids


class Scalar(nn.Module):
    """(N, D) → (N,): one hidden layer."""

    def __init__(self, dim: int, hidden: int, *, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.inner, self.outer = nn.Linear(dim, hidden), nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N,)."""
        said: Tensor = self.outer(torch.relu(self.inner(x)))[:, 0]
        return said


@dataclass(frozen=True)
class Newcomers:
    """vectors: (I, D) of papers. old, new: the libraries of readers before, and of newcomers."""

    vectors: Array
    old: tuple[Ids, ...]
    new: tuple[Ids, ...]

    @classmethod
    def read(cls, data: Path, old: int, new: int) -> Self:
        """Return so many readers of citeulike-t of each kind."""
        libraries = Libraries.read(data, old + new)
        scaled = 8 * libraries.vectors  # so that numbers are around 1
        return cls(scaled, libraries.kept[:-new], libraries.kept[-new:])

    def start(self, seed: int, *, hidden: int = 32, steps: int = 600) -> Scalar:
        """Return a network that knows what readers differ in: one layer for all, an outer one for each old
        reader, of which it keeps the mean."""
        shared = Scalar(self.vectors.shape[1], hidden, seed=seed)
        x = torch.from_numpy(self.vectors)
        readers = np.repeat(np.arange(len(self.old)), [len(kept) for kept in self.old])
        papers = np.concatenate(self.old)
        own = nn.Embedding(len(self.old), hidden)
        nn.init.normal_(own.weight, std=0.1, generator=torch.Generator().manual_seed(seed))
        both = nn.ModuleList([shared, own])
        rng = np.random.default_rng(seed)

        def loss(rows: Ids) -> Tensor:
            shown = np.concatenate([papers[rows], rng.choice(papers, 2 * len(rows))])
            who = torch.from_numpy(np.tile(readers[rows], 3))
            seen = torch.relu(shared.inner(x[shown]))
            said = (seen * (own(who) + shared.outer.weight)).sum(dim=1) + shared.outer.bias
            wanted = (torch.arange(len(shown)) < len(rows)).float()
            return functional.binary_cross_entropy_with_logits(said, wanted)

        for _ in train(both, loss, batches(len(papers), 256, steps=steps, seed=seed), rate=5e-3):
            pass
        return shared

    def taste(self, kept: Ids, likes: int, seed: int) -> Taste:
        """Return `likes` papers that a reader of this library likes and as many of others, and what is asked:
        the rest and sixty others."""
        rng = np.random.default_rng(seed)
        own = rng.permutation(kept)
        pool = np.concatenate(self.old)
        others = rng.permutation(np.setdiff1d(pool, kept))[: likes + _OTHERS]
        shown = np.concatenate([own[:likes], others[:likes]])
        asked = np.concatenate([own[likes:], others[likes:]])
        liked = np.repeat([1, -1], [min(likes, len(own)), likes])
        truth = np.repeat([1, 0], [len(own) - likes, len(others) - likes])
        return Taste(self.vectors[shown], liked, self.vectors[asked], truth)
