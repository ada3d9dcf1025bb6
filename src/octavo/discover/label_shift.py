"""Latent label shift: what moves together over months belongs together, whatever it looks like.

Unsupervised Learning under Latent Label Shift (Roberts, Mani, Garg and Lipton, 2022), arXiv:2207.13179.
Domains d (months, venues) differ in how much of each class they have, p(y | d), and the classes look the
same everywhere, p(x | y). Discriminate, discretise, factorise, adjust: from a discriminator of domains p(d |
x),

    cells = k-means of p(d | x),    X[cell, d] = p(cell | d) ≈ p(cell | y) · p(y | d)    (factors ≥ 0)

    p(y | x, d) ∝ p(y | d) · [pinv(p(d | y)) p(d | x)]_y

which also gives p(y | d): the share of each class in every month.

Differs from the paper: the discriminator is a ridge classifier with a softmax, its temperature set so that
the mean probability of the own domain is right; the factors are found by multiplicative updates of the
Kullback-Leibler divergence from several beginnings; negative adjusted values count as zero.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import labels_of, matrix, unit
from octavo.discover.clusters import SphericalKMeans
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, Ids


class LabelShift:
    """Finds classes by how they shift.

    count: of classes. cells: m of k-means. strength: of the discriminator's ridge. starts: of the factors.
    shares_: (C, R), p(y | d), columns sum to 1. cells_given_: (m, C), p(cell | y).
    """

    shares_: npt.NDArray[np.float64]

    def __init__(
        self, count: int, *, cells: int = 30, strength: float = 10.0, starts: int = 5, seed: int = 0
    ) -> None:
        if count < 1 or cells < count:
            raise ValueError(f"there must be at least as many cells as classes, got {cells} and {count}")
        self.count, self.cells, self.strength, self.starts, self.seed = count, cells, strength, starts, seed

    def fit(self, x: Array, domains: Ids) -> Self:
        """Learn from (N, D) and the domain (N,) of each row. Raises ShapeError."""
        given = matrix(x, "x", least=self.cells)
        known, domain_count = labels_of(domains, "domains", len(given))
        if (known < 0).any() or domain_count < self.count:
            raise ShapeError(f"domains must be at least {self.count}, one for every row, got {domain_count}")
        self._discriminate(given, known, domain_count)
        seen = self.domain_probabilities(given)
        self._groups = SphericalKMeans(self.cells, starts=2, seed=self.seed).fit(seen - seen.mean(axis=0))
        self._centre = seen.mean(axis=0)
        table = np.zeros((self.cells, domain_count))
        np.add.at(table, (self._groups.labels_, known), 1)
        table /= table.sum(axis=0)
        cells, shares = factors(table, self.count, starts=self.starts, seed=self.seed)
        scale = cells.sum(axis=0)
        self.cells_given_ = cells / np.maximum(scale, 1e-12)
        shares = shares * scale[:, None]
        self.shares_ = shares / np.maximum(shares.sum(axis=0), 1e-12)
        weight = np.bincount(known, minlength=domain_count) / len(known)
        joint = self.shares_ * weight  # p(y, d)
        self._given_class = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12)  # p(d | y)
        return self

    def _discriminate(self, x: Array, domains: Ids, count: int) -> None:
        rows = unit(x).astype(np.float64)
        self._middle = rows.mean(axis=0)
        rows = rows - self._middle
        wanted = np.eye(count)[domains]
        self._base = wanted.mean(axis=0)
        inner = rows.T @ rows + self.strength * np.eye(rows.shape[1])
        self._weights = np.linalg.solve(inner, rows.T @ (wanted - self._base))

    def domain_probabilities(self, x: Array) -> Array:
        """Return (M, R), p(d | x): ridge outputs are estimates of it, kept positive. Raises ShapeError."""
        if not hasattr(self, "_weights"):
            raise NotFittedError("no domains are known yet; call fit first")
        rows = unit(matrix(x, "x", dim=len(self._weights))) - self._middle
        told = np.maximum(rows @ self._weights + self._base, 1e-4)
        probable: Array = (told / told.sum(axis=1, keepdims=True)).astype(np.float32)
        return probable

    def predict(self, x: Array, domains: Ids) -> Ids:
        """Return (M,), the class of each row of (M, D) seen in a domain (M,). Raises ShapeError."""
        seen = self.domain_probabilities(x).astype(np.float64)
        adjusted = np.maximum(seen @ np.linalg.pinv(self._given_class.T).T, 0)
        # p(y | x) over all domains, turned to that of one: p(y | x, d) ∝ p(y | x) p(y | d) / p(y).
        prior = np.maximum((self.shares_ * self._base).sum(axis=1), 1e-12)
        told: Ids = (adjusted / prior * self.shares_[:, domains].T).argmax(axis=1)
        return told


def factors(
    table: npt.NDArray[np.float64], count: int, *, starts: int = 5, rounds: int = 400, seed: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return non-negative (M, C) and (C, R) whose product is nearest to (M, R) by Kullback-Leibler."""
    best: tuple[float, npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    for start in range(starts):
        rng = np.random.default_rng([seed, start])
        left = rng.random((table.shape[0], count)) + 0.1
        right = rng.random((count, table.shape[1])) + 0.1
        for _ in range(rounds):
            left *= (table / np.maximum(left @ right, 1e-12)) @ right.T / np.maximum(right.sum(axis=1), 1e-12)
            right *= (
                left.T @ (table / np.maximum(left @ right, 1e-12)) / left.sum(axis=0)[:, None].clip(1e-12)
            )
        made = np.maximum(left @ right, 1e-12)
        there = table > 0
        away = float((table[there] * np.log(table[there] / made[there])).sum() - table.sum() + made.sum())
        if best is None or away < best[0]:
            best = away, left, right
    assert best is not None
    return best[1], best[2]
