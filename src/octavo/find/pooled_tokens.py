"""Pooled tokens: a text's token vectors as a few short codes, a fixed number of bytes a text.

Reducing the Footprint of Multi-Vector Retrieval with Minimal Performance Impact via Token Pooling
(Clavié, Chaffin and Adams, 2024), arXiv:2409.14683: tokens that say nearly the same become their mean, two
groups A and B at a time, those first whose joining costs the least by Ward's rule,

    cost(A, B) = w_A w_B / (w_A + w_B) · |mean(A) - mean(B)|²,

until M are left.

Product Quantization for Nearest Neighbor Search (Jégou, Douze and Schmid, 2011), doi:10.1109/TPAMI.2010.57,
for the code of each: some dimensions together become the nearest of 256 points.

Optimized Product Quantization (Ge, He, Ke and Sun, 2014), doi:10.1109/TPAMI.2013.240, for which dimensions
stand together: principal directions, dealt out so that the product of their variances is the same everywhere.

Of a text's tokens its own vector x tells b + A x, by linear regression, and only the rests r are coded. A
question's token q then has the score

    max_m ⟨q, b + A x + r_m⟩ = ⟨q, b⟩ + ⟨q, A x⟩ + max_m ⟨q, r_m⟩.

Differs from the paper: before anything else all places of a piece become one vector, and pieces that stand in
more than a share of all texts are left out; a token weighs as its piece is rare; every round joins the
cheaper half of the pairs that are each other's nearest; every text keeps the same number M, so that where its
codes lie need not be written down; what the text's own vector tells is not coded again; and ⟨q, b⟩, the same
for every text, is left out of scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.find.bags import stacked
from octavo.find.rows import vectors
from octavo.protocols import Array, Ids
from octavo.saving import Saved, load, save

Codes = npt.NDArray[np.uint8]

_KIND: Final = "octavo.find.pooled_tokens"
_VERSION: Final = 2
_ARRAYS: Final = ("turn", "lead", "mean", "points", "rarity")
_POINTS: Final = 256
_SAMPLE: Final = 60_000  # tokens that directions and points are learned from
_ROUNDS: Final = 12
_RIDGE: Final = 1.0


class PooledTokens:
    """Token vectors (T, D) of a text to codes (M, B), and the scores of questions with these.

    Beside its tokens goes the text's own vector, (D',), as it is kept anyway.

    many: M. kept: to how many dimensions tokens are turned. together: how many of these become one byte, so
    B = ⌈kept / together⌉. common: pieces in more than this share of the texts are left out, where a text has
    others. asked: of a question, only so many tokens count, the rarest. seed: of the learning.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> words = rng.standard_normal((50, 16)).astype(np.float32)
    >>> texts = [rng.permutation(50)[:8] for _ in range(30)]
    >>> own = np.stack([words[text].mean(axis=0) for text in texts])
    >>> pooled = PooledTokens(many=8, kept=16, together=4).fit([words[text] for text in texts], texts, own)
    >>> codes = np.stack([pooled.encode(words[text], text, x) for text, x in zip(texts, own)])
    >>> codes.shape
    (30, 8, 4)
    >>> int(pooled.scores(pooled.question(words[texts[7]], texts[7]), codes, own).argmax())
    7
    """

    def __init__(
        self,
        *,
        many: int = 32,
        kept: int = 160,
        together: int = 8,
        common: float = 0.5,
        asked: int = 64,
        seed: int = 0,
    ) -> None:
        if min(many, kept, together, asked) < 1:
            raise ValueError(
                f"many, kept, together and asked must be at least 1, got {many}, {kept}, {together}, {asked}"
            )
        if not 0 < common <= 1:
            raise ValueError(f"common must be above 0 and at most 1, got {common}")
        self.many, self.kept, self.together = many, kept, together
        self.common, self.asked, self.seed = common, asked, seed
        self.turn_: Array | None = None
        self.lead_: Array | None = None
        self.mean_: Array | None = None
        self.points_: Array | None = None
        self.rarity_: Array | None = None

    @property
    def width(self) -> int:
        """B, bytes of a vector."""
        return -(-self.kept // self.together)

    @property
    def nbytes(self) -> int:
        """Bytes of a text."""
        return self.many * self.width

    def fit(
        self,
        bags: Sequence[npt.NDArray[np.floating[Any]]],
        pieces: Sequence[npt.ArrayLike],
        own: npt.NDArray[np.floating[Any]],
        *,
        more: Sequence[Ids] = (),
    ) -> Self:
        """Learn from the tokens (T, D) of N texts, the pieces (T,) they are of, and the texts' own vectors
        (N, D'). Raises ShapeError.

        more: pieces of further texts, so that how rare a piece is be known better.
        """
        whole = stacked(bags, "bags", None)
        told = [_pieces(each, length) for each, length in zip(pieces, whole.lengths, strict=True)]
        if not len(whole.x):
            raise ShapeError("bags must hold at least one token, got none")
        texts = vectors(own, "own", None).astype(np.float32, copy=False)
        if len(texts) != len(told):
            raise ShapeError(f"own must be one for each of {len(told)} texts, got {len(texts)}")
        rng = np.random.default_rng(self.seed)
        holding = np.bincount(np.concatenate([np.unique(each) for each in (*told, *more)]))
        n = len(told) + len(more)
        self.rarity_ = _half(np.log1p((n - holding + 0.5) / (holding + 0.5)))
        some = np.sort(rng.permutation(len(whole.x))[:_SAMPLE])
        of = np.repeat(np.arange(len(texts)), whole.lengths)[some]
        lead, mean = _regression(texts[of], whole.x[some])
        rests = whole.x[some] - texts[of] @ lead - mean
        variances, directions = np.linalg.eigh(np.cov(rests, rowvar=False, dtype=np.float64))
        first = np.argsort(-variances, kind="stable")[: self.kept]
        self.turn_ = _half(directions[:, first[_dealt(variances[first], self.together)]])
        starts = np.cumsum(whole.lengths) - whole.lengths
        pooled = [
            self._pooled(whole.x[start : start + length], own)
            for start, length, own in zip(starts, whole.lengths, told, strict=True)
            if length
        ]
        together = np.concatenate(pooled)
        lengths = np.zeros(len(texts), np.int64)
        lengths[whole.lengths > 0] = [len(each) for each in pooled]
        each = np.repeat(texts, lengths, axis=0)
        self.lead_, self.mean_ = (_half(array) for array in _regression(each, together))
        together = (together - each @ self.lead_ - self.mean_)[rng.permutation(len(together))[:_SAMPLE]]
        parts = self._parts(together)
        self.points_ = _half(np.stack([_lloyd(part, rng) for part in parts]))
        return self

    def encode(
        self, bag: npt.NDArray[np.floating[Any]], pieces: npt.ArrayLike, own: npt.NDArray[np.floating[Any]]
    ) -> Codes:
        """Return (M, B) from a text's tokens (T, D), their pieces (T,) and its vector (D',). Raises
        ShapeError.

        A text of fewer than M different pieces has some twice, which changes no score. One without tokens is
        no text: give it one, such as its own vector.
        """
        turn, lead, mean, points, _ = self._learned()
        x = vectors(bag, "bag", len(turn)).astype(np.float32, copy=False)
        if not len(x):
            raise ShapeError("bag must hold at least one token, got none")
        text = vectors(np.asarray(own)[None], "own", len(lead)).astype(np.float32, copy=False)
        pooled = self._pooled(x, _pieces(pieces, len(x))) - text @ lead - mean
        codes = np.stack(
            [_nearest(part, own) for part, own in zip(self._parts(pooled), points, strict=True)], axis=1
        )
        return codes[np.arange(self.many) % len(codes)].astype(np.uint8)

    def decode(self, codes: Codes) -> Array:
        """Return (N, M, kept), the rests, from (N, M, B). Raises ShapeError."""
        _, _, mean, points, _ = self._learned()
        given = self._checked(codes, points)
        # Taken from one list of all parts' points, in a fifth of the time that a part after the other takes.
        places = given.astype(np.intp) + np.arange(len(points)) * _POINTS
        x = np.take(points.reshape(-1, self.together), places, axis=0)
        whole: Array = x.reshape(len(given), self.many, len(points) * self.together)[:, :, : len(mean)]
        return whole

    def question(self, tokens: npt.NDArray[np.floating[Any]], pieces: npt.ArrayLike) -> Array:
        """Return (T', kept), a question's tokens (T, D) turned, each as long as its piece is rare.

        Pieces that were never seen are the rarest. Raises ShapeError.
        """
        turn, _, _, _, rarity = self._learned()
        x = vectors(tokens, "tokens", len(turn)).astype(np.float32, copy=False)
        weights = _of(rarity, _pieces(pieces, len(x)))
        chosen = np.sort(np.argsort(-weights, kind="stable")[: self.asked])
        asked: Array = np.asarray((x[chosen] * weights[chosen, None]) @ turn, np.float32)
        return asked

    def scores(self, question: Array, codes: Codes, own: npt.NDArray[np.floating[Any]]) -> Array:
        """Return (N,), MaxSim of what `question` returned with texts of codes (N, M, B) and vectors (N, D').

        Raises ShapeError.
        """
        _, lead, _, _, _ = self._learned()
        x = self.decode(codes)
        asked = vectors(question, "question", x.shape[2]).astype(np.float32, copy=False)
        if len(own) != len(x):
            raise ShapeError(f"own must be one for each of {len(x)} texts, got {len(own)}")
        if not len(asked) or not len(x):
            return np.zeros(len(x), np.float32)
        each = x.reshape(-1, x.shape[2]) @ asked.T
        rests = each.reshape(len(x), self.many, len(asked)).max(axis=1).sum(axis=1)
        texts = vectors(own, "own", len(lead)).astype(np.float32, copy=False)
        scores: Array = rests + texts @ (lead @ asked.sum(axis=0))
        return scores

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        facts = {
            name: getattr(self, name) for name in ("many", "kept", "together", "common", "asked", "seed")
        }
        learned = (array.astype(np.float16) for array in self._learned())
        save(folder, _KIND, _VERSION, Saved(facts, dict(zip(_ARRAYS, learned, strict=True))))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        try:
            pooled = cls(**saved.facts)
            learned = [saved.arrays[name].astype(np.float32) for name in _ARRAYS]
        except (KeyError, TypeError, ValueError) as error:
            raise SavedFileError(f"{str(folder)!r} holds no pooled tokens: {error}") from error
        pooled.turn_, pooled.lead_, pooled.mean_, pooled.points_, pooled.rarity_ = learned
        return pooled

    def _pooled(self, x: Array, pieces: Ids) -> Array:
        """Return (≤ M, kept), of unit length before they are turned."""
        assert self.turn_ is not None
        assert self.rarity_ is not None
        order = np.argsort(pieces, kind="stable")
        own, starts, counts = np.unique(pieces[order], return_index=True, return_counts=True)
        rarity = _of(self.rarity_, own)
        telling = np.flatnonzero(rarity > np.log1p(1 / self.common - 1))
        means = np.add.reduceat(x[order], starts, axis=0)
        if len(telling):
            means, rarity, counts = means[telling], rarity[telling], counts[telling]
        turned = _unit(means) @ self.turn_
        # A weight of nothing would let a piece be joined to anything for nothing.
        weights: Array = (counts * np.maximum(rarity, np.float32(1e-3))).astype(np.float32)
        return joined(turned, weights, self.many)

    def _parts(self, x: Array) -> Array:
        padded = np.pad(x, ((0, 0), (0, -x.shape[1] % self.together)))
        return padded.reshape(len(x), -1, self.together).transpose(1, 0, 2)

    def _learned(self) -> tuple[Array, Array, Array, Array, Array]:
        turn, lead, mean, points, rarity = self.turn_, self.lead_, self.mean_, self.points_, self.rarity_
        if turn is None or lead is None or mean is None or points is None or rarity is None:
            raise NotFittedError("fit the pooling before it encodes, decodes or scores")
        return turn, lead, mean, points, rarity

    def _checked(self, codes: Codes, points: Array) -> Codes:
        given = np.asarray(codes)
        if given.ndim != 3 or given.shape[1:] != (self.many, len(points)) or given.dtype != np.uint8:
            raise ShapeError(
                f"codes must be bytes of the shape (N, {self.many}, {len(points)}), "
                f"got {given.dtype} of {given.shape}"
            )
        return given


def joined(x: Array, weights: Array, many: int) -> Array:
    """Return at most `many` means of the vectors (T, D) of weights (T,), each of unit length."""
    x, weights = x.astype(np.float32), weights.astype(np.float32)
    while len(x) > many:
        lengths = np.square(x).sum(axis=1)
        cost = lengths[:, None] + lengths - 2 * (x @ x.T)
        cost *= weights[:, None] * weights / (weights[:, None] + weights)
        np.fill_diagonal(cost, np.inf)
        nearest, places = cost.argmin(axis=1), np.arange(len(x))
        first = np.flatnonzero((nearest[nearest] == places) & (places < nearest))
        if not len(first):  # of equal costs argmin takes the first, so that nearest may go in a ring
            first = cost.min(axis=1).argmin()[None]
        prices = cost[first, nearest[first]]
        first = first[np.argsort(prices, kind="stable")[: min(-(-len(first) // 2), len(x) - many)]]
        second = nearest[first]
        both = weights[first] + weights[second]
        x[first] = (x[first] * weights[first, None] + x[second] * weights[second, None]) / both[:, None]
        weights[first] = both
        left = np.ones(len(x), np.bool_)
        left[second] = False
        x, weights = x[left], weights[left]
    return _unit(x)


def _regression(x: Array, y: Array) -> tuple[Array, Array]:
    """Return (D', D), (D,): y (N, D) is nearly x (N, D') times the one, plus the other."""
    x_mean, y_mean = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
    left = x - x_mean
    gram = left.T @ left + _RIDGE * np.eye(len(x_mean))
    lead: Array = np.linalg.solve(gram, left.T @ (y - y_mean)).astype(np.float32)
    return lead, (y_mean - x_mean @ lead).astype(np.float32)


def _dealt(variances: npt.NDArray[np.float64], together: int) -> Ids:
    """Return the places of variances, largest first, in the order in which they stand together: each goes to
    the part with the smallest product that has room."""
    parts = -(-len(variances) // together)
    held: list[list[int]] = [[] for _ in range(parts)]
    products = np.zeros(parts)
    # Of logarithms that are not negative, so that a part with more members has the larger product.
    worth = np.log(np.maximum(variances / max(variances[0], 1e-30), 1e-12)) - np.log(1e-12)
    for place, value in enumerate(worth):
        room = [len(held[part]) < min(together, len(variances) - part * together) for part in range(parts)]
        part = int(np.where(room, products, np.inf).argmin())
        held[part].append(place)
        products[part] += value
    return np.array([place for part in held for place in part], np.int64)


def _half(x: npt.NDArray[np.floating[Any]]) -> Array:
    """Return x as it is after it was saved."""
    return np.ascontiguousarray(x, dtype=np.float16).astype(np.float32)


def _unit(x: Array) -> Array:
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    unit: Array = (x / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def _of(rarity: Array, pieces: Ids) -> Array:
    """Return (T,), the rarity of pieces; of those never seen, that of the rarest."""
    known = np.append(rarity, rarity.max())
    weights: Array = known[np.minimum(pieces, len(rarity))]
    return weights


def _pieces(pieces: npt.ArrayLike, length: int) -> Ids:
    given = np.asarray(pieces)
    if given.shape != (length,) or (given.size and given.dtype.kind not in "iu"):
        raise ShapeError(f"pieces must be {length} whole numbers, got {given.dtype} of {given.shape}")
    if given.size and int(given.min()) < 0:
        raise ShapeError(f"pieces must not be negative, got {given.min()}")
    return given.astype(np.int64)


def _lloyd(x: Array, rng: np.random.Generator) -> Array:
    """Return (256, D), points that x (N, D) is near to; a point that nobody is nearest to stays."""
    points = x[rng.integers(0, len(x), _POINTS)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(x, points)
        counts = np.bincount(nearest, minlength=_POINTS)
        sums = np.stack([np.bincount(nearest, weights=column, minlength=_POINTS) for column in x.T], axis=1)
        some = counts > 0
        points[some] = (sums[some] / counts[some, None]).astype(np.float32)
    return points


def _nearest(x: Array, points: Array) -> npt.NDArray[np.intp]:
    distances = np.square(points).sum(axis=1) - 2 * (x @ points.T)
    nearest: npt.NDArray[np.intp] = distances.argmin(axis=1)
    return nearest
