"""Bi- and cross-encoder heads that teach each other on sentence pairs whose judgments are not looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from octavo.catalogue import Evidence
from octavo.lab.experiment import main
from octavo.lab.sentence_pairs import SentencePairs
from octavo.protocols import Array
from octavo.teach.trans_encoder import TransEncoder

SEEDS, LETTERS = 3, 128


def letters(learned: SentencePairs, judged: SentencePairs, dim: int) -> list[Array]:
    """A second view of the texts: the principal directions of their letter trigrams."""
    texts = [*learned.first, *learned.second, *judged.first, *judged.second]
    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, max_features=20_000)
    made = TruncatedSVD(dim, random_state=0).fit_transform(counts.fit_transform(texts)).astype(np.float32)
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
    ends = np.cumsum([len(learned.first), len(learned.second), len(judged.first)])
    return np.split(made, ends)


def measure(data: Path, *, tiny: bool = False) -> Evidence:
    learned = SentencePairs.read(data, "train", 60 if tiny else None)
    judged = SentencePairs.read(data, "dev", 30 if tiny else None)
    dim, seeds, options = (8, 2, {"rounds": 1, "steps": 3}) if tiny else (LETTERS, SEEDS, {})
    a, b, c, d = letters(learned, judged, dim)
    views = {"MiniLM": ((learned.x, learned.y), (judged.x, judged.y)), "letters": ((a, b), (c, d))}
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(seeds):
        for way, names in (
            ("itself", ["MiniLM"]),
            ("itself", ["letters"]),
            ("each other", ["MiniLM", "letters"]),
        ):
            model = TransEncoder(seed=seed, **options).fit([views[name][0] for name in names])
            for place, name in enumerate(names):
                x, y = views[name][1]
                cosine = (model.transform(x, view=place) * model.transform(y, view=place)).sum(axis=1)
                cross = model.judge(x, y, view=place)
                found.setdefault((name, f"bi, taught by {way}"), []).append(judged.correlation(cosine))
                found.setdefault((name, f"cross, taught by {way}"), []).append(judged.correlation(cross))
    before = {name: judged.correlation((x * y).sum(axis=1)) for name, (_, (x, y)) in views.items()}

    def gains(kind: str, way: str) -> bool:
        return all(min(found[name, f"{kind}, taught by {way}"]) > before[name] for name in views)

    return Evidence(
        claim="Bi- and cross-encoders that teach each other in turns get better without any label.",
        checks={
            "self-distilled bi-encoders above the cosine they began with, both views, every seed": gains(
                "bi", "itself"
            ),
            "self-distilled cross-encoders above it": gains("cross", "itself"),
            "mutually distilled bi-encoders above it": gains("bi", "each other"),
            "the weaker view gains from the stronger, every seed": min(
                found["letters", "bi, taught by each other"]
            )
            > max(found["letters", "bi, taught by itself"]),
        },
        columns=("vectors", "encoder", "Spearman, STS-B dev"),
        rows=(
            *((name, "cosine, nothing taught", before[name]) for name in views),
            *((name, kind, tries) for (name, kind), tries in sorted(found.items())),
        ),
        note="Heads on frozen vectors; the training pairs' judgments are not looked at. ± over seeds.",
    )


if __name__ == "__main__":
    main(measure)
