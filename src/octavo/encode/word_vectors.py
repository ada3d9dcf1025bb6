"""Word vectors: an encoder learned from the house's own abstracts in seconds, with nothing to download.

Word and Document Embeddings based on Neural Network Approaches (Lai, 2016), arXiv:1611.05962: among models
of word vectors the simple ones do best on small corpora, and a corpus of the right domain matters more than
a large one. Of these, skip-gram with k negative samples has its optimum where ⟨u_w, v_c⟩ is

    M[w, c] = max(0, log (#(w, c) · T / (#w · #c)) - log k),    M ≈ U S Vᵀ,    E[w] = U[w] √S,

as in Neural Word Embedding as Implicit Matrix Factorization (Levy and Goldberg, 2014), with #(w, c) how
often c stands near w, and T the sum of all of these. A text is the weighted mean of its words' vectors
without their common direction,

    d = Σ_w idf(w) E[w],    text ↦ (d - ⟨d, u⟩ u) / ‖ .. ‖.

Differs from the paper: the factorisation takes the place of stochastic gradients, so that there is nothing
to tune and the same texts give the same vectors; its recurrent network, which needs labels, is left out; idf
and the common direction u are those of A Simple but Tough-to-Beat Baseline for Sentence Embeddings, by and
large.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import unit
from octavo.encode.borrowed import sendable
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.encode.word_vectors"
_VERSION: Final = 1
_WORD: Final = re.compile(r"[^\W_]+")
_BLOCK: Final = 512
_ROUNDS: Final = 2  # of the randomised decomposition
_MORE: Final = 16  # directions than are wanted


class WordVectors:
    """Encoder by words that it knows; a text without any has one direction for all such.

    dim: D, or as many as there are words, if fewer. window: how far apart words still stand near each other.
    least: words in fewer texts are left out. most: the most frequent are kept. negatives: k.
    """

    def __init__(
        self, dim: int = 192, *, window: int = 8, least: int = 2, most: int = 8_000, negatives: float = 1.0
    ) -> None:
        for name, value in (("dim", dim), ("window", window), ("least", least), ("most", most)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if not negatives > 0:
            raise ValueError(f"negatives must be above 0, got {negatives}")
        self._dim, self.window, self.least, self.most, self.negatives = dim, window, least, most, negatives
        self.words_: dict[str, int] = {}
        self.table_: Array | None = None
        self.common_: Array | None = None

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn from N texts; forgets the last fit. Raises ShapeError where no word is in enough of them."""
        cut = [words(text) for text in sendable(texts)]
        holding = Counter(word for own in cut for word in set(own))
        known = [word for word, count in holding.most_common(self.most) if count >= self.least]
        if not known:
            raise ShapeError(f"texts must share words: none of {len(cut)} texts' is in {self.least} of them")
        self.words_ = {word: place for place, word in enumerate(sorted(known))}
        rarity = np.log((1 + len(cut)) / (1 + np.array([holding[word] for word in self.words_]))) + 1
        near = cooccurrence([self._places(own) for own in cut], len(self.words_), self.window)
        table = factors(*shifted(*near, len(self.words_), self.negatives), len(self.words_), self._dim)
        self.table_ = (table * rarity[:, None]).astype(np.float32)
        self.common_ = np.zeros(table.shape[1], np.float32)
        means = self._means(cut)
        _, directions = np.linalg.eigh(means.T @ means)
        self.common_ = directions[:, -1].astype(np.float32)
        return self

    @property
    def dim(self) -> int:
        """D."""
        return int(self._learned().shape[1])

    @property
    def name(self) -> str:
        """Says which vectors these are, by a few numbers of the table."""
        table = self._learned()
        return f"words-{table.shape[0]}x{table.shape[1]}-{float(np.abs(table).sum(dtype=np.float64)):.6g}"

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) vectors of unit length. Raises NotFittedError before `fit`."""
        self._learned()
        means = self._means([words(text) for text in sendable(texts)])
        common = np.zeros(self.dim, np.float32) if self.common_ is None else self.common_
        made = means - (means @ common)[:, None] * common
        # No word that is known, or none but the common direction: one direction is as good as any.
        made[np.linalg.norm(made, axis=1) < 1e-6] = 1.0
        return unit(made)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) vectors of unit length."""
        return self.encode_documents(texts)

    def save(self, folder: Path) -> None:
        """Write to a folder, the table in float16. Raises NotFittedError."""
        facts = {
            "dim": self._dim,
            "window": self.window,
            "least": self.least,
            "most": self.most,
            "negatives": self.negatives,
            "words": list(self.words_),
        }
        arrays = {"table": self._learned().astype(np.float16), "common": np.asarray(self.common_)}
        save(folder, _KIND, _VERSION, Saved(facts, arrays))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        facts = dict(saved.facts)
        try:
            known = facts.pop("words")
            encoder = cls(**facts)
        except (KeyError, TypeError, ValueError) as error:
            raise SavedFileError(f"{str(folder)!r} holds no word vectors: {error}") from error
        encoder.words_ = {word: place for place, word in enumerate(known)}
        encoder.table_ = saved.arrays["table"].astype(np.float32)
        encoder.common_ = saved.arrays["common"]
        return encoder

    def _places(self, own: Sequence[str]) -> Ids:
        return np.array([self.words_[word] for word in own if word in self.words_], dtype=np.int64)

    def _means(self, cut: Sequence[Sequence[str]]) -> Array:
        table = self._learned()
        means = np.zeros((len(cut), table.shape[1]), np.float32)
        for row, own in enumerate(cut):
            if len(places := self._places(own)):
                means[row] = table[places].mean(axis=0)
        return means

    def _learned(self) -> Array:
        if self.table_ is None:
            raise NotFittedError("fit the encoder before it encodes")
        return self.table_


