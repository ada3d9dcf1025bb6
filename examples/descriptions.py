"""Fields of research told by phrases that a person wrote, against their names and against random phrases."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from broadsheet.fields import every
from octavo.catalogue import Evidence
from octavo.encode.minilm import MiniLM
from octavo.lab.experiment import main
from octavo.lab.labelled import Labelled
from octavo.tag.descriptions import Descriptions
from octavo.tag.nearest_mean import NearestMean

SEEDS, SHOTS = 3, 1


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    papers = Labelled.read(data, 200 if tiny else 6000, least=20)
    fields = {field.category: field for field in every()}
    told = [fields[name] for name in papers.names]
    encoder = MiniLM()

    def described(texts: list[list[str]]) -> Descriptions:
        flat = [text for some in texts for text in some]
        labels = np.repeat(np.arange(len(texts)), [len(some) for some in texts])
        return Descriptions().fit(encoder.encode_documents(flat), labels)

    def right(tagger, rows) -> float:
        return float((tagger.scores(papers.vectors[rows]).argmax(axis=1) == papers.labels[rows]).mean())

    everyone = np.arange(len(papers.labels))
    codes = right(described([[field.category] for field in told]), everyone)
    names = right(described([[field.name] for field in told]), everyone)
    phrases = right(described([list(field.phrases) for field in told]), everyone)
    both = right(described([[field.name, *field.phrases] for field in told]), everyone)
    shuffled, prefixed, few, mixed = [], [], [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        pool = [phrase for field in told for phrase in field.phrases]
        # As many phrases, each behind the field's name, but of any field: is it only the averaging?
        random = [
            [f"{field.name}: {pool[i]}" for i in rng.choice(len(pool), len(field.phrases))] for field in told
        ]
        shuffled.append(right(described(random), everyone))
        own = [[f"{field.name}: {phrase}" for phrase in field.phrases] for field in told]
        prefixed.append(right(described(own), everyone))
        learn, asked = papers.halves(seed)
        shots = papers.shots(learn, SHOTS, seed)
        few.append(right(NearestMean().fit(papers.vectors[shots], papers.labels[shots]), asked))
        said = described([[field.name, *field.phrases] for field in told])
        start = NearestMean().fit(said.descriptors_, said.labels_)
        mixed.append(right(start.update(papers.vectors[shots], papers.labels[shots]), asked))
    return Evidence(
        claim="A few phrases that describe a label tell it better than its name, without any example.",
        checks={
            "phrases beat the name": phrases > names,
            "phrases beat as many random ones behind the name, every seed": all(
                own > other for own, other in zip(prefixed, shuffled, strict=True)
            ),
            "name and phrases beat one example a field, every seed": all(both > value for value in few),
        },
        columns=("what is known of a field", "accuracy"),
        rows=(
            ("its code (cs.CV)", codes),
            ("its name", names),
            ("its phrases", phrases),
            ("classification by description: name and phrases", both),
            ("its name before each of its phrases", prefixed),
            ("its name before random phrases", shuffled),
            ("one example", few),
            ("name, phrases and one example, their mean", mixed),
        ),
        note=f"{len(everyone):,} arXiv papers of {len(told)} categories, MiniLM; the phrases are those that "
        "the paper itself guesses categories with. They were written before anything was measured.",
        leading="accuracy",
    )


if __name__ == "__main__":
    main(measure)
