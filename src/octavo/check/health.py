"""The health of an encoder, read off titles and abstracts that belong together.

Every reading is a number from 0 to 1 with the limits between which the encoders that we know to be well were,
and those that we broke on purpose were not (`benchmarks/encoder.py`; KNOWN holds what it measured). One
measure may mislead; an encoder is ill where several leave their limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from octavo.arrays import matrix
from octavo.check.spectral_entropy import diffusion_spectral_entropy, diffusion_spectral_information
from octavo.check.variance_shares import variance_share
from octavo.check.word_order import Corruption, order_preference
from octavo.exceptions import ShapeError
from octavo.protocols import Array, Encoder, Ids

LEAST: Final = 30
_NEAR: Final = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """A measure: its healthy values from low to high, what it tells, and what to do below and above them."""

    low: float
    high: float
    told: str
    below: str = ""
    above: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure of one encoder."""

    name: str
    value: float
    limit: Limit

    @property
    def healthy(self) -> bool:
        """Whether it lies within its limits."""
        return self.limit.low <= self.value <= self.limit.high

    @property
    def advice(self) -> str:
        """What to do; "" where it is healthy."""
        if self.healthy:
            return ""
        return self.limit.below if self.value < self.limit.low else self.limit.above


LIMITS: Final[dict[str, Limit]] = {
    "titles find their abstracts": Limit(
        0.75,
        1.0,
        "of titles asked as questions, how many have their own abstract among the ten nearest",
        below="search by meaning is weak on your papers: try another encoder, and see that questions and "
        "documents are encoded alike (many encoders want a prefix for either)",
    ),
    "alikeness of any two": Limit(
        -1.0,
        0.7,
        "the mean cosine of two papers drawn at random; MiniLM has .2 on papers of every field and .45 on "
        "those of one; near 1 all lie in one narrow cone",
        above="all papers lie in a narrow cone, where scores hardly differ: subtract the mean vector before "
        "scaling to unit length, or take an encoder that was trained by contrast",
    ),
    "directions in use": Limit(
        0.04,
        1.0,
        "the participation ratio of the variances, of as many directions as there could be",
        below="the space has collapsed onto few directions, in which near papers are not told apart: take "
        "another encoder, or train this one with negatives",
    ),
    "entropy": Limit(
        0.0,
        1.0,
        "diffusion spectral entropy, of the most there could be; to watch one encoder by: those we broke "
        "had as much as those that are well",
    ),
    "notices word order": Limit(
        0.62,
        1.0,
        "how often an abstract is nearer to its title than to the title with its words shuffled",
        below="the encoder is a bag of words, and the other leg of search finds words already: one that "
        "reads sentences would add to it",
    ),
    "about categories": Limit(
        0.03,
        1.0,
        "the share of variance that lies between the papers' categories",
        below="the space knows little of your fields: the encoder was made for other texts",
    ),
    "told by categories": Limit(
        0.04,
        1.0,
        "diffusion spectral information of the categories, of all that there is to tell",
        below="near papers are of any field: topics and search by meaning will mislead",
    ),
    "about length": Limit(
        -1.0,
        0.015,
        "the share of variance between short and long abstracts",
        above="length decides what is near: scale vectors to unit length, and see where long texts are cut",
    ),
    "about years": Limit(
        -1.0,
        0.05,
        "the share of variance between older and newer papers",
        above="the space drifts with time, so that old and new papers on one subject do not meet",
    ),
}
"""By the name of the reading. Limits lie between the encoders of KNOWN that are well and those broken on
purpose, where the reading tells them apart; that of the years is a guess, as none was broken in that way."""

KNOWN: Final[dict[str, dict[str, float]]] = {
    "MiniLM": {
        "titles find their abstracts": 0.998,
        "alikeness of any two": 0.209,
        "directions in use": 0.132,
        "entropy": 0.571,
        "notices word order": 0.816,
        "about categories": 0.129,
        "told by categories": 0.108,
        "about length": 0.008,
        "about years": 0.004,
    },
    "MiniLM, 64 of 384 dimensions": {
        "titles find their abstracts": 0.978,
        "alikeness of any two": 0.204,
        "directions in use": 0.457,
        "entropy": 0.568,
        "notices word order": 0.738,
        "about categories": 0.144,
        "told by categories": 0.125,
        "about length": 0.008,
        "about years": 0.003,
    },
    "latent semantic analysis, 128 dimensions": {
        "titles find their abstracts": 0.943,
        "alikeness of any two": 0.268,
        "directions in use": 0.401,
        "entropy": 0.547,
        "notices word order": 0.5,
        "about categories": 0.099,
        "told by categories": 0.084,
        "about length": 0.007,
        "about years": 0.005,
    },
    "broken: a narrow cone": {
        "titles find their abstracts": 0.998,
        "alikeness of any two": 0.926,
        "directions in use": 0.131,
        "entropy": 0.566,
        "notices word order": 0.819,
        "about categories": 0.128,
        "told by categories": 0.105,
        "about length": 0.009,
        "about years": 0.004,
    },
    "broken: three directions": {
        "titles find their abstracts": 0.155,
        "alikeness of any two": 0.21,
        "directions in use": 0.008,
        "entropy": 0.679,
        "notices word order": 0.586,
        "about categories": 0.049,
        "told by categories": -0.011,
        "about length": 0.006,
        "about years": 0.0,
    },
    "broken: five heaps": {
        "titles find their abstracts": 0.537,
        "alikeness of any two": 0.314,
        "directions in use": 0.01,
        "entropy": 0.673,
        "notices word order": 0.76,
        "about categories": 0.049,
        "told by categories": 0.099,
        "about length": 0.006,
        "about years": -0.0,
    },
    "broken: long texts apart": {
        "titles find their abstracts": 0.998,
        "alikeness of any two": 0.518,
        "directions in use": 0.132,
        "entropy": 0.614,
        "notices word order": 0.82,
        "about categories": 0.129,
        "told by categories": 0.117,
        "about length": 0.021,
        "about years": 0.004,
    },
    "broken: noise": {
        "titles find their abstracts": 0.04,
        "alikeness of any two": 0.004,
        "directions in use": 0.509,
        "entropy": 0.516,
        "notices word order": 0.5,
        "about categories": 0.003,
        "told by categories": 0.002,
        "about length": 0.0,
        "about years": 0.0,
    },
    "broken: questions turned": {
        "titles find their abstracts": 0.007,
        "alikeness of any two": 0.209,
        "directions in use": 0.132,
        "entropy": 0.571,
        "notices word order": 0.475,
        "about categories": 0.129,
        "told by categories": 0.108,
        "about length": 0.008,
        "about years": 0.004,
    },
}
"""Encoders measured on 400 abstracts of arXiv in the autumn of 2026, and their readings."""


