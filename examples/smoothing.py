"""Scores smoothed over the nearest candidates, against the scores themselves and against any neighbours."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.find.convex import convex
from octavo.find.smoothing import smoothed
from octavo.lab.experiment import main
from octavo.lab.legs import Legs, first
from octavo.lab.ranking import gain

DEPTH, NEIGHBOURS, SHARE, SEEDS = 200, 10, 0.5, 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    rows, better, surely, strangers_worse = [], [], [], []
    for name in ("cisi", "cranfield"):
        legs = Legs(Collection.read(data / "search" / name))
        words, vectors = legs.by_words(), legs.by_vectors()
        both = [dict(convex(pair)[:DEPTH]) for pair in zip(words, vectors, strict=True)]
        x = legs.documents.vectors

        def again(scoring, vectors):
            near = smoothed(np.array([*scoring.values()]), vectors, neighbours=NEIGHBOURS, share=SHARE)
            return first(dict(zip(scoring, near.tolist(), strict=True)), DEPTH)

        for label, scorings in (("words", words), ("vectors", vectors), ("both, convex", both)):
            qrels, before = legs.collection.qrels, legs.collection.run(scorings)
            after = legs.collection.run([again(each, x[list(each)]) for each in scorings])
            shuffled = []
            for seed in range(SEEDS):
                rng = np.random.default_rng(seed)
                wrong = [again(each, x[rng.permutation(list(each))]) for each in scorings]
                shuffled.append(mean(ndcg, qrels, legs.collection.run(wrong), k=10))
            difference, error = gain(legs.collection, after, before)
            rows += [
                (name, label, "as they are", mean(ndcg, qrels, before, k=10), ""),
                (name, label, "smoothed", mean(ndcg, qrels, after, k=10), f"{difference:+.3f} ± {error:.3f}"),
                (name, label, "smoothed over the wrong vectors", shuffled, ""),
            ]
            better.append(difference > 0)
            surely.append(difference > 2 * error)
            strangers_worse.append(max(shuffled) < mean(ndcg, qrels, after, k=10))
    return Evidence(
        claim="Documents that lie near each other answer the same questions: mixing a document's score with "
        "its neighbours' ranks better.",
        checks={
            "a higher nDCG@10 by words, by vectors and by both, on both collections": all(better),
            "by both, each gain is more than twice its standard error": all(surely[2::3]),
            "it is the neighbours that do it: with their vectors shuffled it is worse": all(strangers_worse),
        },
        columns=("collection", "searched by", "scores", "nDCG@10", "gain"),
        rows=tuple(rows),
        note=f"{NEIGHBOURS} neighbours and half of the score theirs, neither tuned here; each search finds "
        f"{DEPTH} documents. ± behind a gain is the standard error of the paired difference over the "
        f"queries; behind shuffled vectors it is the spread over {SEEDS} seeds.",
    )


if __name__ == "__main__":
    main(measure)
