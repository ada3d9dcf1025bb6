"""Read together: a likeness of papers that many readers taught, and from which no single one can be read.

    M = Σ_r M_r / max(1, |M_r|),    M_r = Σ_{i ≠ j in r} z_i z_jᵀ        |·| the Frobenius norm
    B = G⁻¹ (M + σ E) G⁻¹,    G = ZᵀZ / N + λ tr(ZᵀZ / N) / D,    likeness(i, j) = z_i B z_j

for N papers' vectors Z (N, D) about their middle and of unit length, E symmetric and normal: of variance 1 on
the diagonal and ½ beside it. Without σ it is what `read_words` is, ridge regression on both sides of who
reads both papers on what each is about, but every reader counts alike, however much they read; so it speaks
of papers that nobody has read yet.

A reader changes M by at most 1, whatever they read. So with the noise B is differentially private: to whoever
sees it, or anything made of it, and knows all about all other readers, the odds that a reader took part are
at most exp(ε) times what they were, but for a chance of δ:

    δ(ε) = Φ(1 / 2σ - εσ) - exp(ε) Φ(-1 / 2σ - εσ)

The mechanism is Dwork's, and the equation that of Improving the Gaussian Mechanism for Differential Privacy
(Balle and Wang, 2018), arXiv:1805.06530. Readers who read the same thing do not matter: one who controls all
accounts but one learns no more. Learned T times from the same readings, it is as if σ were σ / √T.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from octavo.arrays import matrix, unit
from octavo.exceptions import NotFittedError, ShapeError
from octavo.protocols import Array, SparseRows
from octavo.rank.sparse import sparse
from octavo.saving import Kept

Matrix = npt.NDArray[np.float64]

FEWEST: Final = 500
"""Of fewer readers the noise is most of what is told."""
BESIDE: Final = 0.7
"""How much the scores count beside a reader's own ranker's, both in standard deviations."""


class ReadTogether(Kept):
    """Scores papers, new ones too, by a likeness of their vectors that many readers' histories taught.

    noise: σ; 0 for none, which keeps nothing private. regularisation: λ. dim: D; of wider vectors the first
    directions are taken, since noise is the less the fewer numbers are told.

    >>> from octavo.testing import planted_texts
    >>> from octavo.rank.sparse import from_dense
    >>> papers, subject = planted_texts()
    >>> have = np.stack([subject == number % 2 for number in range(40)]).astype(np.float32)
    >>> model = ReadTogether(noise=0).fit(from_dense(have), papers.vectors)
    >>> scores = model.scores(model.placed(papers.vectors)[:1], papers.vectors)[0]
    >>> bool(scores[subject == subject[0]].mean() > scores[subject != subject[0]].mean())
    True
    """

    _kind: ClassVar[str] = "read together"
    _asked: ClassVar[tuple[str, ...]] = ("noise", "regularisation", "dim")
    _kept: ClassVar[Mapping[str, str]] = {
        "likeness": "_likeness",
        "middle": "_middle",
        "directions": "_directions",
    }
    _likeness: Array
    _middle: Array
    _directions: Array

    def __init__(self, *, noise: float = 2.0, regularisation: float = 0.3, dim: int = 50) -> None:
        if not (np.isfinite(noise) and noise >= 0):
            raise ValueError(f"noise must be finite and not negative, got {noise}")
        if not (np.isfinite(regularisation) and regularisation > 0):
            raise ValueError(f"regularisation must be finite and above zero, got {regularisation}")
        if dim < 1:
            raise ValueError(f"dim must be at least 1, got {dim}")
        self.noise, self.regularisation, self.dim = noise, regularisation, dim

    @classmethod
    def of(cls, readers: int) -> Self:
        """What so many readers can teach: the fewer they are, the fewer numbers stand out of the noise."""
        return cls(dim=30 if readers < 4 * FEWEST else 80)

    def fit(self, histories: SparseRows, vectors: Array, *, rng: np.random.Generator | None = None) -> Self:
        """Learn from (U, N) ones and papers (N, width).

        The papers must be chosen without regard to who reads them: their middle and directions carry no
        noise. rng: where the noise is drawn from; None for the chance of this machine, which nobody can draw
        again. Raises ShapeError.
        """
        x = matrix(vectors, "vectors")
        have = sparse(histories, "histories", width=len(x))
        if (have.data != 1).any():
            raise ShapeError("histories.data must be 1 wherever a reader has a paper")
        self._middle = x.mean(axis=0)
        about = unit(x - self._middle)
        _, turn = np.linalg.eigh((about.T @ about).astype(np.float64))
        self._directions = turn[:, ::-1][:, : self.dim].astype(np.float32)
        z: Matrix = self.placed(x).astype(np.float64)
        told = np.zeros((z.shape[1], z.shape[1]))
        for reader in range(len(have)):
            told += contribution(z[have.indices[have.indptr[reader] : have.indptr[reader + 1]]])
        drawn = (rng or np.random.default_rng()).standard_normal(told.shape)
        told += self.noise * (drawn + drawn.T) / 2
        gram = z.T @ z / max(len(z), 1)
        gram[np.diag_indices_from(gram)] += self.regularisation * max(np.trace(gram) / len(gram), 1e-9)
        inner = np.linalg.inv(gram)
        self._likeness = (inner @ told @ inner).astype(np.float32)
        return self

    def placed(self, vectors: Array) -> Array:
        """Return (M, D): where papers (M, width) lie, at unit length. Raises ShapeError, NotFittedError."""
        if not hasattr(self, "_directions"):
            raise NotFittedError("nothing was learned yet; call fit first")
        about: Array = matrix(vectors, "vectors", dim=len(self._middle)) - self._middle
        return unit(np.asarray(about @ self._directions, np.float32))

    def scores(self, liked: Array, papers: Array) -> Array:
        """Return (Q, M): readers, each the weighted sum of where the papers they like lie (Q, D), and papers
        (M, width). Raises ShapeError, NotFittedError."""
        return np.asarray(self.profile(liked) @ self.placed(papers).T, np.float32)

    def profile(self, liked: Array) -> Array:
        """Return (Q, D): of which the product with where a paper lies is its score."""
        if not hasattr(self, "_likeness"):
            raise NotFittedError("nothing was learned yet; call fit first")
        return np.asarray(matrix(liked, "liked", dim=len(self._likeness)) @ self._likeness, np.float32)


def contribution(z: Matrix) -> Matrix:
    """Return (D, D), at most 1 long: what a reader of papers that lie at z (T, D) adds to all others'."""
    whole = z.sum(axis=0)
    mine: Matrix = np.outer(whole, whole) - z.T @ z
    return mine / max(1.0, float(np.linalg.norm(mine)))


def epsilon(noise: float, delta: float = 1e-5) -> float:
    """Return the ε of the guarantee above for σ and δ; infinite without noise.

    >>> round(epsilon(2.0), 2)
    1.99
    """
    if not noise > 0:
        return math.inf

    def chance(bound: float) -> float:
        low, high = (
            0.5 * math.erfc(-x / math.sqrt(2)) for x in (side / noise / 2 - bound * noise for side in (1, -1))
        )
        return low - math.exp(bound) * high

    below, above = 0.0, 1.0
    while chance(above) > delta:
        above *= 2
    for _ in range(60):
        middle = (below + above) / 2
        below, above = (middle, above) if chance(middle) > delta else (below, middle)
    return above
