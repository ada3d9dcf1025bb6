"""Readings of encoders that are well and of some broken on purpose: python benchmarks/encoder.py DATA

Prints the table KNOWN of octavo.check.health, from which its limits were read.
"""

from __future__ import annotations

import pprint
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from octavo.arrays import unit
from octavo.check.health import examine
from octavo.encode.minilm import MiniLM
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import vectors


class Kept:
    """MiniLM, its vectors kept on the disk."""

    dim = 384

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        return vectors(list(texts))

    encode_queries = encode_documents


class Latent:
    """Latent semantic analysis of other abstracts than those it is asked about."""

    def __init__(self, texts: Sequence[str], dim: int) -> None:
        self.dim = dim
        self.weights = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit(texts)
        self.axes = TruncatedSVD(dim, random_state=0).fit(self.weights.transform(texts))

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        return unit(self.axes.transform(self.weights.transform(texts)).astype(np.float32))

    encode_queries = encode_documents


class Altered:
    """Another encoder with something done to its vectors."""

    def __init__(self, base: Kept, change, queries=None) -> None:
        self.base, self.change, self.queries = base, change, queries or change
        self.dim = base.dim

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        return unit(self.change(self.base.encode_documents(texts)).astype(np.float32))

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return unit(self.queries(self.base.encode_documents(texts)).astype(np.float32))


class Lengthy(Altered):
    """Another encoder whose vectors are also about how long a text is."""

    def __init__(self, base: Kept, direction: np.ndarray) -> None:
        super().__init__(base, lambda x: x)
        self.direction = direction

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        lengths = np.array([len(text) / 1500 for text in texts])[:, None]
        return unit((self.base.encode_documents(texts) + lengths * self.direction).astype(np.float32))

    encode_queries = encode_documents


def main() -> None:
    papers = Abstracts.read(Path(sys.argv[1]), 1400)
    asked = slice(0, 400)
    rng = np.random.default_rng(0)
    minilm = Kept()
    few = np.linalg.qr(rng.standard_normal((384, 384)))[0]
    cone = 3 * rng.standard_normal(384) / np.sqrt(384)
    encoders = {
        "MiniLM": minilm,
        "MiniLM, 64 of 384 dimensions": Altered(minilm, lambda x: x[:, :64]),
        "latent semantic analysis, 128 dimensions": Latent(papers.texts[400:], 128),
        "broken: a narrow cone": Altered(minilm, lambda x: x + cone),
        "broken: three directions": Altered(minilm, lambda x: x @ few[:, :3] @ few[:, :3].T),
        "broken: five heaps": Altered(minilm, lambda x: few[(x @ few[:5].T).argmax(axis=1)] + 0.3 * x),
        "broken: long texts apart": Lengthy(minilm, few[0]),
        "broken: noise": Altered(minilm, lambda x: x + 8 / np.sqrt(384) * rng.standard_normal(x.shape)),
        "broken: questions turned": Altered(minilm, lambda x: x, lambda x: x @ few),
    }
    known = {}
    for name, encoder in encoders.items():
        readings = examine(
            encoder,
            papers.titles[asked],
            papers.texts[asked],
            categories=papers.categories[asked],
            years=[int(day[:4]) for day in papers.dates[asked]],
        )
        known[name] = {each.name: round(each.value, 3) for each in readings}
        pprint.pp({name: known[name]}, width=100)


if __name__ == "__main__":
    MiniLM()  # says at once where the weights are missing
    main()