def examine(
    encoder: Encoder,
    titles: Sequence[str],
    abstracts: Sequence[str],
    *,
    categories: Sequence[str] = (),
    years: Sequence[int] = (),
    seed: int = 0,
) -> list[Reading]:
    """Return the readings of an encoder on N papers; those for which nothing is given are left out.

    categories, years: one each paper, or none. Raises ShapeError for fewer than thirty papers, or where the
    lists are not of one length.
    """
    if len(titles) < LEAST:
        raise ShapeError(f"titles must be at least {LEAST}, got {len(titles)}")
    for name, given in (("abstracts", abstracts), ("categories", categories), ("years", years)):
        if len(given) != len(titles) and (given or name == "abstracts"):
            raise ShapeError(f"{name} must be as many as titles, {len(titles)}, got {len(given)}")
    documents = matrix(encoder.encode_documents(abstracts), "the encoder's vectors", rows=len(titles))
    questions = matrix(encoder.encode_queries(titles), "the encoder's vectors", rows=len(titles))
    values = _of_space(documents, questions, seed)
    values["notices word order"] = order_preference(encoder, titles, abstracts, Corruption.WORDS, seed=seed)
    lengths = np.array([len(text) for text in abstracts])
    features: dict[str, Ids] = {"about length": _halves(lengths)}
    if len(years):
        features["about years"] = _halves(np.array(years))
    if len(categories):
        features["about categories"] = fields = _fields(categories)
        if fields.max() >= 1:
            values["told by categories"] = _told(documents, fields, seed)
    for name, feature in features.items():
        if feature.max() >= 1:
            values[name] = variance_share(documents, feature)
    return [Reading(name, values[name], limit) for name, limit in LIMITS.items() if name in values]


def _of_space(documents: Array, questions: Array, seed: int) -> dict[str, float]:
    own = (questions * documents).sum(axis=1)
    above = (questions @ documents.T > own[:, None]).sum(axis=1)
    lengths = np.linalg.norm(documents, axis=1, keepdims=True)
    units = documents / np.where(lengths > 0, lengths, 1)
    n = len(units)
    alike = (float(np.square(units.sum(axis=0, dtype=np.float64)).sum()) - n) / (n * (n - 1))
    variances = np.linalg.svd(units - units.mean(axis=0), compute_uv=False).astype(np.float64) ** 2
    total = float(variances.sum())
    used = total**2 / float((variances**2).sum()) if total > 1e-9 else 1.0
    return {
        "titles find their abstracts": float((above < _NEAR).mean()),
        "alikeness of any two": alike,
        "directions in use": used / min(documents.shape[1], n - 1),
        "entropy": diffusion_spectral_entropy(units) / math.log2(n),
    }


def _told(documents: Array, fields: Ids, seed: int) -> float:
    known = fields >= 0
    shares = np.bincount(fields[known]) / known.sum()
    most = -float((shares * np.log2(shares)).sum())
    return diffusion_spectral_information(documents[known], fields[known], seed=seed) / most


def _halves(numbers: Ids) -> Ids:
    return (numbers > np.median(numbers)).astype(np.int64)


def _fields(categories: Sequence[str]) -> Ids:
    """Return labels 0 .. C-1 of the categories that have five papers, -1 for the others."""
    names, places, counts = np.unique(np.array(categories), return_inverse=True, return_counts=True)
    kept = np.flatnonzero((counts >= 5) & (names != ""))
    label = np.full(len(names), -1, np.int64)
    label[kept] = np.arange(len(kept))
    labels: Ids = label[places]
    return labels


def beside_known(name: str) -> tuple[tuple[str, float], ...]:
    """Return encoders that were measured, with their values of a reading: those that are well, and of those
    broken on purpose the one furthest outside the limits."""
    limit = LIMITS[name]
    values = {encoder: found[name] for encoder, found in KNOWN.items()}
    well = [(encoder, value) for encoder, value in values.items() if not encoder.startswith("broken")]
    broken = [pair for pair in values.items() if pair[0].startswith("broken")]
    worst = max(broken, key=lambda pair: max(limit.low - pair[1], pair[1] - limit.high))
    return (*well, worst) if not limit.low <= worst[1] <= limit.high else tuple(well)
