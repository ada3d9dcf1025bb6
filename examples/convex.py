"""A convex combination of scores, against reciprocal rank fusion of the same searches."""

from __future__ import annotations

from pathlib import Path

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg, recall
from octavo.find.convex import convex
from octavo.find.fusion import reciprocal_rank
from octavo.lab.experiment import main
from octavo.lab.legs import Legs
from octavo.lab.ranking import gain


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    rows, two, three, surely = [], [], [], []
    for name in ("cisi", "cranfield"):
        legs = Legs(Collection.read(data / "search" / name))
        words, vectors = legs.by_words(), legs.by_vectors()
        both = [convex(pair) for pair in zip(words, vectors, strict=True)]
        tokens = legs.by_tokens([[i for i, _ in ranked] for ranked in both])
        rankings = {"words": words, "vectors": vectors}
        for label, parts in (
            ("words, vectors", (words, vectors)),
            ("words, vectors, tokens", (words, vectors, tokens)),
        ):
            each = list(zip(*parts, strict=True))
            fused = [reciprocal_rank(list(map(list, parts))) for parts in each]
            rankings[f"{label}: reciprocal ranks"] = [[i for i, _ in ranked] for ranked in fused]
            rankings[f"{label}: convex"] = [[i for i, _ in convex(e)] for e in each]
        runs = {label: legs.collection.run(ranking) for label, ranking in rankings.items()}
        for label, run in runs.items():
            change, qrels = "", legs.collection.qrels
            if label.endswith("convex"):
                other = runs[label.replace("convex", "reciprocal ranks")]
                difference, error = gain(legs.collection, run, other)
                change = f"{difference:+.3f} ± {error:.3f}"
                (three if "tokens" in label else two).append(difference > 0)
                surely.append(difference > 2 * error)
            rows.append((name, label, mean(ndcg, qrels, run, k=10), change, mean(recall, qrels, run, k=100)))
    return Evidence(
        claim="Scores say more than ranks: their convex combination is the better fusion, untuned.",
        checks={
            "words and vectors: a higher nDCG@10 than reciprocal ranks on both collections": all(two),
            "words, vectors and tokens: a higher nDCG@10 on both collections": all(three),
            "each of the four gains is more than twice its standard error": all(surely),
        },
        columns=("collection", "searches and fusion", "nDCG@10", "to reciprocal ranks", "Recall@100"),
        rows=tuple(rows),
        note="All weights are equal and k is 60: nothing was tuned. Words and vectors find 200 documents "
        "each, tokens judge the first 100 of the two. ± is the standard error of the paired difference over "
        "the queries.",
    )


if __name__ == "__main__":
    main(measure)
