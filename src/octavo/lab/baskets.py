"""What 22,363 buyers took, in order: the Beauty histories of S3-Rec, and the protocol they are judged by.

The last item of every history is what has to be found; the last but one is for choosing; the rest is learned
from. Every item there is competes but those the reader already has (Zhou et al., 2020,
doi:10.1145/3340531.3411954).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from octavo.protocols import Array, Ids

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Found(NamedTuple):
    """hits: the share of histories whose next item is among the best ten. ndcg: of the ten, binary."""

    hits: float
    ndcg: float


@dataclass(frozen=True)
class Baskets:
    """histories: items 0 .. items-1 in the order in which they were taken, at least three each.

    attributes: (M, 2), pairs of an item and an attribute of it.
    """

    histories: tuple[Ids, ...]
    items: int
    attributes: Ids

    @classmethod
    def read(cls, data: Path) -> Self:
        """Return what `readers/s3rec_beauty` in the folder of collections holds."""
        import pyarrow.parquet  # only development installs it

        folder = data / "readers" / "s3rec_beauty"
        table = pyarrow.parquet.read_table(folder / "interactions.parquet")
        user, item, place = (table.column(name).to_numpy() for name in ("user", "item", "pos"))
        order = np.lexsort((place, user))
        user, item = user[order], item[order].astype(np.int64) - 1
        histories = tuple(np.split(item, np.flatnonzero(np.diff(user)) + 1))
        table = pyarrow.parquet.read_table(folder / "item_attributes.parquet")
        pairs = [table.column(name).to_numpy().astype(np.int64) for name in ("item", "attribute")]
        attributes = np.stack([pairs[0] - 1, np.unique(pairs[1], return_inverse=True)[1]], axis=1)
        return cls(histories, int(item.max()) + 1, attributes)

    @property
    def learned(self) -> list[Ids]:
        """The histories without their last two items, to learn from and to choose by."""
        return [each[:-2] for each in self.histories]

    @property
    def asked(self) -> list[Ids]:
        """The histories without their last item, which is asked for."""
        return [each[:-1] for each in self.histories]

    @property
    def last(self) -> Ids:
        """(N,), the item asked for."""
        return np.array([each[-1] for each in self.histories], np.int64)

    @property
    def last_but_one(self) -> Ids:
        """(N,), the item to choose by."""
        return np.array([each[-2] for each in self.histories], np.int64)

    def taken(self, histories: Sequence[Ids]) -> Array:
        """Return (items,), how often each item is in some histories."""
        return np.bincount(np.concatenate(histories), minlength=self.items).astype(np.float32)


def next_found(
    scores: Callable[[Sequence[Ids]], Array], histories: Sequence[Ids], wanted: Ids, *, block: int = 512
) -> Found:
    """Return how well the item `wanted` (N,) after each history is found by scores (N, items) of all items.

    Those already in the history do not compete. Of equal scores, half stand before.
    """
    ranks = []
    for low in range(0, len(histories), block):
        some, right = histories[low : low + block], wanted[low : low + block]
        given = np.array(scores(some), np.float32)
        for row, history in zip(given, some, strict=True):
            row[history] = -np.inf
        own = given[np.arange(len(right)), right][:, None]
        ranks.append((given > own).sum(axis=1) + ((given == own).sum(axis=1) - 1) / 2)
    rank = np.concatenate(ranks)
    return Found(float((rank < 10).mean()), float(((rank < 10) / np.log2(rank + 2)).mean()))


def spread(histories: Sequence[Ids], size: int, epochs: int, seed: int) -> list[Ids]:
    """Return batches of histories' numbers, of about equal length each; every epoch sees all."""
    rng = np.random.default_rng(seed)
    lengths = np.array([len(each) for each in histories])
    made: list[Ids] = []
    for _ in range(epochs):
        order = np.argsort(lengths + rng.random(len(lengths)), kind="stable")
        batches = [order[low : low + size] for low in range(0, len(order), size)]
        made += [batches[place] for place in rng.permutation(len(batches))]
    return made


def counts(learned: Sequence[Ids], items: int, *, near: int, shrink: float = 10.0) -> csr_matrix:
    """Return (items, items), how often an item stood at most `near` places behind another, nearer ones
    counting more, against how often both are taken at all. With near = 0 any place of the same history
    counts.

    shrink: added to how often items are taken, so that rare ones do not win by chance.
    """
    from scipy.sparse import csr_matrix, diags

    taken = weighted(learned, [np.ones(len(each), np.float32) for each in learned], items)
    if near:
        pairs = [
            (each[:-apart], each[apart:], np.full(len(each) - apart, 1 / apart, np.float32))
            for each in learned
            for apart in range(1, min(near + 1, len(each)))
        ]
        first, second, weight = (np.concatenate([pair[place] for pair in pairs]) for place in range(3))
        table = csr_matrix((weight, (first, second)), (items, items))
    else:
        table = taken.T @ taken
        table = table - diags(table.diagonal())
    scale = diags(1 / np.sqrt(np.asarray(taken.sum(axis=0))[0] + shrink))
    return csr_matrix(scale @ table @ scale)


def weighted(histories: Sequence[Ids], weights: Sequence[Array], items: int) -> csr_matrix:
    """Return (N, items), the weights of the items in each history."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(histories)), [len(each) for each in histories])
    return csr_matrix((np.concatenate(weights), (rows, np.concatenate(histories))), (len(histories), items))


def counted(table: csr_matrix, *, fading: float = 0.6) -> Callable[[Sequence[Ids]], Array]:
    """Return scores by the rows of a table (items, items) for the items of a history.

    fading: what every older item counts, compared to the one after it.
    """

    def scores(histories: Sequence[Ids]) -> Array:
        weights = [(fading ** np.arange(len(each))[::-1]).astype(np.float32) for each in histories]
        made: Array = (weighted(histories, weights, table.shape[0]) @ table).toarray()
        return made

    return scores


def main_directions(table: csr_matrix, dim: int) -> Array:
    """Return (items, dim), vectors whose products come as near as can be to a table taken in both
    directions."""
    from sklearn.utils.extmath import randomized_svd

    both = (table + table.T).tocsr()
    left, values, _ = randomized_svd(both, min(dim, both.shape[0] - 1), random_state=0)
    made = np.zeros((both.shape[0], dim), np.float32)
    made[:, : len(values)] = left * np.sqrt(values)
    return made
