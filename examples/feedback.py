"""Feedback in words, in vectors and in both, against the same searches made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg, recall
from octavo.find.convex import convex
from octavo.find.feedback import moved, richer
from octavo.lab.experiment import main
from octavo.lab.legs import Legs
from octavo.lab.ranking import gain

FIRST, TERMS, SHARE = 5, 20, 0.5


def more_words(legs, found):
    """Searched by words again, with those of the first documents found."""
    documents, rarity = legs.words.documents, legs.words.rarity
    pairs = [
        (query, [documents[i] for i in list(ids)[:FIRST]])
        for query, ids in zip(legs.queries, found, strict=True)
    ]
    return legs.by_words([richer(q, near, rarity, terms=TERMS, share=SHARE) for q, near in pairs])


def nearer(legs, found):
    """Searched by vectors again, nearer to the first documents found."""
    x = legs.documents.vectors
    pairs = [(query, x[list(ids)[:FIRST]]) for query, ids in zip(legs.asked.vectors, found, strict=True)]
    return legs.by_vectors(np.stack([moved(query, near, share=SHARE) for query, near in pairs]))


def together(words, vectors):
    return [dict(convex(pair)) for pair in zip(words, vectors, strict=True)]


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    rows, better, surely = [], {"words": [], "vectors": [], "both, convex": []}, []
    for name in ("cisi", "cranfield"):
        legs = Legs(Collection.read(data / "search" / name), depth=1000)
        words, vectors = legs.by_words(), legs.by_vectors()
        both = together(words, vectors)
        for label, once, again in (
            ("words", words, more_words(legs, words)),
            ("vectors", vectors, nearer(legs, vectors)),
            ("both, convex", both, together(more_words(legs, both), nearer(legs, both))),
        ):
            collection = legs.collection
            runs = {"once": collection.run(once), "again, with feedback": collection.run(again)}
            difference, error = gain(collection, runs["again, with feedback"], runs["once"])
            for times, run in runs.items():
                change = "" if times == "once" else f"{difference:+.3f} ± {error:.3f}"
                figures = (
                    mean(ndcg, collection.qrels, run, k=10),
                    mean(recall, collection.qrels, run, k=100),
                )
                rows.append((name, label, times, figures[0], change, figures[1]))
            better[label].append(difference > 0)
            surely.append(difference > 2 * error)
    return Evidence(
        claim="What is found first, taken for relevant unseen, makes a second search better than the first.",
        checks={
            **{f"{label}: a higher nDCG@10 on both collections": all(so) for label, so in better.items()},
            "each of the six gains is more than twice its standard error": all(surely),
        },
        columns=("collection", "searched by", "how often", "nDCG@10", "gain", "Recall@100"),
        rows=tuple(rows),
        note=f"The first {FIRST} documents, {TERMS} terms and half of the weight theirs are customary and "
        "were not tuned. ± is the standard error of the paired difference over the queries.",
    )


if __name__ == "__main__":
    main(measure)
