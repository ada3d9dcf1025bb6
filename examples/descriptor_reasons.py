"""Descriptor reasons: are the sentences that are shown as reasons the ones that decide?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from octavo.catalogue import Evidence
from octavo.explain.descriptor_reasons import DescriptorReasons
from octavo.lab.abstracts import Abstracts
from octavo.lab.encoded import vectors
from octavo.lab.experiment import main

SEEDS = 3
DESCRIBED = {
    "cs.CL": (
        "It is about text that people write, and models of language.",
        "Sentences are translated, summarised or answered.",
        "Words, grammar, speech and dialogue are studied.",
        "A large language model is prompted or trained on text.",
    ),
    "cs.CV": (
        "It is about images and video.",
        "Objects are detected, segmented or tracked in pictures.",
        "A network sees photographs or scans.",
        "Pictures are generated or restored.",
    ),
    "cs.LG": (
        "It is about learning from data in general.",
        "Gradient descent, generalisation and optimisation of networks are studied.",
        "Reinforcement learning, graphs, tabular data or time series.",
        "Bounds on what can be learned are proved.",
    ),
    "cs.RO": (
        "It is about robots that move and grasp.",
        "Motion is planned and controlled.",
        "Sensors of vehicles and drones, and maps made from them.",
        "A manipulator or a legged machine is trained in simulation.",
    ),
    "cs.CR": (
        "It is about security and attacks.",
        "Keys, encryption and protocols.",
        "Malware and intrusions are detected.",
        "Privacy of data is protected.",
    ),
}


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Abstracts.read(data, 200 if tiny else 6000)
    fields = [name for name in DESCRIBED if papers.categories.count(name) >= (3 if tiny else 40)]
    rows = [row for row, name in enumerate(papers.categories) if name in fields][:1500]
    x = papers.vectors()[rows]
    y = np.array([fields.index(papers.categories[row]) for row in rows])
    sentences = [sentence for name in fields for sentence in DESCRIBED[name]]
    labels = np.repeat(np.arange(len(fields)), 4)
    model = DescriptorReasons().fit(vectors(sentences), labels, x)
    found = model.reasons(x)
    own = labels[None] == found.decided[:, None]
    strongest = np.where(own, found.parts, -np.inf).argmax(axis=1)
    weakest = np.where(own, found.parts, np.inf).argmin(axis=1)
    others = [model.without(place).reasons(x).decided for place in range(len(sentences))]
    turned: dict[str, list[float]] = {
        "the strongest reason": [],
        "a sentence by chance": [],
        "the weakest": [],
    }
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        some = rng.permutation(len(x))[: len(x) * 4 // 5]
        chance = found.decided * 4 + rng.integers(0, 4, len(x))
        for name, gone in zip(turned, (strongest, chance, weakest), strict=True):
            changed = [others[gone[row]][row] != found.decided[row] for row in some]
            turned[name].append(float(np.mean(changed)))
    names_only = vectors([f"A paper of {name}" for name in fields])
    by_name = float((np.argmax(x @ names_only.T, axis=1) == y).mean())
    right = float((found.decided == y).mean())
    sure = found.margins > np.median(found.margins)
    rows_told = [
        ("category right, by descriptors", right),
        ("category right, by the category's code alone", by_name),
        ("category right, where the margin is above its median", float((found.decided == y)[sure].mean())),
        ("category right, where it is below", float((found.decided == y)[~sure].mean())),
        *((f"decisions turned by taking away {name}", values) for name, values in turned.items()),
    ]
    return Evidence(
        claim="Sentences that describe a label name it better than its name does, and those shown as reasons "
        "are the ones that decide.",
        checks={
            "descriptors name the category better than its name": right > by_name,
            "the strongest reason turns twice as many decisions as one by chance, every draw": all(
                one > 2 * other for one, other in zip(*list(turned.values())[:2], strict=True)
            ),
            "the margin tells how sure to be: ten points more are right above its median": bool(
                (found.decided == y)[sure].mean() > (found.decided == y)[~sure].mean() + 0.1
            ),
        },
        columns=("what", "share"),
        rows=tuple(rows_told),
        note=f"{len(x)} abstracts of {len(fields)} categories of arXiv, four sentences each, written before "
        "any was tried. ± over three draws of four fifths of the papers.",
    )


if __name__ == "__main__":
    main(measure)
