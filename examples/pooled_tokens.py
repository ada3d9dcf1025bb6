"""Pooled tokens in some hundred bytes a text, against as many bytes of the rarest tokens, and all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.find.exact import ExactIndex
from octavo.find.maxsim import MaxSim, Rarity
from octavo.find.pooled_tokens import PooledTokens
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import Encoded, encoded
from octavo.lab.experiment import main

CANDIDATES, SEEDS, QUESTIONS, LEARNED = 100, 3, 76, 400
POINTS = ((32, 80, 8), (44, 192, 12))


def rarest(pooled: PooledTokens, tokens: np.ndarray, pieces: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The codes of the text's rarest pieces, each as it first stands: nothing is left to be joined."""
    own, places = np.unique(pieces, return_index=True)
    rarity = np.append(pooled.rarity_, pooled.rarity_.max())[np.minimum(own, len(pooled.rarity_))]
    chosen = places[np.argsort(-rarity, kind="stable")[: pooled.many]]
    return pooled.encode(tokens[chosen], pieces[chosen], vector)


class Bench:
    """A collection, and the candidates of MiniLM's vectors that tokens are to bring into order."""

    def __init__(self, whole: Collection) -> None:
        self.collection = whole.fewer(len(whole.documents), QUESTIONS)
        self.documents = encoded(list(self.collection.documents.values()))
        self.asked = encoded(list(self.collection.queries.values()))
        index = ExactIndex().add(self.documents.vectors)
        self.first = [row[row >= 0] for row in index.search(self.asked.vectors, CANDIDATES).ids]

    def judge(self, scores: list[np.ndarray]) -> float:
        """nDCG@10 of the candidates in the order of these scores."""
        ids = [row[np.argsort(-own, kind="stable")] for row, own in zip(self.first, scores, strict=True)]
        return mean(ndcg, self.collection.qrels, self.collection.run(np.stack(ids)), k=10)

    def exact(self) -> tuple[float, float]:
        """MaxSim over all tokens: nDCG@10, and bytes a text in half precision."""
        rarity = Rarity().add(self.documents.pieces)
        pairs = zip(self.asked.tokens, self.asked.pieces, strict=True)
        queries = [x * rarity.weights(pieces)[:, None] for x, pieces in pairs]
        hits = MaxSim().add(self.documents.tokens).search(queries, CANDIDATES, candidates=self.first)
        size = 2.0 * sum(x.size for x in self.documents.tokens) / len(self.documents.tokens)
        return mean(ndcg, self.collection.qrels, self.collection.run(hits.ids), k=10), size

    def short(self, pooled: PooledTokens, encode) -> float:
        """nDCG@10 by codes."""
        bags = (
            (tokens, pieces, vector) if len(tokens) else (vector[None], np.zeros(1, np.int64), vector)
            for vector, tokens, pieces in zip(*self.documents, strict=True)
        )
        codes = np.stack([encode(pooled, *bag) for bag in bags])
        own = self.documents.vectors
        asked = zip(self.asked.tokens, self.asked.pieces, self.first, strict=True)
        return self.judge(
            [pooled.scores(pooled.question(x, pieces), codes[row], own[row]) for x, pieces, row in asked]
        )


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    texts = Abstracts.read(data, 40 if tiny else LEARNED).texts
    points = POINTS[:1] if tiny else POINTS
    learned: Encoded = encoded(list(texts))
    names = ("cisi",) if tiny else ("cisi", "cranfield")
    benches = {name: Bench(Collection.read(data / "search" / name)) for name in names}
    fitted = {
        (many, kept, together): [
            PooledTokens(many=many, kept=kept, together=together, seed=seed).fit(
                learned.tokens, learned.pieces, learned.vectors
            )
            for seed in range(SEEDS)
        ]
        for many, kept, together in points
    }
    rows, better, close = [], [], []
    for name, bench in benches.items():
        exact, size = bench.exact()
        rows.append((name, "all tokens", size, exact))
        for many, kept, together in points:
            tries = fitted[many, kept, together]
            pooled = [bench.short(one, PooledTokens.encode) for one in tries]
            cut = [bench.short(one, rarest) for one in tries]
            label = f"{many} of {tries[0].nbytes // many} bytes"
            rows.append((name, f"pooled, {label}", tries[0].nbytes, pooled))
            rows.append((name, f"the rarest, {label}", tries[0].nbytes, cut))
            better.append(np.mean(pooled) > np.mean(cut))
            if many == POINTS[-1][0]:
                close.append(np.mean(pooled) >= exact - 0.01)
    return Evidence(
        claim="A few pooled tokens rank as well as all of them.",
        checks={
            "better than as many of the rarest tokens, at every size and collection": all(better),
            "in 704 bytes within .01 nDCG@10 of all tokens, every collection": all(close),
        },
        columns=("collection", "tokens kept", "bytes a text", "nDCG@10"),
        rows=tuple(rows),
        note=f"MaxSim brings the {CANDIDATES} texts nearest by MiniLM's vectors into order, for the first "
        f"{QUESTIONS} questions of each collection. Codes were learned from {LEARNED} abstracts of arXiv; "
        f"± over {SEEDS} seeds of that. All tokens are counted in half precision.",
    )


if __name__ == "__main__":
    main(measure)
