"""Binary paragraph codes: a few bytes for a text, taught to tell which words stand in it.

Binary Paragraph Vectors (Grzegorczyk and Kurdziel, 2017), arXiv:1611.01116. Between a text's vector and the
words of the text stands a layer of bits, rounded on the way there and not on the way back, so that whatever
the words need to be guessed has to pass through it,

    b(x) = [σ(A (x - μ) + c) > ½],    p(w | x) = softmax(U b(x) + v)_w,    L = -Σ_w n_w log p(w | x),

with n_w how often word w stands in the text. Codes that differ in few bits propose, and real vectors of those
proposed decide (the paper's Real-Binary model).

Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-Scale Image Retrieval (Gong,
Lazebnik, Gordo and Perronnin, 2013), doi:10.1109/TPAMI.2012.193, for `RotatedSigns`, which hears of no words:
the signs of principal components, turned so that as little as possible is lost by keeping signs alone.

Differs from the paper: the vector of a text is an encoder's and stays as it is, where theirs is learned for
every text anew, so that a question needs one product and no learning; A begins as the principal components
instead of by chance; all words of a vocabulary stand in the softmax, without sampling.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self, SupportsIndex

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from octavo.arrays import matrix
from octavo.exceptions import NotFittedError, SavedFileError, ShapeError
from octavo.protocols import Array, Hits, Ids, SparseRows
from octavo.saving import Saved, load, save
from octavo.training import batches, train

Codes = npt.NDArray[np.uint8]

_KIND: Final = "octavo.shrink.binary_codes"
_VERSION: Final = 1
_SLOPE: Final = 2.0  # how far a usual vector lies from the border of a bit when the teaching begins


class RotatedSigns:
    """Codes of `bits` bits from vectors alone.

    bits: at most D and a multiple of 8. turns: how often the rotation is bettered; with 0 there is none, and
    the signs are those of the principal components. seed: of the rotation to begin with.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((100, 16)).astype(np.float32)
    >>> RotatedSigns(8).fit(x).encode(x).shape
    (100, 1)
    """

    def __init__(self, bits: int = 128, *, turns: int = 50, seed: int = 0) -> None:
        if bits < 8 or bits % 8:
            raise ValueError(f"bits must be a multiple of 8 and at least 8, got {bits}")
        if turns < 0:
            raise ValueError(f"turns must be at least 0, got {turns}")
        self.bits, self.turns, self.seed = bits, turns, seed
        self.map_: Array | None = None
        self.border_: Array | None = None

    def fit(self, x: npt.ArrayLike) -> Self:
        """Learn from (N, D); forgets the last fit. Raises ShapeError."""
        given = matrix(x, "x", least=1).astype(np.float64)
        if self.bits > given.shape[1]:
            raise ShapeError(f"x must be (N, D) with D at least bits = {self.bits}, got {given.shape}")
        mean = given.mean(axis=0)
        _, directions = np.linalg.eigh((given - mean).T @ (given - mean))
        directions = directions[:, ::-1][:, : self.bits]
        parts = (given - mean) @ directions
        turn = np.eye(self.bits)
        if self.turns:
            turn = np.linalg.qr(np.random.default_rng(self.seed).standard_normal(turn.shape))[0]
        for _ in range(self.turns):
            # The signs nearest to the turned vectors, then the turn that brings vectors nearest to the signs.
            left, _, right = np.linalg.svd(parts.T @ np.where(parts @ turn > 0, 1.0, -1.0))
            turn = left @ right
        self._learn(directions @ turn, mean @ directions @ turn)
        return self

    def encode(self, x: npt.ArrayLike) -> Codes:
        """Return (N, bits / 8). Raises ShapeError, and NotFittedError before `fit`."""
        turn, border = self._learned()
        return np.packbits(matrix(x, "x", dim=len(turn)) @ turn > border, axis=1)

    def save(self, folder: Path) -> None:
        """Write to a folder. Raises NotFittedError."""
        turn, border = self._learned()
        facts = {"bits": self.bits, "seed": self.seed}
        save(folder, _KIND, _VERSION, Saved(facts, {"map": turn, "border": border}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Raises SavedFileError."""
        saved = load(folder, _KIND, _VERSION)
        try:
            codes = cls(saved.facts["bits"], seed=saved.facts["seed"])
        except (KeyError, ValueError) as error:
            raise SavedFileError(f"{str(folder)!r} holds no binary codes: {error}") from error
        codes.map_, codes.border_ = saved.arrays["map"], saved.arrays["border"]
        return codes

    def _learn(self, turn: npt.NDArray[np.floating], border: npt.NDArray[np.floating]) -> None:
        self.map_, self.border_ = turn.astype(np.float32), border.astype(np.float32)

    def _learned(self) -> tuple[Array, Array]:
        if self.map_ is None or self.border_ is None:
            raise NotFittedError("fit the codes before they encode")
        return self.map_, self.border_


