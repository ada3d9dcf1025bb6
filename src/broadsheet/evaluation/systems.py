"""What is compared: words, vectors, tokens, their combinations, shorter vectors, and the search as served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broadsheet.evaluation.stages import Scorings, Stages
from broadsheet.exceptions import ConfigError

BASELINE: Final = "bm25"
PLAIN: Final = "plain"
SERVED: Final = "served"


@dataclass(frozen=True, slots=True)
class System:
    """name: on the command line. title: in the table. kind: baseline, stage, combination, codec or served.

    parts: the names of the stages whose prices it pays.
    """

    name: str
    title: str
    kind: str
    parts: tuple[str, ...]
    make: Callable[[Stages], Scorings]


def _two(stages: Stages) -> list[Scorings]:
    return [stages.words(), stages.vectors()]


def _three(stages: Stages) -> list[Scorings]:
    return [*_two(stages), stages.tokens()]


def _smooth_three(stages: Stages) -> Scorings:
    return stages.smooth("smoothing of three", stages.convex("convex of three", _three(stages)), 10, 0.5)


def _smooth_two(stages: Stages) -> Scorings:
    return stages.smooth("smoothing of two", stages.convex("words and vectors", _two(stages)), 10, 0.5)


def _fed(stages: Stages) -> Scorings:
    first = stages.convex("words and vectors", _two(stages))
    return stages.convex("convex of again", stages.feedback(first, documents=5, terms=20, share=0.3))


_WORDS, _VECTORS, _TOKENS = ("words",), ("encode", "vectors"), "tokens, 8 bits"
_BOTH = (*_WORDS, *_VECTORS)
_CONVEX = (*_BOTH, "words and vectors")
_ALL = (*_CONVEX, _TOKENS)

SYSTEMS: Final[tuple[System, ...]] = (
    System(BASELINE, "words (BM25)", "baseline", _WORDS, lambda s: s.words()),
    System("vectors", "vectors (MiniLM, exact)", "stage", _VECTORS, lambda s: s.vectors()),
    System("tokens", "tokens (MaxSim) over 100 of both", "stage", _ALL, lambda s: s.tokens()),
    System("tokens4", "the same, 4 bits", "codec", (*_CONVEX, "tokens, 4 bits"), lambda s: s.tokens(4)),
    System("muvera", "MUVERA, 5,120 dimensions", "stage", ("encode", "MUVERA"), lambda s: s.muvera()),
    System(
        "rrf",
        "words + vectors, reciprocal ranks",
        "combination",
        (*_BOTH, "ranks of two"),
        lambda s: s.ranks("ranks of two", _two(s)),
    ),
    System(
        PLAIN,
        "words + vectors + tokens, reciprocal ranks",
        "combination",
        (*_ALL, "ranks of three"),
        lambda s: s.ranks("ranks of three", _three(s)),
    ),
    System(
        "convex",
        "words + vectors, convex",
        "combination",
        _CONVEX,
        lambda s: s.convex("words and vectors", _two(s)),
    ),
    System(
        "convex3",
        "words + vectors + tokens, convex",
        "combination",
        (*_ALL, "convex of three"),
        lambda s: s.convex("convex of three", _three(s)),
    ),
    System(
        "feedback",
        "words + vectors, convex, with feedback",
        "combination",
        (*_CONVEX, "words again", "vectors again", "convex of again"),
        _fed,
    ),
    System(
        "smooth",
        "words + vectors, convex, smoothed",
        "combination",
        (*_CONVEX, "smoothing of two"),
        _smooth_two,
    ),
    System(
        "smooth3",
        "words + vectors + tokens, convex, smoothed",
        "combination",
        (*_ALL, "convex of three", "smoothing of three"),
        _smooth_three,
    ),
    System(SERVED, "served search", "served", ("encode", "served"), lambda s: s.served()),
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
