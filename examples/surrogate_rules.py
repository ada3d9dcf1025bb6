"""Surrogate rules: a network over 2,000 words told by a tree over fifty, against trees over other words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from octavo.catalogue import Evidence
from octavo.explain.surrogate_rules import SurrogateRules
from octavo.lab.abstracts import Abstracts
from octavo.lab.experiment import main

SEEDS = 3


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 200 if tiny else 4000)
    names, field = np.unique(np.array(papers.categories), return_inverse=True)
    common = np.argsort(-np.bincount(field), kind="stable")[: 3 if tiny else 5]
    rows_kept = np.flatnonzero(np.isin(field, common))[: 120 if tiny else 2400]
    y = np.unique(field[rows_kept], return_inverse=True)[1]
    texts = [f"{papers.titles[row]} {papers.texts[row]}" for row in rows_kept]
    words = CountVectorizer(binary=True, stop_words="english", max_features=2000, min_df=2)
    x = words.fit_transform(texts).toarray().astype(np.float32)
    vocabulary = words.get_feature_names_out().tolist()
    k, depth, epochs = (10, 3, 2) if tiny else (50, 6, 8)
    fidelity: dict[str, list[float]] = {}
    accuracy: dict[str, list[float]] = {}
    told = ""
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(x))
        learn, held = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
        network = MLPClassifier((64,), random_state=seed)
        for _ in range(epochs):
            network.partial_fit(x[learn], y[learn], classes=np.unique(y))
        said_learn, said = network.predict(x[learn]), network.predict(x[held])
        rules = SurrogateRules(k, depth, seed=seed).fit(x[learn], network.predict)
        answers = {"rules over the words that matter": rules.predict(x[held])}
        frequent = np.argsort(-x[learn].sum(axis=0), kind="stable")[:k]
        chance = rng.permutation(x.shape[1])[:k]
        for name, some in (
            ("the same tree over as many words by chance", chance),
            ("the same tree over the most frequent words", frequent),
            ("the same tree over all words", np.arange(x.shape[1])),
        ):
            tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=3, random_state=seed)
            answers[name] = tree.fit(x[learn][:, some], said_learn).predict(x[held][:, some])
        answers["always the most frequent label"] = np.full(len(held), np.bincount(said_learn).argmax())
        answers["the network itself"] = said
        for name, answer in answers.items():
            fidelity.setdefault(name, []).append(float((answer == said).mean()))
            accuracy.setdefault(name, []).append(float((answer == y[held]).mean()))
        if seed == 0:
            kinds = names[np.unique(field[rows_kept])]
            best = [rule for rule in rules.rules() if rule.conditions and rule.conditions[-1][1]][:3]
            told = "; ".join(f"{rule.told(vocabulary)}: {kinds[rule.label]}" for rule in best)
    ours, luck = "rules over the words that matter", "the same tree over as many words by chance"
    return Evidence(
        claim="A small tree over the features that matter says what the black box says.",
        checks={
            "rules say what the network says of 80 % of held-out papers, every seed": min(fidelity[ours])
            > 0.8,
            "more faithful than over words by chance, by ten points, every seed": all(
                one > other + 0.1 for one, other in zip(fidelity[ours], fidelity[luck], strict=True)
            ),
            "within two points as faithful as the same tree over all words": bool(
                np.mean(fidelity[ours]) > np.mean(fidelity["the same tree over all words"]) - 0.02
            ),
        },
        columns=("what answers", "fidelity to the network", "accuracy"),
        rows=tuple((name, fidelity[name], accuracy[name]) for name in fidelity),
        note=f"{len(x)} abstracts of {len(common)} categories, a third held out; trees of depth {depth} over "
        f"{k} words. Three rules of the first seed: {told}.",
    )


if __name__ == "__main__":
    main(measure)
