"""ANNCUR: the best documents by any scorer, for a fixed number of calls to it.

Efficient Nearest Neighbor Search for Cross-Encoder Models using Matrix Factorization (Yadav, Monath,
Angell, Zaheer and McCallum, 2022), arXiv:2210.12579. Beforehand, A anchor queries are scored with all N
documents: R (A, N). A new query is scored with a few documents only, c = score(q, I), and a mixture w of
the anchor queries that agrees with it there says what it thinks of all others,

    w = argmin ‖w R[:, I] - c‖² + λ ‖w‖²,    ŝ = w R.

The documents that ŝ puts first are scored in truth, as far as the calls go.

Differs from the paper: a ridge instead of the pseudoinverse, which is wild where I and A are of one size;
and I is not drawn once: it begins with what a first stage proposes, and grows round by round by what ŝ puts
first, so that every call is also a candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self, SupportsIndex

import numpy as np

from octavo.arrays import matrix
from octavo.exceptions import NotFittedError, ShapeError
from octavo.find.rows import allowed, cutoff
from octavo.protocols import Array, Hits, Ids, Scorer
from octavo.saving import Saved, load, save

_KIND: Final = "octavo.find.anncur"
_VERSION: Final = 1


class Anncur:
    """Search by a scorer, such as a cross-encoder, over documents that it cannot all be asked about.

    scorer: any; the same that made the anchors' scores. calls: how many documents of a query it is asked
    about. rounds: into how many parts these calls are cut; after each, ŝ is made anew. ridge: λ, in parts
    of the mean square of an anchor's scores. seed: of the documents a query begins with where no first
    stage proposes any.
    """

    def __init__(
        self, scorer: Scorer, *, calls: int = 100, rounds: int = 4, ridge: float = 0.01, seed: int = 0
    ) -> None:
        if rounds < 1:
            raise ValueError(f"rounds must be at least 1, got {rounds}")
        if calls < rounds:
            raise ValueError(f"calls must be at least the {rounds} rounds, got {calls}")
        if not ridge > 0:
            raise ValueError(f"ridge must be above 0, got {ridge}")
        self.scorer, self.calls, self.rounds, self.ridge, self.seed = scorer, calls, rounds, ridge, seed
        self.documents_: tuple[str, ...] = ()
        self.anchors_: Array | None = None

    def fit(self, documents: Sequence[str], anchors: Sequence[str]) -> Self:
        """Score A anchor queries with all N documents, which takes A · N calls. Raises ShapeError."""
        documents = tuple(documents)
        if not documents or not len(anchors):
            raise ShapeError(
                f"documents and anchors must not be empty, got {len(documents)} and {len(anchors)}"
            )
        scores = [self._asked(anchor, documents) for anchor in anchors]
        return self.given(documents, np.stack(scores))

    def given(self, documents: Sequence[str], scores: Array) -> Self:
        """Take anchors' scores (A, N) that were made before. Raises ShapeError."""
        self.anchors_ = matrix(scores, "scores", least=1)
        if self.anchors_.shape[1] != len(documents):
            raise ShapeError(f"scores must have the shape (A, {len(documents)}), got {self.anchors_.shape}")
        self.documents_ = tuple(documents)
        return self

    def __len__(self) -> int:
        return len(self.documents_)

    def search(self, queries: Sequence[str], k: SupportsIndex, *, first: Sequence[Ids] | None = None) -> Hits:
        """Return the best k that were scored, of at most `calls`, for each of Q queries.

        first: for each query the documents to begin with, best first, such as a first stage's; a round's
        worth of them is used. Raises ShapeError, and NotFittedError before `fit`.
        """
        if self.anchors_ is None:
            raise NotFittedError("fit the anchors before searching")
        if first is not None and len(first) != len(queries):
            raise ShapeError(f"first must be one for each of {len(queries)} queries, got {len(first)}")
        shape = len(queries), min(cutoff(k), len(self))
        hits = Hits(np.full(shape, -1, np.int64), np.full(shape, -np.inf, np.float32))
        for place, query in enumerate(queries):
            ids, scores = self._one(query, None if first is None else first[place])
            order = np.lexsort((ids, -scores))[: shape[1]]
            hits.ids[place, : len(order)] = ids[order]
            hits.scores[place, : len(order)] = scores[order]
        return hits

    def _one(self, query: str, first: Ids | None) -> tuple[Ids, Array]:
        """Return the ids that were scored, and their scores."""
        calls = min(self.calls, len(self))
        shares = np.diff(np.linspace(0, calls, self.rounds + 1).round().astype(int))
        if first is None:
            proposed = np.random.default_rng(self.seed).permutation(len(self))
        else:
            allowed(first, len(self))
            proposed = np.array(list(dict.fromkeys(np.asarray(first).tolist())), dtype=np.int64)
        ids, scores = np.empty(0, np.int64), np.empty(0, np.float32)
        for share in shares:
            fresh = proposed[~np.isin(proposed, ids)][:share]
            if len(fresh):
                new = self._asked(query, [self.documents_[i] for i in fresh])
                ids, scores = np.concatenate([ids, fresh]), np.concatenate([scores, new])
            proposed = np.argsort(-self.guessed(ids, scores), kind="stable")
        return ids, scores

    def guessed(self, ids: Ids, scores: Array) -> Array:
        """Return ŝ (N,), of a query that gave some documents (I,) these scores (I,)."""
        if self.anchors_ is None:
            raise NotFittedError("fit the anchors before searching")
        seen = self.anchors_[:, ids].astype(np.float64)
        kernel = seen.T @ seen
        ridge = self.ridge * len(seen) * float(np.square(seen).mean()) if seen.size else 0.0
        # In the space of the I documents rather than of the A anchors: as a rule the smaller.
        weights = seen @ np.linalg.lstsq(kernel + max(ridge, 1e-12) * np.eye(len(ids)), scores, rcond=None)[0]
        guess: Array = (weights @ self.anchors_).astype(np.float32)
        return guess

    def _asked(self, query: str, documents: Sequence[str]) -> Array:
        scores = np.asarray(self.scorer.score([query] * len(documents), documents), dtype=np.float32)
        if scores.shape != (len(documents),) or not np.isfinite(scores).all():
            raise ShapeError(f"the scorer must return ({len(documents)},) finite scores, got {scores.shape}")
        return scores

    def save(self, folder: Path) -> None:
        """Write the anchors' scores to a folder; documents and scorer are the caller's. Raises
        NotFittedError."""
        if self.anchors_ is None:
            raise NotFittedError("fit the anchors before saving")
        facts = {"calls": self.calls, "rounds": self.rounds, "ridge": self.ridge, "seed": self.seed}
        save(folder, _KIND, _VERSION, Saved(facts, {"anchors": self.anchors_}))

    @classmethod
    def load(cls, folder: Path, scorer: Scorer, documents: Sequence[str]) -> Self:
        """Read what `save` wrote, for the same documents. Raises SavedFileError and ShapeError."""
        saved = load(folder, _KIND, _VERSION)
        return cls(scorer, **saved.facts).given(documents, saved.arrays["anchors"])
