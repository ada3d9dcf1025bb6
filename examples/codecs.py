"""Codecs as one curve: bytes a vector, against what is still found of the nearest and of the relevant."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.check.collection import Collection
from octavo.check.retrieval import mean, ndcg
from octavo.find.exact import ExactIndex
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import vectors
from octavo.lab.experiment import main
from octavo.shrink.codecs import ProductCodec, ScalarCodec

K, RESCORED, SEEDS = 10, 50, 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 60 if tiny else 4000)
    x, asked = papers.vectors(), papers.title_vectors()[: 20 if tiny else 500]
    exact = ExactIndex().add(x).search(asked, K).ids
    collection = Collection.read(data / "search" / "cranfield")
    texts, questions = (vectors(list(t.values())) for t in (collection.documents, collection.queries))

    def kept(codec) -> tuple[float, float, float]:
        """Recall of the exact neighbours, the same after scoring 50 again exactly, and nDCG@10 judged."""
        found = ExactIndex().add(codec.decode(codec.encode(x))).search(asked, RESCORED).ids
        again = [i[np.argsort(-(x[i] @ q), kind="stable")[:K]] for i, q in zip(found, asked, strict=True)]
        recall = [
            float(np.mean([np.isin(e, g[:K]).mean() for e, g in zip(exact, those, strict=True)]))
            for those in (found, again)
        ]
        # Learned on arXiv and used on Cranfield: a codec must not need the very corpus.
        run = ExactIndex().add(codec.decode(codec.encode(texts))).search(questions, 100).ids
        return recall[0], recall[1], mean(ndcg, collection.qrels, collection.run(run), k=10)

    whole = ExactIndex().add(texts).search(questions, 100).ids
    best = mean(ndcg, collection.qrels, collection.run(whole), k=10)
    rows = [("float32", 4.0 * x.shape[1], 1.0, 1.0, best)]
    curve = {}
    for bits in (16, 8, 4, 2, 1):
        codec = ScalarCodec(bits).fit(x)
        curve[bits] = kept(codec)
        label = f"{bits} bit{'s' * (bits > 1)} a dimension" if bits < 16 else "float16"
        rows.append((label, float(codec.encode(x[:1]).shape[1]), *curve[bits]))
    products = {}
    for together in (2, 4, 8) if not tiny else (8,):
        tries = [ProductCodec(together, seed=seed).fit(x) for seed in range(SEEDS)]
        products[together] = [list(each) for each in zip(*map(kept, tries), strict=True)]
        size = float(tries[0].encode(x[:1]).shape[1])
        rows.append((f"{together} dimensions a byte (product)", size, *products[together]))
    for dims in (192, 96, 48):
        cut = np.pad(x[:, :dims], ((0, 0), (0, x.shape[1] - dims)))
        found = ExactIndex().add(cut).search(asked, RESCORED).ids
        again = [i[np.argsort(-(x[i] @ q), kind="stable")[:K]] for i, q in zip(found, asked, strict=True)]
        recall = [
            float(np.mean([np.isin(e, g[:K]).mean() for e, g in zip(exact, those, strict=True)]))
            for those in (found, again)
        ]
        rows.append((f"the first {dims} dimensions, 8 bits", float(dims), *recall, ""))
    return Evidence(
        claim="Few bits a dimension find nearly what whole numbers find, and the task says how few will do.",
        checks={
            "8 bits find 98 % of the exact ten, 4 bits 90 %": curve[8][0] >= 0.98 and curve[4][0] >= 0.9,
            "4 bits lose less than .01 of nDCG@10 on a collection they were not learned from": (
                curve[4][2] > best - 0.01
            ),
            "after scoring 50 again, one bit a dimension finds 95 % of the exact ten": curve[1][1] >= 0.95,
            "at the same bytes, points learned together find more than bits by themselves, every seed": all(
                min(products[8 // bits][0]) > curve[bits][0] for bits in (2, 1) if 8 // bits in products
            ),
            "at the same bytes, bits find more than fewer dimensions": curve[4][0] > rows[-3][2],
        },
        columns=("codec", "bytes", "of the exact 10", "after scoring 50 again", "nDCG@10 on Cranfield"),
        rows=tuple(rows),
        note=f"{len(x):,} arXiv abstracts by MiniLM, {len(asked)} titles as questions. Everything is learned "
        "on arXiv, and Cranfield is coded with it. ± over three seeds of the points.",
    )


if __name__ == "__main__":
    main(measure)
