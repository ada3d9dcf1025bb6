"""What a reader has said of papers, as signals: for or against, how far to be trusted, how long ago.

Explicit signals count most; what can happen by accident (a paper was opened) counts little. Every signal
fades by half in a half-life. Of one paper the latest explicit word decides: who voted and then wanted fewer
such papers wants fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Signal:
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

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> fading(now - timedelta(days=90), now, 90), fading(now + timedelta(days=1), now, 90)
    (0.5, 1.0)
    """
    return float(0.5 ** (max(timedelta(0), now - at) / timedelta(days=half_life)))


def judged(signals: Iterable[Signal], now: datetime, half_life: float) -> list[Judgement]:
    """What a reader thinks of each paper, the strongest first, at most MOST; a third of the places are kept
    for what was disliked, so that liking much does not drown it."""
    by_paper: dict[int, list[Signal]] = {}
    for signal in signals:
        by_paper.setdefault(signal.paper, []).append(signal)
    found = [one for each in by_paper.values() if (one := _together(each, now, half_life)).weight >= FAINT]
    found.sort(key=lambda one: (-one.weight, -one.at.timestamp(), one.paper))
    against = [one for one in found if one.liked < 0]
    for_ = [one for one in found if one.liked > 0]
    room = MOST - min(len(against), MOST // 3)
    kept = for_[:room] + against[: MOST - min(len(for_), room)]
    return sorted(kept, key=lambda one: (-one.weight, -one.at.timestamp(), one.paper))


def _together(signals: Sequence[Signal], now: datetime, half_life: float) -> Judgement:
    said = [signal for signal in signals if signal.kind not in IMPLICIT]
    latest = max(said or signals, key=lambda signal: (signal.at, abs(signal.trust)))
    sign = 1 if latest.trust > 0 else -1
    agreeing = sorted(
        (signal for signal in signals if signal.trust * sign > 0),
        key=lambda signal: (-abs(signal.trust) * fading(signal.at, now, half_life), signal.kind),
    )
    weights = [abs(signal.trust) * fading(signal.at, now, half_life) for signal in agreeing]
    # A second sign of the same adds a little: the strongest decides.
    weight = weights[0] + 0.25 * sum(weights[1:4])
    kinds = tuple(dict.fromkeys(signal.kind for signal in agreeing))
    groups = tuple(dict.fromkeys(signal.group for signal in agreeing if signal.group)) if sign > 0 else ()
    return Judgement(latest.paper, sign, weight, kinds, groups, latest.at)
