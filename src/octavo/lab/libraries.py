"""Libraries of readers: which papers 7,947 people kept on CiteULike, and the words of the papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from octavo.arrays import unit
from octavo.protocols import Array, Ids, SparseRows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Libraries:
    """shelves: of every reader, the papers 0 .. papers-1 that they kept, ascending: of when, nothing is
    known.

    words: (papers, words), how often which word stands in title and abstract. cites: (M, 2), pairs of papers
    of which one cites the other. tags: (M, 2), pairs of a paper and a tag somebody gave it. fold: (papers,),
    0 .. 4, for taking papers out of what is learned.
    """

    shelves: tuple[Ids, ...]
    words: csr_matrix
    cites: Ids
    tags: Ids
    fold: Ids

    @classmethod
    def read(cls, data: Path, *, kept_by: int = 0, least: int = 3) -> Self:
        """Return what `readers/citeulike-t` in the folder of collections holds.

        kept_by: papers that fewer readers keep are left out, the others counted anew; then readers with fewer
        papers than `least`.
        """
        import pyarrow.parquet  # only development installs it
        from scipy.sparse import csr_matrix

        folder = data / "readers" / "citeulike-t"

        def columns(file: str, *names: str) -> list[Any]:
            table = pyarrow.parquet.read_table(folder / f"{file}.parquet")
            return [table.column(name).to_numpy().astype(np.int64) for name in names]

        paper, word, count = columns("bow", "item", "word_id", "count")
        item, fold = columns("splits/coldstart_item_fold_seed20240601", "item", "fold")
        shape = (len(item), int(word.max()) + 1)
        words = csr_matrix((count.astype(np.float32), (paper, word)), shape)
        user, kept = columns("interactions", "user", "item")
        order = np.lexsort((kept, user))
        user, kept = user[order], kept[order]
        shelves = np.split(kept, np.flatnonzero(np.diff(user)) + 1)
        pairs = np.stack(columns("citations", "src", "dst"), axis=1)
        pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
        tags = np.stack(columns("item_tags", "item", "tag"), axis=1)
        there = np.flatnonzero(np.bincount(kept, minlength=len(item)) >= kept_by)
        place = np.full(len(item), -1, np.int64)
        place[there] = np.arange(len(there))
        shelves = [each[each >= 0] for each in (place[shelf] for shelf in shelves)]
        pairs, tags = place[pairs], np.stack([place[tags[:, 0]], tags[:, 1]], axis=1)
        return cls(
            tuple(each for each in shelves if len(each) >= least),
            words[there],
            pairs[(pairs >= 0).all(axis=1)],
            tags[tags[:, 0] >= 0],
            fold[item][there],
        )

    @property
    def papers(self) -> int:
        """How many papers there are, those nobody here keeps among them."""
        return int(self.words.shape[0])

    def weighted(self) -> csr_matrix:
        """Return (papers, words), TF-IDF with logarithmic counts, rows of unit length."""
        from scipy.sparse import diags

        counts = self.words.copy()
        counts.data = 1 + np.log(counts.data)
        rarity = np.log((1 + self.papers) / (1 + np.bincount(counts.indices, minlength=counts.shape[1]))) + 1
        made = counts @ diags(rarity.astype(np.float32))
        length = np.sqrt(np.asarray(made.multiply(made).sum(axis=1))[:, 0])
        return (diags(1 / np.where(length > 0, length, 1)) @ made).tocsr().astype(np.float32)

    def vectors(self, dim: int) -> Array:
        """Return (papers, dim) of unit length, the main directions of the weighted words."""
        return unit(reduced(self.weighted(), dim))


def reduced(matrix: csr_matrix, dim: int) -> Array:
    """Return (N, dim) for the rows of a sparse matrix (N, M), by singular values."""
    from sklearn.utils.extmath import randomized_svd

    dim = min(dim, min(matrix.shape) - 1)
    left, values, _ = randomized_svd(matrix, dim, n_iter=4, random_state=0)
    made: Array = (left * values).astype(np.float32)
    return made


def incidence(shelves: list[Ids] | tuple[Ids, ...], papers: int) -> csr_matrix:
    """Return (readers, papers), 1 where a paper is on the shelf."""
    from scipy.sparse import csr_matrix

    lengths = np.array([len(each) for each in shelves])
    columns = np.concatenate([*shelves, np.empty(0, np.int64)])
    rows = np.repeat(np.arange(len(shelves)), lengths)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (len(shelves), papers))


def as_rows(matrix: csr_matrix) -> SparseRows:
    """Return a sparse matrix as what rankers take."""
    made = matrix.tocsr()
    return SparseRows(
        made.indptr.astype(np.int64),
        made.indices.astype(np.int64),
        made.data.astype(np.float32),
        made.shape[1],
    )


def recall(scores: Array, given: Sequence[Ids], wanted: Sequence[Ids], among: Ids, k: int = 20) -> float:
    """Return the share of the papers wanted of every shelf that are the best k, of those `among`, by scores
    (S, papers); papers given do not compete, and shelves that want none of them do not count."""
    shares = []
    open_to = np.zeros(scores.shape[1], bool)
    open_to[among] = True
    for row, own, right in zip(scores, given, wanted, strict=True):
        right = right[open_to[right]]
        if len(right):
            left = np.where(open_to, row, -np.inf)
            left[own] = -np.inf
            best = np.argpartition(-left, min(k, len(left) - 1))[:k]
            shares.append(np.isin(right, best).sum() / min(len(right), k))
    return float(np.mean(shares)) if shares else 0.0


def standard(scores: Array) -> Array:
    """Return scores (S, N) with mean 0 and spread 1 in every row, so that those of two systems can be
    added."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    made: Array = (centred / (scores.std(axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    return made
