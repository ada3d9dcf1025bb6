"""A static encoder learned from MiniLM over abstracts: alone, and as a second opinion beside words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.encode.minilm_weights import TOKENIZER, find_weights
from octavo.encode.static import StaticEncoder
from octavo.find.convex import convex
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.lab.legs import Legs
from octavo.lab.ranking import gain

SEEDS, TEXTS = 3, 2000


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    # Of SciFact the abstracts alone are used, without the claims; experiments have them encoded already.
    known = encoded(list(Collection.read(data / "search" / "scifact", "train").documents.values()))
    count = len(known.vectors)
    tokenizer = (find_weights(None) / TOKENIZER).read_text(encoding="utf-8")
    encoders = []
    for seed in range(SEEDS):
        some = np.random.default_rng(seed).permutation(count)[:TEXTS]
        encoder = StaticEncoder(tokenizer)
        taken = [[each[i] for i in some] for each in (known.tokens, known.pieces)]
        encoders.append(encoder.fit(*taken, known.vectors[some]))
    rows, joins, alone = [], [], []
    for name in ("cisi", "cranfield"):
        legs = Legs(Collection.read(data / "search" / name))
        texts, questions = (list(t.values()) for t in (legs.collection.documents, legs.collection.queries))
        words, full = legs.by_words(), legs.by_vectors()
        qrels, run = legs.collection.qrels, legs.collection.run
        baseline = run(words)
        rows += [
            (name, "words", mean(ndcg, qrels, baseline, k=10), ""),
            (name, "MiniLM", mean(ndcg, qrels, run(full), k=10), ""),
        ]
        both = run([dict(convex(pair)) for pair in zip(words, full, strict=True)])
        rows.append((name, "words and MiniLM, convex", mean(ndcg, qrels, both, k=10), ""))
        found: dict[str, list[float]] = {"alone": [], "joined": [], "gain": []}
        sure = []
        for encoder in encoders:
            scores = encoder.encode_queries(questions) @ encoder.encode_documents(texts).T
            order = np.argsort(-scores, axis=1, kind="stable")[:, : legs.depth]
            static = [{int(i): float(s[i]) for i in best} for s, best in zip(scores, order, strict=True)]
            joined = run([dict(convex(pair)) for pair in zip(words, static, strict=True)])
            found["alone"].append(mean(ndcg, qrels, run(static), k=10))
            found["joined"].append(mean(ndcg, qrels, joined, k=10))
            difference, error = gain(legs.collection, joined, baseline)
            found["gain"].append(difference)
            sure.append(difference > 2 * error)
        rows += [
            (name, "static", found["alone"], ""),
            (name, "words and static, convex", found["joined"], found["gain"]),
        ]
        joins.append(all(sure))
        alone.append(min(found["alone"]) > rows[-5][2])
    return Evidence(
        claim="The mean of what a transformer makes of a word piece is a vector that searches about as well.",
        checks={
            "alone above words, every seed and collection": all(alone),
            "joined with words, above words by twice the standard error, every seed and collection": all(
                joins
            ),
        },
        columns=("collection", "searched by", "nDCG@10", "to words"),
        rows=tuple(rows),
        note=f"Learned from {min(TEXTS, count):,} of SciFact's abstracts, others for each of {SEEDS} seeds; "
        "nothing of the collections is learned or tuned.",
    )


if __name__ == "__main__":
    main(measure)
