"""What ranks papers for readers: others' formulas, one reader's ranker, and many readers together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broadsheet.evaluation.bench import Bench
from broadsheet.evaluation.libraries import PROTOCOLS
from broadsheet.exceptions import ConfigError
from octavo.protocols import Array
from octavo.rank.centroid import Centroid
from octavo.rank.read_together import BESIDE

BASELINE: Final = "tfidf"
TOGETHER: Final = "ease+tfidf"
SANITY: Final = "arxiv-sanity"
SERVED: Final = "taste"

KNOWN: Final = ("warm", "cold readers")
"""The questions about papers that somebody has."""
NEW: Final = ("cold papers",)

WARM: Final = (1.0, 1.3, 1.3, 0.7)
COLD: Final = (1.0, 1.0, 0.7, 0.7)
"""Weights of the parts, chosen on folds 1 with what is in folds 0 taken away; see docs/for-you-quality.md."""


@dataclass(frozen=True, slots=True)
class System:
    """name: on the command line. title: in the table. kind: elsewhere, one reader, many readers or served.

    parts: the names of the parts whose cost it bears. protocols: the questions it has an answer to.
    """

    name: str
    title: str
    kind: str
    parts: tuple[str, ...]
    make: Callable[[Bench], Array]
    protocols: tuple[str, ...] = PROTOCOLS


def _tfidf(bench: Bench) -> Array:
    return bench.ranker("tfidf", Centroid)


def _ease_and_words(bench: Bench) -> Array:
    return bench.added((1.0, bench.of_candidates(bench.ease())), (1.0, _tfidf(bench)))


def _served(bench: Bench) -> Array:
    return bench.added((1.0, bench.taste()), (BESIDE, bench.together()))


def _warm(bench: Bench) -> Array:
    ease, like, low = map(bench.of_candidates, (bench.ease(), bench.like_readers(), bench.low_pass()))
    return bench.added(*zip(WARM, (ease, bench.taste(), like, low), strict=True))


def _cold(bench: Bench) -> Array:
    parts = bench.taste(), bench.read_words(), bench.spread(), bench.regressed()
    return bench.added(*zip(COLD, parts, strict=True))


SYSTEMS: Final[tuple[System, ...]] = (
    System(
        "popularity", "popularity", "elsewhere", ("popularity",), lambda b: b.popularity(), protocols=KNOWN
    ),
    System(BASELINE, "TF-IDF profile, one centre", "elsewhere", ("tfidf",), _tfidf),
    System(SANITY, "arxiv-sanity's SVM", "elsewhere", ("margin",), lambda b: b.margin()),
    System("zotero", "zotero-arxiv-daily's weighted mean", "elsewhere", ("recency",), lambda b: b.recency()),
    System(SERVED, "taste (ridge regression)", "served", ("taste",), lambda b: b.taste()),
    System("together", "taste + read together (many readers)", "served", ("taste", "together"), _served),
    System(
        "item-knn",
        "item-kNN",
        "elsewhere",
        ("item_knn",),
        lambda b: b.of_candidates(b.item_knn()),
        protocols=KNOWN,
    ),
    System("ease", "EASE", "elsewhere", ("ease",), lambda b: b.of_candidates(b.ease()), protocols=KNOWN),
    System(TOGETHER, "EASE + TF-IDF", "elsewhere", ("ease", "tfidf"), _ease_and_words, protocols=KNOWN),
    System(
        "like-readers",
        "readers of like words",
        "many readers",
        ("like_readers",),
        lambda b: b.of_candidates(b.like_readers()),
        protocols=KNOWN,
    ),
    System(
        "low-pass",
        "low pass (first directions)",
        "elsewhere",
        ("low_pass",),
        lambda b: b.of_candidates(b.low_pass()),
        protocols=KNOWN,
    ),
    System(
        "warm",
        "EASE + taste + readers of like words + low pass",
        "many readers",
        ("ease", "taste", "like_readers", "low_pass"),
        _warm,
        protocols=KNOWN,
    ),
    System(
        "read-words", "words read together", "many readers", ("read_words",), lambda b: b.read_words(), NEW
    ),
    System(
        "spread", "EASE lent by like papers", "many readers", ("bold", "spread"), lambda b: b.spread(), NEW
    ),
    System(
        "cold",
        "taste + words read together + EASE lent",
        "many readers",
        ("taste", "read_words", "bold", "spread", "regressed"),
        _cold,
        NEW,
    ),
)


def named(names: str | None) -> list[System]:
    """Return the systems of a list with commas, with the baseline first; all of them for None.

    Raises ConfigError for a name there is none of.
    """
    known = {system.name: system for system in SYSTEMS}
    wanted = list(known) if names is None else [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise ConfigError(f"no system {name!r}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys([BASELINE, *wanted])]
