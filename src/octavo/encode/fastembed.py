"""Any model of fastembed as an Encoder: `pip install fastembed`, and its weights; no torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from octavo.encode.borrowed import Model, sendable
from octavo.protocols import Array

MODEL: Final = "OCTAVO_FASTEMBED"


class FastembedEncoder:
    """Encoder that is a model of fastembed, which puts before queries and passages what the model wants.

    model: its name; by default that of the environment, OCTAVO_FASTEMBED. cache: where weights are kept.
    threads: that one text is encoded with. Nothing is loaded before the first text.

    Raises ValueError where no model is named, MissingPackageError without the library, MissingWeightsError
    where the model cannot be loaded.
    """

    def __init__(
        self, model: str | None = None, *, batch: int = 32, cache: Path | None = None, threads: int = 1
    ) -> None:
        self.model = model or os.environ.get(MODEL, "")
        if not self.model:
            raise ValueError(f"model must be named, such as 'BAAI/bge-small-en-v1.5'; or set {MODEL}")
        self.batch = batch
        folder = None if cache is None else str(cache)
        self._model = Model(
            "fastembed",
            self.model,
            lambda library: library.TextEmbedding(self.model, cache_dir=folder, threads=threads),
        )
        self._dim = 0

    @property
    def name(self) -> str:
        """The model."""
        return f"fastembed-{self.model}"

    @property
    def dim(self) -> int:
        """D; the model is asked once."""
        if not self._dim:
            self._dim = self._encoded(self._model.opened().passage_embed, ["dimensions"]).shape[1]
        return self._dim

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, D) of unit length."""
        return self._encoded(self._model.opened().passage_embed, sendable(texts))

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, D) of unit length."""
        return self._encoded(self._model.opened().query_embed, sendable(texts))

    def _encoded(self, embed: Any, texts: list[str]) -> Array:
        if not texts:
            return np.empty((0, self.dim), np.float32)
        return self._model.vectors(lambda: list(embed(texts, batch_size=self.batch)), len(texts))
