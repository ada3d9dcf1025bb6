"""Latent semantic analysis as an encoder: what words alone give, and a second encoder to compare with.

Indexing by Latent Semantic Analysis (Deerwester, Dumais, Furnas, Landauer and Harshman, 1990). A text is the
weights of its words, and these are projected onto the D directions in which the texts it was fitted on vary
most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from octavo.protocols import Array


class LatentSemantic:
    """An Encoder fitted on texts; words of fewer than `least` of them are not looked at.

    A text without a known word gets the first direction, so that every vector is of unit length.
    """

    def __init__(self, dim: int = 256, *, least: int = 3, seed: int = 0) -> None:
        self.dim, self.least, self.seed = dim, least, seed

    def fit(self, texts: Sequence[str]) -> Self:
        """Learn the words and the directions from N texts, more than D."""
        # Of the extra `learn`.
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._words: Any = TfidfVectorizer(min_df=self.least, sublinear_tf=True, stop_words="english")
        self._directions: Any = TruncatedSVD(self.dim, n_iter=4, random_state=self.seed)
        self._directions.fit(self._words.fit_transform(texts))
        digest = hashlib.sha256(np.ascontiguousarray(self._directions.components_).tobytes()).hexdigest()
        self.name = f"latent-{self.dim}-{digest[:12]}"
        return self

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) vectors of unit length."""
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of strings, got one string; put it into a list")
        if not len(texts):
            return np.empty((0, self.dim), np.float32)
        x = self._directions.transform(self._words.transform(texts))
        lengths = np.linalg.norm(x, axis=1, keepdims=True)
        x[lengths[:, 0] < 1e-9] = np.eye(1, self.dim)
        unit: Array = (x / np.where(lengths < 1e-9, 1.0, lengths)).astype(np.float32)
        return unit

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) vectors of unit length."""
        return self.encode_documents(texts)
