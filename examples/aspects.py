"""Few labels and answers to five questions: do the questions help the labels, and are they learned?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.aspects import ASPECTS, Aspects, answers
from octavo.tag.nearest_mean import NearestMean

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 4000, least=20 if tiny else 50, most=20)
    told = answers([f"{t} {a}" for t, a in zip(papers.papers.titles, papers.papers.texts, strict=True)])
    x, y = papers.vectors, papers.labels
    steps = 3 if tiny else 120
    rows, helped, areas = [], [], []
    for shots in (5, 20):
        table: dict[str, list[float]] = {name: [] for name in ("labels alone", "with questions", "means")}
        for seed in range(SEEDS):
            learn, asked = papers.halves(seed)
            few = papers.shots(learn, shots, seed)
            given = np.full(len(y), -1)
            given[few] = y[few]
            alone = Aspects(weight=0, steps=steps, seed=seed).fit(x[few], y[few])
            both = Aspects(steps=steps, seed=seed).fit(x[learn], given[learn], told[learn])
            means = NearestMean().fit(x[few], y[few])
            for name, tagger in (("labels alone", alone), ("with questions", both), ("means", means)):
                table[name].append(float((tagger.scores(x[asked]).argmax(axis=1) == y[asked]).mean()))
            guessed = both.answer(x[asked])
            areas.append([_area(guessed[:, q], told[asked, q]) for q in range(len(ASPECTS))])
        rows += [
            (shots, "multi-aspect distillation" if name == "with questions" else name, values, "")
            for name, values in table.items()
        ]
        helped += [b > a for a, b in zip(table["labels alone"], table["with questions"], strict=True)]
    each = np.array(areas)
    rows += [("", f"is it: {name}", "", each[:, q].tolist()) for q, name in enumerate(ASPECTS)]
    return Evidence(
        claim="A teacher's answers to questions about each paper, learned beside the label, make it better.",
        checks={
            "labels are told better with questions, every seed and number of examples": all(helped),
            "every question is answered of new papers with an area under the curve above 0.7": bool(
                (each.mean(axis=0) > 0.7).all()
            ),
        },
        columns=("examples a label", "what is learned", "accuracy", "area under the curve"),
        rows=tuple(rows),
        note=f"{len(papers.names)} arXiv categories; the teacher is a pattern of words for each question, "
        "the student sees MiniLM's vectors. With questions it also learns from papers without a label.",
        leading="accuracy",
    )


def _area(guessed: np.ndarray, truth: np.ndarray) -> float:
    yes, no = guessed[truth > 0.5], guessed[truth < 0.5]
    if not len(yes) or not len(no):
        return 0.5
    above = (yes[:, None] > no[None]).mean() + (yes[:, None] == no[None]).mean() / 2
    return float(above)


if __name__ == "__main__":
    main(measure)
