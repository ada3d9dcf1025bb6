"""Skip-gram with negative samples: what stands near each other gets vectors that meet, drawn pairs do not.

For a pair of an item i and an item j that was near it, with n drawn others,

    L = - log σ(⟨u_i, w_j⟩) - Σ_n log σ(-⟨u_i, w_n⟩),    n drawn in proportion to count^power,

u being an item's vector as the one in the middle and w as one around it. In the end ⟨u_i, w_j⟩ is about how
much more often both are near each other than chance would have it, on a logarithmic scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import integers
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Ids


class SkipGram(nn.Module):
    """Two vectors for each of N items.

    counts: (N,), how often each was seen. negatives: n, how much they count. drawn: by a batch, which shares
    them. power: 0 draws evenly, 1 as often as seen.
    """

    def __init__(
        self,
        counts: npt.ArrayLike,
        *,
        dim: int = 64,
        negatives: int = 5,
        drawn: int = 500,
        power: float = 0.75,
        seed: int = 0,
    ) -> None:
        super().__init__()
        seen = np.asarray(counts, np.float64)
        if seen.ndim != 1 or not np.isfinite(seen).all() or (seen < 0).any() or not seen.any():
            raise ShapeError(f"counts must be (N,) numbers of at least 0, not all 0, got {seen.shape}")
        if min(dim, negatives, drawn) < 1:
            raise ValueError(
                f"want a dim, negatives and draws of at least 1, got {dim}, {negatives} and {drawn}"
            )
        self.negatives, self.drawn = negatives, drawn
        self._often = torch.from_numpy(np.where(seen > 0, seen, 0) ** power * (seen > 0))
        self._chance = torch.Generator().manual_seed(seed)
        start = torch.randn(len(seen), dim, generator=self._chance) / dim**0.5
        self.middle = nn.Parameter(0.5 * start)
        self.around = nn.Parameter(torch.zeros(len(seen), dim))

    def loss(self, pairs: npt.ArrayLike) -> Tensor:
        """Return the loss of pairs (M, 2): in the middle, around. Raises ShapeError."""
        given = pairs_of(pairs, len(self.middle))
        middle, around = torch.from_numpy(given[:, 0]), torch.from_numpy(given[:, 1])
        u = self.middle[middle]
        near = functional.logsigmoid((u * self.around[around]).sum(dim=1))
        # As many as there are pairs times negatives would be the same in expectation, and far dearer.
        drawn = torch.multinomial(self._often, self.drawn, replacement=True, generator=self._chance)
        far = functional.logsigmoid(-(u @ self.around[drawn].T)).mean(dim=1)
        return -(near + self.negatives * far).mean()

    @torch.no_grad()
    def vectors(self) -> tuple[Array, Array]:
        """Return (N, D) twice: in the middle and around."""
        return self.middle.numpy().copy(), self.around.numpy().copy()


def pairs_of(pairs: npt.ArrayLike, items: int) -> Ids:
    """Return pairs (M, 2), M ≥ 1, of items below `items` as int64; ShapeError otherwise."""
    given = np.asarray(pairs)
    if given.ndim != 2 or given.shape[1] != 2 or not len(given):
        raise ShapeError(f"pairs must have the shape (M, 2) with M ≥ 1, got {given.shape}")
    flat = integers(given.ravel(), "pairs", given.size)
    if flat.min() < 0 or flat.max() >= items:
        raise ShapeError(f"pairs must hold items from 0 to {items - 1}, got {flat.min()} to {flat.max()}")
    return flat.reshape(-1, 2)


def basket_pairs(baskets: Sequence[npt.ArrayLike], *, each: int, seed: int) -> Ids:
    """Return pairs (M, 2) of different items of one basket, `each` for every item of a basket of two or more.

    The window is the whole basket; of long ones not all pairs are drawn, so that they do not outweigh the
    rest.
    """
    rng = np.random.default_rng(seed)
    made = []
    for basket in baskets:
        given = np.unique(np.asarray(basket))
        if len(given) < 2:
            continue
        first = np.repeat(np.arange(len(given)), each)
        second = (first + rng.integers(1, len(given), len(first))) % len(given)
        made.append(np.stack([given[first], given[second]], axis=1))
    if not made:
        raise ShapeError("baskets must hold one of at least two items, got none")
    return np.concatenate(made).astype(np.int64)


def visit_pairs(histories: Sequence[Sequence[npt.ArrayLike]], *, window: int, seed: int) -> Ids:
    """Return pairs (M, 2) of items at most `window` places apart, in histories of visits.

    A history is visits in time, a visit the items of one moment, which have no order: it is drawn.
    """
    if window < 1:
        raise ValueError(f"want a window of at least 1, got {window}")
    rng = np.random.default_rng(seed)
    made = [np.empty((0, 2), np.int64)]
    for visits in histories:
        line = np.concatenate([np.empty(0, np.int64), *(rng.permutation(np.asarray(one)) for one in visits)])
        for apart in range(1, min(window, len(line) - 1) + 1):
            one = np.stack([line[:-apart], line[apart:]], axis=1).astype(np.int64)
            made += [one, one[:, ::-1]]
    pairs = np.concatenate(made)
    if not len(pairs):
        raise ShapeError("histories must hold one of at least two items, got none")
    kept: Ids = pairs[pairs[:, 0] != pairs[:, 1]]
    return kept
