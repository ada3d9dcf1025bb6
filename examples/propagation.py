"""Categories known by a few phrases alone: likeness, and likeness that spreads over one view and over two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from broadsheet.fields import every
from octavo.catalogue import Evidence
from octavo.encode.minilm import MiniLM
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.propagation import Propagation

SEEDS, EACH, LABELS = 3, 30, 24


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 10_000, least=20 if tiny else 2 * EACH, most=LABELS)
    fields = {field.category: field for field in every()}
    told = [f"{fields[name].name}: {', '.join(fields[name].phrases)}" for name in papers.names]
    meant = MiniLM().encode_documents(told)
    texts = [f"{t}\n{a}" for t, a in zip(papers.papers.titles, papers.papers.texts, strict=True)]
    words = TfidfVectorizer(max_features=1500, stop_words="english", sublinear_tf=True).fit([*texts, *told])
    table: dict[str, list[float]] = {
        name: [] for name in ("likeness", "likeness in both views", "spread over meaning", "spread over both")
    }
    for seed in range(SEEDS):
        rows = papers.shots(np.arange(len(papers.labels)), 10 if tiny else EACH, seed)
        truth = papers.labels[rows]
        x = papers.vectors[rows]
        counted = words.transform([texts[row] for row in rows]).toarray().astype(np.float32)
        said = words.transform(told).toarray().astype(np.float32)
        one = Propagation().fit([x], [meant])
        both = Propagation().fit([x, counted], [meant, said])

        def right(scores: np.ndarray, truth: np.ndarray = truth) -> float:
            return float((scores.argmax(axis=1) == truth).mean())

        table["likeness"].append(right((x - x.mean(axis=0)) @ (meant - meant.mean(axis=0)).T))
        table["likeness in both views"].append(right(both.direct_))
        table["spread over meaning"].append(right(one.scores_))
        table["spread over both"].append(right(both.scores_))
    plain, _, alone, joined = table.values()
    return Evidence(
        claim="Labels known by description alone are told better when they spread through the unlabelled "
        "papers, and better still over several views.",
        checks={
            "spreading beats likeness, every seed": all(a > p for a, p in zip(alone, plain, strict=True)),
            "two views beat one, every seed": all(j > a for j, a in zip(joined, alone, strict=True)),
        },
        columns=("how", "accuracy"),
        rows=tuple(
            ("TMV-HLP, spread over both views" if name == "spread over both" else name, values)
            for name, values in table.items()
        ),
        note=f"{len(papers.names)} arXiv categories by their phrases, {EACH} papers each, no labels; views "
        "are MiniLM's vectors and weighed words. Nothing was tuned.",
    )


if __name__ == "__main__":
    main(measure)
