"""Two rankings drafted into one list, and the test that tells which of them readers prefer.

Team draft: in each round a coin says who goes first, and each ranking puts its best paper that is not taken
yet. What the reader then opens, saves or votes for is credit of the ranking that put it there. A day of a
reader is won by the ranking with more credit; were both equally good, either would win it half of the time,
whatever the reader is like, since only the coin decides who put what.

    e(w, l) = 2^(w+l) B(a+w, a+l) / B(a, a),    p = min over all days so far of 1/e

e is what a bet on "one of them is better" has won after w days to one and l days to the other, begun with 1.
As long as there is no difference it grows beyond 1/α with a probability of at most α (Ville, 1939), so that
one may look every day and stop when it does: an always-valid test (Johari et al., 2015).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

PRIOR: Final = 4.0
"""a: how near to one half a win's probability is thought to be, if it is not one half."""
ALPHA: Final = 0.05


class Pick(NamedTuple):
    """A place of a drafted list: what stands there, and which ranking put it (0 or 1)."""

    what: int
    team: int


def drafted(first: Sequence[int], second: Sequence[int], size: int, seed: object) -> list[Pick]:
    """Draft two rankings into one list; the same seed gives the same list.

    >>> sorted(pick.what for pick in drafted([1, 2, 3], [1, 4, 5], 5, seed=7))
    [1, 2, 3, 4, 5]
    """
    digest = hashlib.blake2b(repr(seed).encode(), digest_size=8).digest()
    coin = np.random.default_rng(int.from_bytes(digest, "big"))
    taken: dict[int, int] = {}
    rankings = (first, second)
    while len(taken) < size:
        before = len(taken)
        start = int(coin.integers(2))
        for team in (start, 1 - start):
            found = next((what for what in rankings[team] if what not in taken), None)
            if found is not None and len(taken) < size:
                taken[found] = team
        if len(taken) == before:
            break
    return [Pick(what, team) for what, team in taken.items()]


def evidence(wins: int, losses: int, prior: float = PRIOR) -> float:
    """How much more likely the days are if there is a difference than if there is none: e above.

    >>> evidence(0, 0), evidence(3, 3) < 1 < evidence(12, 1)
    (1.0, True)
    """
    days = wins + losses
    log = math.lgamma(prior + wins) + math.lgamma(prior + losses) - math.lgamma(2 * prior + days)
    log -= 2 * math.lgamma(prior) - math.lgamma(2 * prior)
    return math.exp(min(log + days * math.log(2), 700))


class Course(NamedTuple):
    """An experiment so far: days won, lost and drawn by the first ranking, the evidence after each day that
    was not drawn, and the probability of so much of it without a difference."""

    wins: int
    losses: int
    draws: int
    evidence: tuple[float, ...]
    p: float


def course(days: Iterable[tuple[float, float]]) -> Course:
    """The course of an experiment: the credits of either ranking, a day of a reader after the other."""
    wins = losses = draws = 0
    found: list[float] = []
    for first, second in days:
        if first == second:
            draws += 1
            continue
        wins, losses = (wins + 1, losses) if first > second else (wins, losses + 1)
        found.append(evidence(wins, losses))
    return Course(wins, losses, draws, tuple(found), 1 / max(1.0, *found) if found else 1.0)
