"""Five languages, few labels in four of them: classifiers that meet against classifiers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.discover.clusters import SphericalKMeans
from octavo.lab.encoded import vectors
from octavo.lab.experiment import main
from octavo.lab.tongues import LANGUAGES, features, sentences
from octavo.tag.funnelling import Funnelling

SEEDS, LABELS = 3, 12


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    texts = sentences(data, 60 if tiny else 1600)
    count = 3 if tiny else LABELS
    # Nobody has labelled them: the groups of what they mean in English stand for labels.
    truth = SphericalKMeans(count, starts=5).fit(vectors(texts["en"])).labels_
    x = {language: features(texts[language]) for language in LANGUAGES}
    rich, poor = (20, 12) if tiny else (800, 60)
    table: dict[str, dict[str, list[float]]] = {
        name: {language: [] for language in LANGUAGES} for name in ("alone", "funnelling", "posteriors only")
    }
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(truth))
        asked, rest = order[: len(order) // 4], order[len(order) // 4 :]
        learn = {}
        for place, language in enumerate(LANGUAGES):
            size = rich if language == "en" else poor
            shuffled = np.random.default_rng([seed, place]).permutation(rest)
            first = [shuffled[truth[shuffled] == label][:2] for label in range(count)]
            rows = np.unique(np.concatenate([*first, shuffled[:size]]))
            learn[language] = rows
        labels = {language: truth[rows] for language, rows in learn.items()}
        given = {language: x[language][rows] for language, rows in learn.items()}
        whole = Funnelling(seed=seed).fit(given, labels)
        plain = Funnelling(seed=seed, correlations=False).fit(given, labels)
        for language in LANGUAGES:
            documents, right = x[language][asked], truth[asked]
            for name, scores in (
                ("alone", whole.alone(language, documents)),
                ("funnelling", whole.scores(language, documents)),
                ("posteriors only", plain.scores(language, documents)),
            ):
                table[name][language].append(_macro_f1(scores.argmax(axis=1), right, count))
    gained = [
        funnel - alone
        for language in LANGUAGES[1:]
        for funnel, alone in zip(table["funnelling"][language], table["alone"][language], strict=True)
    ]
    return Evidence(
        claim="A meta-classifier over languages tells labels in a poor language better than that language's "
        "own classifier, without a translation.",
        checks={
            "a higher macro F1 in every poor language and seed": all(gain > 0 for gain in gained),
            "a higher macro F1 over the poor languages on average": float(np.mean(gained)) > 0,
            "nothing is lost in the rich language": float(
                np.mean(table["funnelling"]["en"]) - np.mean(table["alone"]["en"])
            )
            > -0.005,
        },
        columns=("classifier", "language", "macro F1"),
        rows=tuple((name, language, table[name][language]) for name in table for language in LANGUAGES),
        note=f"Sentences of STS-B in five languages; the labels are {count} groups of their English MiniLM "
        f"vectors, as nobody has labelled them. {rich} English sentences are learned from and {poor} of each "
        "other language, not the same ones; features are letters, which hardly two languages share.",
        leading="macro F1",
    )


def _macro_f1(told: np.ndarray, truth: np.ndarray, count: int) -> float:
    each = []
    for label in range(count):
        both = ((told == label) & (truth == label)).sum()
        each.append(2 * both / max((told == label).sum() + (truth == label).sum(), 1))
    return float(np.mean(each))


if __name__ == "__main__":
    main(measure)
