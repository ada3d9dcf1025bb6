"""Any model of sentence-transformers as an Encoder: `pip install sentence-transformers`, and its weights.

Sentence-BERT (Reimers and Gurevych, 2019), arXiv:1908.10084, is where the library comes from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from octavo.encode.borrowed import Model, sendable
from octavo.protocols import Array

MODEL: Final = "OCTAVO_SENTENCE_TRANSFORMER"


class SentenceTransformersEncoder:
    """Encoder that is a model of sentence-transformers.

    model: its name or folder; by default that of the environment, OCTAVO_SENTENCE_TRANSFORMER. before_query,
    before_document: put before each text. cache: where weights are kept. threads: taken for the sake of the
    house, and not used. Nothing is loaded before the first text.

    Raises ValueError where no model is named, MissingPackageError without the library, MissingWeightsError
    where the model cannot be loaded.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        before_query: str = "",
        before_document: str = "",
        batch: int = 32,
        cache: Path | None = None,
        threads: int = 1,
    ) -> None:
        self.model = model or os.environ.get(MODEL, "")
        if not self.model:
            raise ValueError(f"model must be named, such as 'all-MiniLM-L6-v2'; or set {MODEL}")
        self.before_query, self.before_document, self.batch = before_query, before_document, batch
        folder = None if cache is None else str(cache)
        self._model = Model(
            "sentence-transformers",
            self.model,
            lambda library: library.SentenceTransformer(self.model, cache_folder=folder, device="cpu"),
        )

    @property
    def name(self) -> str:
        """The model and the prefixes."""
        marks = (
            f"-{self.before_query}-{self.before_document}" if self.before_query + self.before_document else ""
        )
        return f"sentence-transformers-{self.model}{marks}"

    @property
    def dim(self) -> int:
        """D, which the model tells."""
        found: int | None = self._model.opened().get_sentence_embedding_dimension()
        return found or self._encoded(["dimensions"]).shape[1]

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) of unit length."""
        return self._encoded(sendable(texts, self.before_document))

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) of unit length."""
        return self._encoded(sendable(texts, self.before_query))

    def _encoded(self, texts: list[str]) -> Array:
        if not texts:
            return np.empty((0, self.dim), np.float32)
        model = self._model.opened()
        return self._model.vectors(
            lambda: model.encode(
                texts, batch_size=self.batch, show_progress_bar=False, convert_to_numpy=True
            ),
            len(texts),
        )