def words(text: str) -> list[str]:
    """Return the words of a text, a plural's last letter cut.

    >>> words("Graphs of owls, and a class-free GAN")
    ['graph', 'of', 'owl', 'and', 'a', 'class', 'free', 'gan']
    """
    found = _WORD.findall(text.casefold())
    return [w[:-1] if len(w) > 3 and w[-1] == "s" and w[-2] not in "sui" else w for w in found]


def cooccurrence(texts: Sequence[Ids], size: int, window: int) -> tuple[Ids, Ids, npt.NDArray[np.float64]]:
    """Return rows, columns and counts of the W × W matrix of words that stand within a window, by rows.

    A pair n places apart counts 1/n, both ways round.
    """
    joined = np.concatenate([np.append(own, np.full(window, -1)) for own in texts])
    keys, weights = [], []
    for apart in range(1, window + 1):
        left, right = joined[:-apart], joined[apart:]
        both = (left >= 0) & (right >= 0)
        pairs = np.concatenate([left[both] * size + right[both], right[both] * size + left[both]])
        keys.append(pairs)
        weights.append(np.full(len(pairs), 1 / apart))
    cells, place = np.unique(np.concatenate(keys), return_inverse=True)
    counts = np.bincount(place.ravel(), weights=np.concatenate(weights), minlength=len(cells))
    return (cells // size).astype(np.int64), (cells % size).astype(np.int64), counts.astype(np.float64)


def shifted(
    rows: Ids, columns: Ids, counts: npt.NDArray[np.float64], size: int, negatives: float
) -> tuple[Ids, Ids, npt.NDArray[np.float64]]:
    """Return the cells of the positive pointwise mutual information, shifted by log k, that are above 0."""
    often = np.bincount(rows, weights=counts, minlength=size)
    told: npt.NDArray[np.float64] = np.log(counts * counts.sum() / (often[rows] * often[columns])) - np.log(
        negatives
    )
    above = told > 0
    return rows[above], columns[above], told[above]


def factors(rows: Ids, columns: Ids, values: npt.NDArray[np.float64], size: int, dim: int) -> Array:
    """Return (W, D), U √S of the symmetric matrix given by its cells, by rows: the D largest, D at most W."""
    wanted = min(dim, size)
    starts = list(range(0, size, _BLOCK))
    bounds = np.searchsorted(rows, [*starts, size])

    def times(x: Array) -> Array:
        made = np.empty((size, x.shape[1]), np.float32)
        for start, low, high in zip(starts, bounds[:-1], bounds[1:], strict=True):
            # A block of rows with all its noughts: multiplied sooner than cells are looked up one by one.
            block = np.zeros((min(_BLOCK, size - start), size), np.float32)
            block[rows[low:high] - start, columns[low:high]] = values[low:high]
            made[start : start + len(block)] = block @ x
        return made

    drawn = np.random.default_rng(0).standard_normal((size, min(wanted + _MORE, size))).astype(np.float32)
    basis = np.linalg.qr(times(drawn))[0]
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(times(basis))[0]
    # The matrix is symmetric: what it does to the basis is also what is done from the other side.
    left, spread, _ = np.linalg.svd(times(basis).T, full_matrices=False)
    made: Array = (basis @ left)[:, :wanted] * np.sqrt(spread[:wanted])
    return made
