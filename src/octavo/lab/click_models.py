"""What models of clicks must beat: logistic regression with crosses, a factorisation machine, a perceptron.

Factorization Machines (Rendle, 2010): log-odds b + Σ_f w_f + Σ_{f < g} ⟨e_f, e_g⟩ of a line's values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from octavo.lab.clicks import Libraries, Lines, likeness
from octavo.protocols import Array, Ids
from octavo.rank.clicks import Embeddings, Table, learn, odds


class FactorisationMachine(nn.Module):
    """Lines (N, F) → log-odds (N,). table: of the embeddings whose pairs meet.

    sizes: of the fields, for a weight of each value; without them there are pairs alone.
    """

    def __init__(self, table: Table, sizes: list[int] | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.width, self.table = table.width, table
        self.alone = Embeddings(sizes, 1, spread=0.01, seed=seed) if sizes else None
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N,)."""
        e = self.table(lines)
        pairs = (e.sum(dim=1).square() - e.square().sum(dim=1)).sum(dim=1) / 2
        return self.bias + pairs + (self.alone(lines).sum(dim=(1, 2)) if self.alone else 0)


class Perceptron(nn.Module):
    """Lines (N, F) → log-odds (N,): all embeddings side by side, and one hidden layer."""

    def __init__(self, table: Table, hidden: int = 64, *, seed: int = 0) -> None:
        super().__init__()
        self.width, self.table = table.width, table
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = nn.Sequential(
                nn.Linear(table.width * table.dim, hidden), nn.ReLU(), nn.Linear(hidden, 1)
            )

    def forward(self, lines: Tensor) -> Tensor:
        """Return (N,)."""
        said: Tensor = self.net(self.table(lines).flatten(1))[:, 0]
        return said


def to_beat(libraries: Libraries, table: Lines, seed: int, *, epochs: int = 4) -> dict[str, Array]:
    """Return scores of the lines to be judged by: by regression without and with every cross, a factorisation
    machine, and the cosine with the mean of what each reader had kept."""
    n, width = table.learned, table.lines.shape[1]
    learned, opened, asked = table.lines[:n], table.opened[:n], table.lines[n:]
    sizes = (table.lines.max(axis=0) + 1).tolist()
    machine = FactorisationMachine(Embeddings(sizes, 16, seed=seed), sizes, seed=seed)
    learn(machine, learned, opened, epochs=epochs, rate=0.01, decay=1.0, seed=seed)
    crosses = [(f, g) for f in range(width) for g in range(f)]
    return {
        "logistic regression with all crosses": regression(learned, opened, asked, crosses=crosses),
        "logistic regression": regression(learned, opened, asked),
        "factorisation machine": odds(machine, asked),
        "cosine with the mean of the shelf": likeness(libraries.vectors, table.seen[n:]),
    }


def regression(
    lines: Ids,
    opened: Ids,
    asked: Ids,
    *,
    crosses: list[tuple[int, int]] | None = None,
    buckets: int = 1 << 18,
) -> Array:
    """Return the log-odds (M,) of lines (M, F) by a logistic regression of values, and of pairs of fields."""
    from sklearn.linear_model import LogisticRegression

    learned, judged = (_hot(part, crosses or [], buckets) for part in (lines, asked))
    model = LogisticRegression(C=0.3, solver="liblinear").fit(learned, opened)
    said: Array = model.decision_function(judged).astype(np.float32)
    return said


def _hot(lines: Ids, crosses: list[tuple[int, int]], buckets: int) -> Any:
    """One-hot rows, sparse, values and pairs by their hash."""
    from scipy.sparse import csr_matrix

    known = lines + 1
    columns = [known[:, f] + 1_000_003 * (f + 1) for f in range(lines.shape[1])]
    columns += [
        known[:, f] * 7_919 + known[:, g] * 104_729 + 15_485_863 * (f * 64 + g + 64) for f, g in crosses
    ]
    places = (np.stack(columns, axis=1) * 2_654_435_761 % (1 << 31)) % buckets
    rows = np.repeat(np.arange(len(lines)), places.shape[1])
    return csr_matrix((np.ones(places.size, np.float32), (rows, places.ravel())), (len(lines), buckets))
