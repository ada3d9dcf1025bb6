"""What is compared: words, vectors, tokens, their combinations, shorter vectors, and the search as served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from broadsheet.evaluation.stages import Scorings, Stages
from broadsheet.exceptions import ConfigError
from octavo.shrink.codecs import Codec, ProductCodec, ScalarCodec

BASELINE: Final = "bm25"
PLAIN: Final = "plain"
SERVED: Final = "served"

NEIGHBOURS, SMOOTHED = 20, 0.35
FED_BY, FED_TERMS, FED = 5, 20, 0.2
"""Chosen on SciFact's training claims and CSFCube's development queries; see docs/search-quality.md."""


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


_WORDS, _VECTORS, _TOKENS = ("words",), ("encode", "vectors"), "tokens, 8 bits"
_POOLED = "tokens, pooled"
_BOTH = (*_WORDS, *_VECTORS)
_CONVEX = (*_BOTH, "words and vectors")
_ALL = (*_CONVEX, _TOKENS)
_AGAIN = ("words again", "vectors again")
_OF_POOLED = ", pooled"
_POOLED_AGAIN = (f"words again{_OF_POOLED}", f"vectors again{_OF_POOLED}")


def _two(stages: Stages) -> list[Scorings]:
    return [stages.words(), stages.vectors()]


def _three(stages: Stages) -> list[Scorings]:
    return [*_two(stages), stages.tokens()]


def _convex(stages: Stages) -> Scorings:
    return stages.convex("words and vectors", _two(stages))


def _convex_three(stages: Stages) -> Scorings:
    return stages.convex("convex of three", _three(stages))


def _fed(stages: Stages) -> Scorings:
    again = stages.feedback(_convex_three(stages), documents=FED_BY, terms=FED_TERMS, share=FED)
    return stages.convex("convex of fed", [*again, stages.tokens()])


def _fed_pooled(stages: Stages) -> Scorings:
    first = stages.convex("convex of pooled", [*_two(stages), stages.pooled()])
    again = stages.feedback(first, documents=FED_BY, terms=FED_TERMS, share=FED, of=_OF_POOLED)
    return stages.convex("convex of fed pooled", [*again, stages.pooled()])


def _smooth(stages: Stages, name: str, part: Scorings) -> Scorings:
    return stages.smooth(name, part, NEIGHBOURS, SMOOTHED)


def _coded(name: str, title: str, make: Callable[[], Codec]) -> System:
    return System(name, title, "codec", ("encode", name), lambda stages: stages.coded(name, make()))


SYSTEMS: Final[tuple[System, ...]] = (
    System(BASELINE, "words (BM25)", "baseline", _WORDS, lambda s: s.words()),
    System("vectors", "vectors (MiniLM, exact)", "stage", _VECTORS, lambda s: s.vectors()),
    _coded("int8", "vectors of 8 bits", lambda: ScalarCodec(8)),
    _coded("int4", "vectors of 4 bits", lambda: ScalarCodec(4)),
    _coded("product", "vectors, 4 dimensions a byte", lambda: ProductCodec(4)),
    _coded("bit", "vectors of 1 bit", lambda: ScalarCodec(1)),
    System("muvera", "MUVERA, 5,120 dimensions", "stage", ("encode", "MUVERA"), lambda s: s.muvera()),
    System("tokens", "tokens (MaxSim) over 100 of both", "stage", _ALL, lambda s: s.tokens()),
    System("tokens4", "tokens of 4 bits", "codec", (*_CONVEX, "tokens, 4 bits"), lambda s: s.tokens(4)),
    System(
        "pooled",
        "tokens in 704 bytes",
        "codec",
        (*_CONVEX, _POOLED),
        lambda s: s.pooled(),
    ),
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
    System("convex", "words + vectors, convex", "combination", _CONVEX, _convex),
    System(
        "smooth",
        "words + vectors, convex, smoothed",
        "combination",
        (*_CONVEX, "smoothing of two"),
        lambda s: _smooth(s, "smoothing of two", _convex(s)),
    ),
    System(
        "convex3",
        "words + vectors + tokens, convex",
        "combination",
        (*_ALL, "convex of three"),
        _convex_three,
    ),
    System(
        "smooth3",
        "words + vectors + tokens, convex, smoothed",
        "combination",
        (*_ALL, "convex of three", "smoothing of three"),
        lambda s: _smooth(s, "smoothing of three", _convex_three(s)),
    ),
    System(
        "fed3",
        "words + vectors + tokens, convex, feedback",
        "combination",
        (*_ALL, "convex of three", *_AGAIN, "convex of fed"),
        _fed,
    ),
    System(
        "all3",
        "words + vectors + tokens, convex, feedback, smoothed",
        "combination",
        (*_ALL, "convex of three", *_AGAIN, "convex of fed", "smoothing of fed"),
        lambda s: _smooth(s, "smoothing of fed", _fed(s)),
    ),
    System(
        "pooled3",
        "the same, tokens in 704 bytes",
        "combination",
        (
            *_CONVEX,
            _POOLED,
            "convex of pooled",
            *_POOLED_AGAIN,
            "convex of fed pooled",
            "smoothing of fed pooled",
        ),
        lambda s: _smooth(s, "smoothing of fed pooled", _fed_pooled(s)),
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
