"""Dynamic subspace learners: an embedding in slices that each learn from a part of the data, and that grow.

Attention-based Dynamic Subspace Learners for Medical Image Analysis (Adiga, Dolz and Lombaert, 2022),
arXiv:2206.09068. The embedding f(x) = [f_1(x); ..; f_K(x)] has a slice for each learner; the data is grouped
into K parts anew, and slice k learns from part k by a margin loss of pairs,

    L_k = Σ_{i,j ∈ part k} [ y_ij (d_ij − β + α)₊ + (1 − y_ij) (β + α − d_ij)₊ ]

    d_ij = ‖f_k(x_i) − f_k(x_j)‖

K begins at 1, and a learner is added whenever the training loss no longer falls: nobody has to choose K.

Differs from the paper: the encoder stays and slices are linear maps of its vectors; there is no attention
map, which shows where in a picture; slices are of equal width and the whole has always the same, so that a
new learner divides it anew.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from octavo.arrays import labels_of, matrix, unit
from octavo.discover.clusters import SphericalKMeans
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids


def margin_loss(z: Tensor, same: Tensor, *, margin: float = 0.2, border: float = 1.0) -> Tensor:
    """Return the scalar margin loss of rows (N, D) at unit length, the mean over pairs that cost anything.

    same: (N, N), whether a pair belongs together. margin: α. border: β.
    """
    own = torch.eye(len(z), dtype=torch.bool)
    away = (2 - 2 * z @ z.T).clamp_min(1e-8).sqrt()
    near = (away - border + margin).clamp_min(0)[same & ~own]
    far = (border + margin - away).clamp_min(0)[~same]
    parts = [part.sum() / (part > 0).sum().clamp_min(1) for part in (near, far)]
    return torch.stack(parts).sum()


class SubspaceLearners:
    """Learns an embedding of slices.

    dim: of the whole. learners: K, or None to let it grow up to `most`. rounds: of grouping, each of as many
    steps of batch rows. patience: rounds without a lower loss after which a learner is added.
    learners_: how many there are in the end. losses_: of each round.
    """

    learners_: int

    def __init__(
        self,
        *,
        dim: int = 48,
        learners: int | None = None,
        most: int = 6,
        rounds: int = 12,
        steps: int = 15,
        batch: int = 120,
        patience: int = 2,
        seed: int = 0,
    ) -> None:
        if (learners is not None and not 1 <= learners <= dim) or most < 1 or rounds < 1 or steps < 1:
            raise ValueError("learners must be within 1 .. dim, most, rounds and steps at least 1")
        self.dim, self.learners, self.most, self.rounds = dim, learners, most, rounds
        self.steps, self.batch, self.patience, self.seed = steps, batch, patience, seed

    def fit(self, x: Array, labels: Ids) -> Self:
        """Learn from (N, D) and labels (N,), one for every row. Raises ShapeError."""
        given = matrix(x, "x", least=2)
        known, _ = labels_of(labels, "labels", len(given))
        if (known < 0).any():
            raise ShapeError("labels must be of every row, got -1")
        torch.manual_seed(self.seed)
        self.middle_ = given.mean(axis=0)
        rows, told = torch.from_numpy(unit(given - self.middle_)), torch.from_numpy(known)
        self._map = nn.Linear(rows.shape[1], self.dim, bias=False)
        nn.init.orthogonal_(self._map.weight)
        optimiser = torch.optim.AdamW(self._map.parameters(), lr=2e-3, weight_decay=1e-2)
        self.learners_, waited = self.learners or 1, 0
        self.losses_: list[float] = []
        for _ in range(self.rounds):
            parts = self._parts(rows)
            loss = self._round(rows, told, parts, optimiser)
            waited = 0 if loss < min(self.losses_, default=np.inf) - 1e-3 else waited + 1
            self.losses_.append(loss)
            if self.learners is None and waited >= self.patience and self.learners_ < self.most:
                self.learners_, waited = self.learners_ + 1, 0
        return self

    def _parts(self, rows: Tensor) -> Ids:
        if self.learners_ == 1 or len(rows) < self.learners_:
            return np.zeros(len(rows), np.int64)
        with torch.no_grad():
            embedded = self._map(rows).numpy()
        return SphericalKMeans(self.learners_, seed=self.seed).fit(embedded).labels_

    def _round(self, rows: Tensor, told: Tensor, parts: Ids, optimiser: torch.optim.Optimizer) -> float:
        slices = np.array_split(np.arange(self.dim), self.learners_)
        total, counted = 0.0, 0
        for step in range(self.steps):
            part = step % self.learners_
            inside = torch.from_numpy(np.flatnonzero(parts == part))
            if len(inside) < 2:
                continue
            some = inside[torch.randperm(len(inside))[: self.batch]]
            z = nn.functional.normalize(self._map(rows[some])[:, slices[part]], dim=1)
            loss = margin_loss(z, told[some][:, None] == told[some][None])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total, counted = total + float(loss.detach()), counted + 1
        return total / max(counted, 1)

    def transform(self, x: Array) -> Array:
        """Return (M, dim), each slice at unit length over the root of their number. Raises ShapeError."""
        if not hasattr(self, "_map"):
            raise NotFittedError("nothing is learned yet; call fit first")
        given = matrix(x, "x", dim=len(self.middle_))
        with torch.no_grad():
            made = self._map(torch.from_numpy(unit(given - self.middle_))).numpy()
        slices = np.array_split(np.arange(self.dim), self.learners_)
        joined = np.concatenate([unit(made[:, part]) for part in slices], axis=1)
        embedded: Array = (joined / np.sqrt(self.learners_)).astype(np.float32)
        return embedded
