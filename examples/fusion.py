"""Reciprocal rank fusion of words and meaning, against either alone and against a plain sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg, recall
from octavo.find.exact import ExactIndex
from octavo.find.fusion import reciprocal_rank
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.lab.ranking import bm25, gain


def summed(words: np.ndarray, near: np.ndarray, scores: np.ndarray) -> list[int]:
    """The baseline: cosines, and for words the share of the ranking that stands below, each 0 .. 1, added."""
    total = np.zeros(max(words.max(), near.max()) + 1)
    total[words[words >= 0]] += 1 - np.arange((words >= 0).sum()) / len(words)
    total[near] += (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)
    return np.argsort(-total, kind="stable").tolist()


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    rows, above_both, above_sum = [], [], []
    for name in ("cisi", "cranfield"):
        collection = Collection.read(data / "search" / name)
        texts, questions = list(collection.documents.values()), list(collection.queries.values())
        depth = min(1000, len(texts))
        words = bm25(texts, questions, depth)
        near = ExactIndex().add(encoded(texts).vectors).search(encoded(questions).vectors, depth)
        pairs = list(zip(words, near.ids, near.scores, strict=True))
        rankings = {
            "BM25": words,
            "MiniLM": near.ids,
            "sum of words' ranks and cosines, each 0 .. 1": [summed(*each) for each in pairs],
            "reciprocal rank": [[i for i, _ in reciprocal_rank([w[w >= 0], n])] for w, n, _ in pairs],
        }
        runs = {system: collection.run(ranking) for system, ranking in rankings.items()}
        for system, run in runs.items():
            difference, error = gain(collection, run, runs["BM25"])
            shown = f"{difference:+.3f} ± {error:.3f}"
            found = mean(recall, collection.qrels, run, k=100)
            rows.append((name, system, mean(ndcg, collection.qrels, run, k=10), shown, found))
        quality = {row[1]: row[2] for row in rows[-len(runs) :]}
        fused = quality["reciprocal rank"]
        above_both.append(fused > max(quality["BM25"], quality["MiniLM"]))
        above_sum.append(fused > quality["sum of words' ranks and cosines, each 0 .. 1"])
    return Evidence(
        claim="Ranks alone, fused, beat every ranking that goes into them, and other ways to fuse them.",
        checks={
            "ranks above both of its legs on every collection": all(above_both),
            "ranks above the sum of words' ranks and cosines on every collection": all(above_sum),
        },
        columns=("collection", "system", "nDCG@10", "to BM25", "Recall@100"),
        rows=tuple(rows),
        note="± is the standard error of the paired difference over the queries.",
    )


if __name__ == "__main__":
    main(measure)
