"""Transductive few-shot: the rows without a label are clustered with the few that have one.

Transductive Few-Shot Learning: Clustering is All You Need?
(Ziko, Boudiaf, Dolz, Granger and Ben Ayed, 2021), arXiv:2106.09516. Assignments s_q ∈ simplex of the
unlabelled rows and prototypes μ_c minimise

    Σ_q s_q·a_q − (λ/2) Σ_{p,q} w_pq s_p·s_q + Σ_q s_q·log s_q,    a_qc = β ‖x_q − μ_c‖²

with w 1 between neighbours and s clamped where the label is known. Each round updates all rows at once by a
bound of the concave part, and then the prototypes:

    s_q ← softmax(−a_q + λ Σ_p w_qp s_p),    μ_c ← Σ_q s_qc x_q / Σ_q s_qc

λ = 0 is soft k-means with seeds, which the paper found hard to beat.

Differs from the paper: vectors are centred and taken at unit length; labelled rows weigh `trust` times as
much in the prototypes, so that three examples are not drowned by thousands of rows; rows never seen are
scored by the prototypes alone, without neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Self

import numpy as np

from octavo.arrays import labels_of, matrix, unit
from octavo.exceptions import NotFittedError
from octavo.protocols import Array, Ids
from octavo.saving import Kept

_BLOCK: Final = 1024


class Transductive(Kept):
    """Tagger that clusters what has no label along with what has.

    pull: λ, how much neighbours want the same label. neighbours: how many each row has. sharpness: β.
    trust: how much more a labelled row weighs in its prototype. rounds: at most so many; it ends sooner where
    nothing moves.
    assignments_: (N, C) of the rows given to fit. prototypes_: (C, D), of centred vectors at unit length.
    energy_: of each round's assignments; it never rises while the prototypes stand.
    """

    _kind = "octavo.tag.transductive"
    _asked = ("pull", "neighbours", "sharpness", "trust", "rounds")
    _kept: ClassVar[Mapping[str, str]] = {
        "centre": "centre_",
        "prototypes": "prototypes_",
        "assignments": "assignments_",
        "energy": "energy_",
    }

    assignments_: Array
    prototypes_: Array

    def __init__(
        self,
        *,
        pull: float = 1.0,
        neighbours: int = 5,
        sharpness: float = 10.0,
        trust: float = 10.0,
        rounds: int = 20,
    ) -> None:
        if pull < 0 or sharpness <= 0 or trust <= 0:
            raise ValueError(
                "pull must not be negative, sharpness and trust positive, "
                f"got {pull}, {sharpness} and {trust}"
            )
        if neighbours < 1 or rounds < 1:
            raise ValueError(f"neighbours and rounds must be at least 1, got {neighbours} and {rounds}")
        self.pull, self.neighbours, self.sharpness = pull, neighbours, sharpness
        self.trust, self.rounds = trust, rounds

    def fit(self, x: Array, labels: Ids) -> Self:
        """Cluster (N, D); labels (N,) are -1 where there is none. Raises ShapeError."""
        given = matrix(x, "x", least=1)
        known, count = labels_of(labels, "labels", len(given))
        self.centre_ = given.mean(axis=0)
        rows = self._seen(given)
        fixed = known >= 0
        s = np.full((len(rows), count), 1 / count, np.float32)
        s[fixed] = np.eye(count, dtype=np.float32)[known[fixed]]
        weights = np.where(fixed, self.trust, 1.0).astype(np.float32)
        near = neighbours(rows, self.neighbours) if self.pull else None
        self.prototypes_ = _means(rows, s, weights * fixed)
        self.energy_: list[float] = []
        for _ in range(self.rounds):
            cost = self._cost(rows)
            for _ in range(5 if near is not None else 1):
                before = s
                drawn = -cost if near is None else self.pull * _gathered(s, near) - cost
                s = np.where(fixed[:, None], before, _softmax(drawn))
                self.energy_.append(self._energy(s, cost, near))
            self.prototypes_ = _means(rows, s, weights)
            if np.abs(s - before).max() < 1e-4:
                break
        self.assignments_ = s
        return self

    def _energy(self, s: Array, cost: Array, near: tuple[Ids, Ids] | None) -> float:
        entropy = float((s * np.log(np.maximum(s, 1e-12))).sum())
        joined = 0.0 if near is None else self.pull / 2 * float((s[near[0]] * s[near[1]]).sum())
        return float((s * cost).sum()) + entropy - joined

    def scores(self, x: Array) -> Array:
        """Return (M, C), the assignments of (M, D) by the prototypes. Raises ShapeError, NotFittedError."""
        if not hasattr(self, "prototypes_"):
            raise NotFittedError("the tagger has no examples yet; call fit first")
        given = matrix(x, "x", dim=self.prototypes_.shape[1])
        return _softmax(-self._cost(self._seen(given)))

    def _seen(self, x: Array) -> Array:
        moved = unit(x - self.centre_)
        return moved if moved.any() or not len(x) else unit(x)  # equal rows have no directions of their own

    def _cost(self, rows: Array) -> Array:
        squared = (rows**2).sum(axis=1)[:, None] + (self.prototypes_**2).sum(axis=1)[None]
        cost: Array = self.sharpness * np.maximum(squared - 2 * rows @ self.prototypes_.T, 0)
        return cost.astype(np.float32)


def neighbours(rows: Array, k: int) -> tuple[Ids, Ids]:
    """Return the pairs (p, q) of which one is among the other's k nearest, both ways round, each once."""
    k = min(k, len(rows) - 1)
    found = []
    for low in range(0, len(rows), _BLOCK):
        likeness = rows[low : low + _BLOCK] @ rows.T
        places = np.arange(len(likeness))
        likeness[places, low + places] = -np.inf
        best = np.argpartition(-likeness, max(k - 1, 0), axis=1)[:, :k]
        found.append((np.repeat(low + places, k), best.reshape(-1)))
    one = np.concatenate([pair[0] for pair in found])
    other = np.concatenate([pair[1] for pair in found])
    keys = np.unique(np.concatenate([one * len(rows) + other, other * len(rows) + one]))
    return keys // len(rows), keys % len(rows)


def _gathered(s: Array, near: tuple[Ids, Ids]) -> Array:
    """Return Σ_p w_qp s_p for every row q."""
    one, other = near
    total = np.zeros_like(s)
    if len(one):
        used, starts = np.unique(one, return_index=True)
        total[used] = np.add.reduceat(s[other], starts, axis=0)
    return total


def _means(rows: Array, s: Array, weights: Array) -> Array:
    shares = s * weights[:, None]
    means: Array = (shares.T @ rows / np.maximum(shares.sum(axis=0)[:, None], 1e-9)).astype(np.float32)
    return means


def _softmax(z: Array) -> Array:
    raised = np.exp(z - z.max(axis=1, keepdims=True, initial=-np.inf)) if len(z) else z
    shares: Array = (raised / np.maximum(raised.sum(axis=1, keepdims=True), 1e-30)).astype(np.float32)
    return shares