class BinaryParagraphs(RotatedSigns):
    """Codes of `bits` bits from vectors, taught by the words of their texts; serving needs no words.

    steps, size (of a batch), rate: of the teaching, in which chance is `seed`'s.
    """

    def __init__(
        self, bits: int = 128, *, steps: int = 600, size: int = 128, rate: float = 1e-3, seed: int = 0
    ) -> None:
        super().__init__(bits, turns=0, seed=seed)
        if steps < 1 or size < 1 or not rate > 0:
            raise ValueError(
                "want at least one step, one text in a batch and a rate above 0, "
                f"got {steps}, {size} and {rate}"
            )
        self.steps, self.size, self.rate = steps, size, rate

    def fit(self, x: npt.ArrayLike, words: SparseRows | None = None) -> Self:
        """Learn from (N, D) and the words of the N texts, (N, W) counts. Raises ShapeError."""
        given = matrix(x, "x", least=1)
        if words is None or len(words) != len(given):
            got = "none" if words is None else f"{len(words)} rows"
            raise ShapeError(f"words must have the shape ({len(given)}, W), got {got}")
        if not words.data.size or not (np.isfinite(words.data) & (words.data >= 0)).all():
            raise ShapeError("words must hold finite counts of at least 0, and one of them, got others")
        super().fit(given)
        net = _Bottleneck(*self._learned(), given, words, seed=self.seed)
        inputs, texts = torch.from_numpy(np.array(given)), _Texts(words)
        chosen = batches(len(given), self.size, steps=self.steps, seed=self.seed)
        for _ in train(net, lambda rows: texts.loss(net(inputs[rows]), rows), chosen, rate=self.rate):
            pass
        inner = net.inner
        self._learn(inner.weight.detach().numpy().T.copy(), -inner.bias.detach().numpy())
        return self


class _Bottleneck(nn.Module):
    """(N, D) → (N, W) through bits; `inner` begins as plain signs, `outer` as often as words are used."""

    def __init__(self, turn: Array, border: Array, x: Array, words: SparseRows, *, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.inner, self.outer = nn.Linear(*turn.shape), nn.Linear(turn.shape[1], words.width)
        used = np.bincount(words.indices, weights=words.data, minlength=words.width) + 1.0
        scale = _SLOPE / max(float((x @ turn).std(axis=0).mean()), 1e-6)
        with torch.no_grad():
            self.inner.weight.copy_(torch.from_numpy(turn.T * scale))
            self.inner.bias.copy_(torch.from_numpy(-border * scale))
            self.outer.bias.copy_(torch.from_numpy(np.log(used / used.sum())))

    def forward(self, x: Tensor) -> Tensor:
        soft = torch.sigmoid(self.inner(x))
        bits = soft + (torch.round(soft) - soft).detach()
        # Around nought rather than half, so that a bit that is off says as much as one that is on.
        logits: Tensor = self.outer(2 * bits - 1)
        return logits


class _Texts:
    def __init__(self, words: SparseRows) -> None:
        self.words = words

    def loss(self, logits: Tensor, rows: Ids) -> Tensor:
        """Return the cross-entropy of the words of these rows, a text's together counting as one."""
        goal = np.zeros(logits.shape, np.float32)
        for place, row in enumerate(rows):
            own = slice(self.words.indptr[row], self.words.indptr[row + 1])
            goal[place, self.words.indices[own]] = self.words.data[own]
        goal /= np.maximum(goal.sum(axis=1, keepdims=True), 1e-9)
        return functional.cross_entropy(logits, torch.from_numpy(goal))


def nearest(codes: Codes, asked: Codes, k: SupportsIndex) -> Ids:
    """Return (Q, K), the k of codes (N, B) that differ in the fewest bits from each of (Q, B); ties by id.

    >>> nearest(np.array([[7], [1], [0]], np.uint8), np.array([[0]], np.uint8), 2).tolist()
    [[2, 1]]
    """
    wanted = k.__index__()
    if wanted < 1:
        raise ShapeError(f"k must be at least 1, got {wanted}")
    known, questions = _checked(codes, "codes"), _checked(asked, "asked")
    if known.shape[1] != questions.shape[1]:
        raise ShapeError(f"asked must have the shape (Q, {known.shape[1]}), got {questions.shape}")
    found = np.empty((len(questions), min(wanted, len(known))), np.int64)
    for place, question in enumerate(questions):
        apart = _ONES[known ^ question].sum(axis=1, dtype=np.int32)
        found[place] = np.argsort(apart, kind="stable")[: found.shape[1]]
    return found


def rescored(x: npt.ArrayLike, queries: npt.ArrayLike, proposed: Ids, k: SupportsIndex) -> Hits:
    """Return the best k among those proposed (Q, C), by inner products of vectors (N, D) with (Q, D).

    Raises ShapeError.
    """
    known = matrix(x, "x", least=1)
    asked = matrix(queries, "queries", rows=len(proposed), dim=known.shape[1])
    wanted = k.__index__()
    if wanted < 1:
        raise ShapeError(f"k must be at least 1, got {wanted}")
    scores = np.einsum("qcd,qd->qc", known[proposed], asked)
    order = np.stack(
        [np.lexsort((i, -s))[:wanted] for i, s in zip(proposed, scores, strict=True)]
        or [np.empty(0, np.int64)]
    ).reshape(len(proposed), min(wanted, proposed.shape[1]))
    return Hits(np.take_along_axis(proposed, order, 1), np.take_along_axis(scores, order, 1))


_ONES: Final = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)


def _checked(codes: Codes, name: str) -> Codes:
    given = np.asarray(codes)
    if given.ndim != 2 or given.dtype != np.uint8:
        raise ShapeError(f"{name} must be (N, B) bytes, got {given.shape} {given.dtype}")
    return given
