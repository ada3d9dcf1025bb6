"""Word order: do MiniLM and bags of words notice shuffled questions, and does search suffer?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.check.word_order import Corruption, corrupted, order_preference
from octavo.encode.minilm import MiniLM
from octavo.find.exact import ExactIndex
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.protocols import Array

SEEDS = 3
KINDS = (Corruption.WORDS, Corruption.WITHIN_TRIGRAMS, Corruption.TRIGRAMS)


class Kept:
    """MiniLM, which encodes no text twice; the documents' vectors are kept on the disk."""

    def __init__(self, documents: list[str]) -> None:
        self.encoder = MiniLM()
        self.dim = self.encoder.dim
        self.known = dict(zip(documents, encoded(documents).vectors, strict=True))

    def encode_documents(self, texts: list[str]) -> Array:
        if new := [text for text in dict.fromkeys(texts) if text not in self.known]:
            self.known |= zip(new, self.encoder.encode_documents(new), strict=True)
        return np.stack([self.known[text] for text in texts])

    encode_queries = encode_documents


class Pieces:
    """A bag of words: how often each of MiniLM's word pieces is there, by the root."""

    def __init__(self) -> None:
        self.tokenizer = MiniLM()
        self.dim = 31_000

    def encode_documents(self, texts: list[str]) -> Array:
        x = np.zeros((len(texts), self.dim), np.float32)
        for row, pieces in zip(x, self.tokenizer.pieces(texts), strict=True):
            np.add.at(row, pieces, 1)
        x = np.sqrt(x)
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)

    encode_queries = encode_documents


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    collection = Collection.read(data / "search" / "cranfield")
    texts = list(collection.documents.values())
    asked = dict(list(collection.queries.items())[: 8 if tiny else 120])
    place = {name: number for number, name in enumerate(collection.documents)}
    judged = {name: collection.qrels[name] for name in asked if name in collection.qrels}
    pairs = [
        (asked[name], texts[place[max(grades, key=grades.__getitem__)]]) for name, grades in judged.items()
    ]
    questions = [asked[name] for name in judged]
    rows: list[tuple[str | float | list[float], ...]] = []
    preferred: dict[tuple[str, str], list[float]] = {}
    kept: dict[tuple[str, str], list[float]] = {}
    for name, encoder in (("MiniLM", Kept(texts)), ("bag of words", Pieces())):
        index = ExactIndex().add(encoder.encode_documents(texts))

        def quality(queries: list[str], encoder: Kept | Pieces = encoder, index: ExactIndex = index) -> float:
            found = index.search(encoder.encode_queries(queries), 10).ids
            ids = list(collection.documents)
            run = {
                key: {ids[i]: -float(rank) for rank, i in enumerate(row)}
                for key, row in zip(judged, found, strict=True)
            }
            return mean(ndcg, judged, run, k=10)

        whole = quality(questions)
        rows.append((name, "nothing", "", whole))
        for kind in KINDS:
            seeds = range(SEEDS)
            preferred[name, kind] = [
                order_preference(encoder, [q for q, _ in pairs], [d for _, d in pairs], kind, seed=seed)
                for seed in seeds
            ]
            shuffles = [np.random.default_rng(seed) for seed in seeds]
            kept[name, kind] = [quality([corrupted(q, kind, rng) for q in questions]) for rng in shuffles]
            rows.append((name, str(kind), preferred[name, kind], kept[name, kind]))
        kept[name, "whole"] = [whole]
    words = Corruption.WORDS
    return Evidence(
        claim="Contrastive encoders behave like bags of words: shuffled text is told from right text little "
        "better than by chance, and retrieval hardly suffers, so that it never teaches order.",
        checks={
            "a bag of words is at exactly one half": all(
                v == 0.5 for k in KINDS for v in preferred["bag of words", k]
            ),
            "MiniLM prefers the right order in fewer than 60 % of pairs, every seed": max(
                preferred["MiniLM", words]
            )
            < 0.6,
            "nDCG@10 of shuffled questions stays above 90 % of the right ones', every seed": min(
                kept["MiniLM", words]
            )
            > 0.9 * kept["MiniLM", "whole"][0],
        },
        columns=("encoder", "what is shuffled", "prefers the right order", "nDCG@10"),
        rows=tuple(rows),
        note="Cranfield's questions, each with its most relevant abstract. Ties count half.",
    )


if __name__ == "__main__":
    main(measure)
