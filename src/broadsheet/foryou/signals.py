"""What a reader has said of papers, as signals: for or against, how far to be trusted, how long ago.

Explicit signals count most; what can happen by accident (a paper was opened) counts little. Every signal
fades by half in a half-life. Of one paper the latest explicit word decides: who voted and then wanted fewer
such papers wants fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from octavo.protocols import Ids

TRUST: Final = {
    "vote": 1.0,
    "up": 1.0,
    "save": 1.0,
    "shelved": 1.0,
    "tag": 1.0,
    "library": 0.6,
    "read": 0.4,
    "open": 0.2,
    "down": -1.0,
    "hide": -0.6,
    "refused": -0.4,
}
"""How far each kind of signal is trusted; below zero it speaks against a paper."""

MOST: Final = 1000
"""So many signals, the strongest, make a model: ten thousand would not say more of today's papers."""
IMPLICIT: Final = frozenset({"read", "open"})
FAINT: Final = 0.02
"""A signal that has faded below this is left out of the model."""


class Signal(NamedTuple):
    """Something a reader did with a paper. group: the interest it belongs to by its reader's own word
    (`tag:NAME`, `shelf:7`, `library:thesis.bib`), or ''."""

    kind: str
    paper: int
    at: datetime
    group: str = ""

    @property
    def trust(self) -> float:
        """How far it is trusted, below zero where it speaks against the paper."""
        return TRUST[self.kind]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that a reader said of one paper, added up.

    liked: 1 or -1. weight: above zero. kinds: of the signals, strongest first. groups: the interests it
    belongs to.
    """

    paper: int
    liked: int
    weight: float
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    at: datetime


def fading(at: datetime, now: datetime, half_life: float) -> float:
    """How much of a signal is left after a while; half_life: in days.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> fading(now - timedelta(days=90), now, 90), fading(now + timedelta(days=1), now, 90)
    (0.5, 1.0)
    """
    return float(0.5 ** (max((now - at).total_seconds(), 0.0) / 86400 / half_life))


def judged(signals: Iterable[Signal], now: datetime, half_life: float) -> list[Judgement]:
    """What a reader thinks of each paper, the strongest first, at most MOST; a third of the places are kept
    for what was disliked, so that liking much does not drown it."""
    every = list(signals)
    ages = np.array([(now - signal.at).total_seconds() for signal in every])
    left = 0.5 ** (np.maximum(ages, 0) / 86400 / half_life)
    worths = left * np.array([TRUST[signal.kind] for signal in every])
    by_paper: dict[int, list[tuple[Signal, float]]] = {}
    for at in _telling(np.array([signal.paper for signal in every], np.int64), worths):
        signal, worth = every[at], float(worths[at])
        by_paper.setdefault(signal.paper, []).append((signal, worth))
    found = [one for each in by_paper.values() if (one := _together(each)).weight >= FAINT]
    found.sort(key=lambda one: one.paper)
    found.sort(key=lambda one: (one.weight, one.at), reverse=True)
    against = sum(one.liked < 0 for one in found)
    places = MOST - min(against, MOST // 3)
    left = {1: places, -1: MOST - min(len(found) - against, places)}
    kept = []
    for one in found:
        left[one.liked] -= 1
        if left[one.liked] >= 0:
            kept.append(one)
    return kept


def _telling(papers: Ids, worths: npt.NDArray[np.float64]) -> list[int]:
    """The signals that can be among the strongest: of papers of which there is one signal alone, no more of
    either side than are kept at all (all of those that are as strong as the last)."""
    _, paper, counts = np.unique(papers, return_inverse=True, return_counts=True)
    telling = np.ones(len(papers), np.bool_)
    for side in (1, -1):
        alone = np.flatnonzero((counts[paper] == 1) & (worths * side > 0))
        if len(alone) > MOST:
            strength = np.abs(worths[alone])
            telling[alone[strength < np.partition(strength, -MOST)[-MOST]]] = False
    found: list[int] = np.flatnonzero(telling).tolist()
    return found


def _together(signals: Sequence[tuple[Signal, float]]) -> Judgement:
    """All that was said of one paper; beside each signal what is left of its trust."""
    if len(signals) == 1:  # most papers by far
        ((only, worth),) = signals
        group = (only.group,) if only.group and worth > 0 else ()
        return Judgement(only.paper, 1 if worth > 0 else -1, abs(worth), (only.kind,), group, only.at)
    said = [signal for signal, _ in signals if signal.kind not in IMPLICIT] or [
        signal for signal, _ in signals
    ]
    latest = max(said, key=lambda signal: (signal.at, abs(signal.trust)))
    sign = 1 if latest.trust > 0 else -1
    agreeing = sorted(
        ((signal, worth * sign) for signal, worth in signals if signal.trust * sign > 0),
        key=lambda pair: (-pair[1], pair[0].kind),
    )
    # A second sign of the same adds a little: the strongest decides.
    weight = agreeing[0][1] + 0.25 * sum(worth for _, worth in agreeing[1:4])
    kinds = tuple(dict.fromkeys(signal.kind for signal, _ in agreeing))
    groups = tuple(dict.fromkeys(s.group for s, _ in agreeing if s.group)) if sign > 0 else ()
    return Judgement(latest.paper, sign, weight, kinds, groups, latest.at)
