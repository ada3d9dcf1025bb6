"""Dual embeddings: what is read together with a paper, told apart from what is like it.

Two Is Better Than One: Dual Embeddings for Complementary Product Recommendations
(Kvernadze, Sudyanti, Subedi and Hajiaghayi, 2022), arXiv:2211.14982. Skip-gram learns two
vectors an item from baskets, one as the item in the middle, u, and one as an item around it, w; usually w is
thrown away. Both are kept:

    alike(i, j) = cos(u_i, u_j),    together(i, j) = ⟨u_i, w_j⟩.

Items alike are those that would stand in for each other, among the same company; items together are each
other's company.

Differs from the paper: learned on shelves and histories in the place of orders. The pairs it makes up for
items without sales are not here. `together` counts both directions, since a shelf has none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from octavo.arrays import integers, unit
from octavo.exceptions import ShapeError
from octavo.protocols import Array
from octavo.rank.skip_gram import SkipGram


class DualEmbeddings(SkipGram):
    """Two vectors an item, and two ways to ask for others. Learned as `SkipGram` is, from `basket_pairs`."""

    def alike(self, items: npt.ArrayLike) -> Array:
        """Return (Q, N), how much each item is like those asked for (Q,). Raises ShapeError."""
        middle = unit(self.vectors()[0])
        scores: Array = middle[self._asked(items)] @ middle.T
        return scores

    def together(self, items: npt.ArrayLike, *, one_way: bool = False) -> Array:
        """Return (Q, N), how much each item is company of those asked for (Q,).

        one_way: as the item around those asked for only, for baskets with an order. Raises ShapeError.
        """
        middle, around = self.vectors()
        asked = self._asked(items)
        scores: Array = middle[asked] @ around.T
        if not one_way:
            scores = (scores + around[asked] @ middle.T) * np.float32(0.5)
        return scores

    def _asked(self, items: npt.ArrayLike) -> npt.NDArray[np.int64]:
        given = np.asarray(items)
        given = integers(given, "items", given.size)
        if given.size and (given.min() < 0 or given.max() >= len(self.middle)):
            raise ShapeError(
                f"items must be from 0 to {len(self.middle) - 1}, got {given.min()} to {given.max()}"
            )
        return given
