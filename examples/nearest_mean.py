"""Class means that learn fields as they come, against a head that forgets and one that sees all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, SGDClassifier

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.nearest_mean import NearestMean

SEEDS, TASKS = 3, 10


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 6000, least=20)
    x, y, count = papers.vectors, papers.labels, len(papers.names)
    found: dict[str, list[float]] = {name: [] for name in ("means", "head", "joint", "fallen")}
    same = []
    for seed in range(SEEDS):
        learn, asked = papers.halves(seed)
        order = np.random.default_rng(seed).permutation(count)
        tasks = [part for part in np.array_split(order, min(TASKS, count)) if len(part)]
        rank = np.empty(count, np.int64)
        rank[order] = np.arange(count)  # labels in the order in which they come
        seen, rest = rank[y[learn]], rank[y[asked]]
        head = SGDClassifier(loss="log_loss", alpha=1e-4, random_state=seed)
        means = None
        for number, task in enumerate(tasks):
            rows = learn[np.isin(y[learn], task)]
            labels = rank[y[rows]]
            means = NearestMean().fit(x[rows], labels) if means is None else means.update(x[rows], labels)
            for _ in range(1 if tiny else 5):
                head.partial_fit(x[rows], labels, classes=np.arange(count))
            if number == 0:
                first = np.isin(y[asked], task)
                early = float((head.predict(x[asked[first]]) == rest[first]).mean())
        right = means.scores(x[asked]).argmax(axis=1) == rest
        found["means"].append(float(right.mean()))
        predicted = head.predict(x[asked])
        found["head"].append(float((predicted == rest).mean()))
        found["fallen"].append(early - float((predicted[first] == rest[first]).mean()))
        joint = LogisticRegression(C=10, max_iter=300).fit(x[learn], seen)
        found["joint"].append(float((joint.predict(x[asked]) == rest).mean()))
        at_once = NearestMean().fit(x[learn], seen)
        same.append(bool(np.allclose(at_once.sums_, means.sums_)))
        extra = learn[:50]
        gone = means.update(x[extra], seen[:50]).update(x[extra], seen[:50], weights=-np.ones(len(extra)))
        same.append(bool(np.allclose(at_once.sums_, gone.sums_)))
    pairs = list(zip(*found.values(), strict=True))
    return Evidence(
        claim="Means of what a frozen encoder says learn one group of labels after another and forget none.",
        checks={
            "the same means, whatever the order, and after examples were added and taken away": all(same),
            "better than a head trained on one group after another, every seed": all(
                m > h for m, h, _, _ in pairs
            ),
            "within 5 points of a head that saw everything at once, every seed": all(
                m > j - 0.05 for m, _, j, _ in pairs
            ),
        },
        columns=("classifier", "accuracy", "what the first group lost, points"),
        rows=(
            ("nearest class mean, one group after another", found["means"], ""),
            (
                "logistic head, one group after another",
                found["head"],
                [100 * fallen for fallen in found["fallen"]],
            ),
            ("logistic head, everything at once", found["joint"], ""),
        ),
        note=f"{len(y):,} arXiv papers of {count} categories in {min(TASKS, count)} groups, half to learn "
        f"from, in {SEEDS} orders.",
        leading="accuracy",
    )


if __name__ == "__main__":
    main(measure)
