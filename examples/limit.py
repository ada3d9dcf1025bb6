"""LIMIT: how many documents free vectors of few dimensions tell apart, and what real rankings make of it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.limit import critical_n, on_a_curve
from octavo.check.retrieval import mean, recall
from octavo.find.exact import ExactIndex
from octavo.find.maxsim import MaxSim, Rarity
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.lab.ranking import bm25

SEEDS, ENOUGH = 3, 0.98


def latent(texts: list[str], questions: list[str], dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Latent semantic analysis fitted on the very documents: one vector of `dim` numbers each."""
    words = [Counter(re.findall(r"\w+", text.lower())) for text in texts + questions]
    place = {word: i for i, word in enumerate(sorted(set().union(*words)))}
    counts = np.zeros((len(words), len(place)), np.float32)
    for row, found in zip(counts, words, strict=True):
        row[[place[word] for word in found]] = list(found.values())
    counts *= np.log((1 + len(texts)) / (1 + (counts[: len(texts)] > 0).sum(axis=0))) + 1
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    vectors = counts @ np.linalg.svd(counts[: len(texts)], full_matrices=False)[2][:dim].T
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors[: len(texts)], vectors[len(texts) :]


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    dims, most, steps = ((2, 3), 5, 300) if tiny else ((2, 3, 4, 5, 6, 8), 50, 2000)
    largest = {
        dim: [critical_n(dim, most=most, seeds=1, steps=steps, seed=seed) for seed in range(SEEDS)]
        for dim in dims
    }
    rows = [(f"free vectors, {dim} dimensions", found, "") for dim, found in largest.items()]
    n = 10 if tiny else 46
    rows.append((f"written down, 4 dimensions, all pairs of {n}", n, on_a_curve(n).solved()))

    collection = Collection.read(data / "search" / "limit_small")
    texts, questions = list(collection.documents.values()), list(collection.queries.values())
    documents, queries = encoded(texts), encoded(questions)
    rarity = Rarity().add(documents.pieces)
    rare = [x * rarity.weights(p)[:, None] for x, p in zip(queries.tokens, queries.pieces, strict=True)]
    rankings = {"BM25": bm25(texts, questions, 2)}
    for dim in (4, 8, 16, 32):
        x, asked = latent(texts, questions, dim)
        rankings[f"latent semantic analysis, {dim} dimensions"] = ExactIndex().add(x).search(asked, 2).ids
    rankings["MiniLM, 384 dimensions"] = ExactIndex().add(documents.vectors).search(queries.vectors, 2).ids
    rankings["MaxSim of MiniLM's tokens"] = MaxSim().add(documents.tokens).search(queries.tokens, 2).ids
    rankings["MaxSim, rare tokens weigh more"] = MaxSim().add(documents.tokens).search(rare, 2).ids
    found = {name: mean(recall, collection.qrels, collection.run(ids), k=2) for name, ids in rankings.items()}
    rows += [(name, "", value) for name, value in found.items()]
    means = [float(np.mean(each)) for each in largest.values()]
    one, tokens = (
        found["MiniLM, 384 dimensions"],
        max(value for name, value in found.items() if "MaxSim" in name),
    )
    return Evidence(
        claim="Vectors of D dimensions find only so many of the sets of documents that may be asked for.",
        checks={
            "the critical n of free vectors grows with D": means == sorted(set(means)),
            "BM25 finds 98 % of LIMIT-small, one vector of 8 dimensions does not": found["BM25"]
            >= ENOUGH
            > found["latent semantic analysis, 8 dimensions"],
            "a pretrained single vector fails, and its tokens do better": one < tokens and one < ENOUGH,
            "no vectors of 4 dimensions find all pairs of so many": on_a_curve(n).solved() < 1,
        },
        columns=("vectors or ranking", "critical n", "recall@2, or share of pairs found"),
        rows=tuple(rows),
        note="For pairs, four dimensions are enough for any n, on a curve that can be written down. What "
        "free vectors of few dimensions lack is a descent that finds it, and margins.",
    )


if __name__ == "__main__":
    main(measure)
