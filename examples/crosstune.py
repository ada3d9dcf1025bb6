"""Labels that look at the words of titles, against prototypes and logistic regression on the same encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from broadsheet.fields import every
from octavo.catalogue import Evidence
from octavo.encode.minilm import MiniLM
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.crosstune import CrossTune
from octavo.tag.nearest_mean import NearestMean

SEEDS, LABELS, ASKED = 3, 8, 20


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 4000, least=20 if tiny else 50, most=LABELS)
    fields = {field.category: field for field in every()}
    encoder = MiniLM()
    said = encoder.encode_documents(
        [f"{fields[name].name}: {', '.join(fields[name].phrases)}" for name in papers.names]
    )
    count, most = len(papers.names), 4 if tiny else 16
    table: dict[tuple[int, str], list[float]] = {}
    for seed in range(SEEDS):
        learn, rest = papers.halves(seed)
        shown = papers.shots(learn, most, seed)
        asked = papers.shots(rest, 3 if tiny else ASKED, seed)
        titles = [papers.papers.titles[row] for row in [*shown, *asked]]
        bags, x = encoder.encode_tokens(titles), encoder.encode_documents(titles)
        truth = papers.labels[asked]
        for shots in (0, 1, 4, 16):
            each = range(min(shots, most))
            few = [label * most + row for label in range(count) for row in each]
            labels = papers.labels[shown[few]] if few else np.empty(0, np.int64)
            cross = CrossTune(steps=3 if tiny else 40, seed=seed).fit([bags[i] for i in few], labels, said)
            told = {"label attention": cross.scores(bags[len(shown) :])}
            # What a description is worth beside examples: it counts as one of them.
            means = NearestMean().fit(
                np.concatenate([said, x[few]]), np.concatenate([np.arange(count), labels])
            )
            told["prototypes, description and examples"] = means.scores(x[len(shown) :])
            if shots:
                head = LogisticRegression(C=10, max_iter=200).fit(x[few], labels)
                told["logistic regression"] = head.predict_proba(x[len(shown) :])
            for name, scores in told.items():
                right = float((scores.argmax(axis=1) == truth).mean())
                table.setdefault((shots, name), []).append(right)
    ours = {shots: table[shots, "label attention"] for shots in (1, 4, 16)}
    return Evidence(
        claim="Label descriptions that attend to the words of a text tell it from few examples better than "
        "classifiers of its one vector.",
        checks={
            "better than logistic regression on average, at 1, 4 and 16 examples": all(
                np.mean(ours[shots]) > np.mean(table[shots, "logistic regression"]) for shots in ours
            ),
            "better than prototypes of description and examples on average, at 1, 4 and 16": all(
                np.mean(ours[shots]) > np.mean(table[shots, "prototypes, description and examples"])
                for shots in ours
            ),
        },
        columns=("examples a label", "classifier", "accuracy"),
        rows=tuple(
            (shots, "CrossTune label attention" if name == "label attention" else name, values)
            for (shots, name), values in table.items()
        ),
        note=f"Titles of {count} arXiv categories, {ASKED} of each asked; MiniLM's token vectors, the "
        "fields' phrases as descriptions. Settings were fixed before.",
        leading="accuracy",
    )


if __name__ == "__main__":
    main(measure)
