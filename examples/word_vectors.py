"""Word vectors learned from a collection's own texts: alone, beside words, and against a learned table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.encode.minilm_weights import TOKENIZER, find_weights
from octavo.encode.static import StaticEncoder
from octavo.encode.word_vectors import WordVectors
from octavo.find.convex import convex
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import encoded
from octavo.lab.experiment import main
from octavo.lab.legs import first
from octavo.lab.ranking import Words, gain

SEEDS, SHARE, DEPTH = 3, 0.8, 200
COLLECTIONS = (("scifact", "train"), ("cisi", "test"), ("cranfield", "test"))


def tf_idf(texts: list[str], questions: list[str]) -> np.ndarray:
    """Return (Q, N), cosines of words weighted by idf."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit(texts)
    return (table.transform(questions) @ table.transform(texts).T).toarray()


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    known = encoded(list(Collection.read(data / "search" / "scifact", "train").documents.values()))
    some = np.random.default_rng(0).permutation(len(known.vectors))[:1000]
    static = StaticEncoder((find_weights(None) / TOKENIZER).read_text(encoding="utf-8"))
    static.fit(*([each[i] for i in some] for each in (known.tokens, known.pieces)), known.vectors[some])
    elsewhere = WordVectors().fit(Abstracts.read(data, 60 if tiny else 4000).texts)
    rows, own_domain, above_tf, above_static, joins = [], [], [], [], []
    for name, split in COLLECTIONS:
        collection = Collection.read(data / "search" / name, split)
        texts, questions = (list(each.values()) for each in (collection.documents, collection.queries))
        words = Words(texts)
        by_words = [first(words.scores(words.counted(question)), DEPTH) for question in questions]

        def judged(
            scores: np.ndarray, collection=collection, by_words=by_words
        ) -> tuple[float, float, float, bool]:
            """nDCG@10 alone and joined with words, what joining brings, and whether that is sure."""
            order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
            found = [{int(i): float(s[i]) for i in best} for s, best in zip(scores, order, strict=True)]
            both = collection.run([dict(convex(pair)) for pair in zip(by_words, found, strict=True)])
            more, error = gain(collection, both, collection.run(by_words))
            alone = mean(ndcg, collection.qrels, collection.run(found), k=10)
            return alone, mean(ndcg, collection.qrels, both, k=10), more, more > 2 * error

        def encoder_judged(encoder, texts=texts, questions=questions, judged=judged):
            return judged(encoder.encode_queries(questions) @ encoder.encode_documents(texts).T)

        tries = []
        for seed in range(SEEDS):
            learned = np.random.default_rng(seed).permutation(len(texts))[: round(SHARE * len(texts))]
            tries.append(encoder_judged(WordVectors().fit([texts[place] for place in learned])))
        ours = [list(each) for each in zip(*tries, strict=True)]
        others = {
            "words, weighted by idf, cosine": judged(tf_idf(texts, questions)),
            "word vectors of another domain (arXiv)": encoder_judged(elsewhere),
            "static, learned from MiniLM": encoder_judged(static),
        }
        rows.append(
            (name, "words (BM25)", mean(ndcg, collection.qrels, collection.run(by_words), k=10), "", "")
        )
        rows += [(name, way, *each[:3]) for way, each in others.items()]
        rows.append((name, "word vectors", *ours[:3]))
        for kept, way in zip((above_tf, own_domain, above_static), others.values(), strict=True):
            kept.append(min(ours[0]) > way[0])
        joins.append(all(ours[3]))
    return Evidence(
        claim="Word vectors learned from few texts of the right domain find more than those of another.",
        checks={
            "more than those learned from arXiv, every collection and sample": all(own_domain),
            "more than words weighted by idf, every one": all(above_tf),
            "more than a table learned from MiniLM, every one": all(above_static),
            "joined with words, above words by twice the standard error, every one": all(joins),
        },
        columns=("collection", "searched by", "nDCG@10", "joined with words", "to words"),
        rows=tuple(rows),
        note=f"Learned without a question or a judgement, from {SHARE:.0%} of each collection's own texts, "
        f"others for each of {SEEDS} samples (±). Nothing was tuned. The table of MiniLM is learned from "
        "1,000 of SciFact's abstracts, which are in its own domain for SciFact alone.",
    )


if __name__ == "__main__":
    main(measure)
