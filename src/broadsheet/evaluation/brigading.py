"""What a crowd of fresh accounts can do to what trends: a day of real vote counts, and an attack on it.

Each paper of the last days gets the votes it really got, from settled readers; then N accounts made that
morning all vote for the paper that nobody wanted. Told is where it ends up, and how many of the first ten
change, by our formula and by others'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from broadsheet.evaluation.foretelling import Days
from broadsheet.feed.trending import FOREVER, PRESETS, Formula, Preset, Signals, rank

CROWDS: Final = (10, 100, 1_000, 10_000)
ORDERS: Final[tuple[Preset, ...]] = ("broadsheet", "votes", "hn")
_NOW: Final = 20_000.75  # an evening


@dataclass(frozen=True, slots=True)
class Attack:
    """What N accounts did: the place their paper reached, and how many of the first ten were others after."""

    accounts: int
    preset: Preset
    place: int
    changed: int


def attacks(days: Days, *, formula: Formula | None = None, last: int = 7) -> list[Attack]:
    """The attack with every crowd, against every order; on the papers of the last so many days."""
    formula = formula or Formula()
    first_day = max(0, len(days) - last)
    mine = np.flatnonzero(days.day >= first_day)
    born = np.floor(_NOW) - (len(days) - 1 - days.day[mine]).astype(np.float64)
    votes = days.votes[mine].astype(np.int64)
    target = int(np.lexsort((born, votes))[0])
    found = []
    for accounts in CROWDS:
        calm, stormy = (_signals(born, votes, target, crowd) for crowd in (0, accounts))
        for preset in ORDERS:
            before = rank(calm, formula, _NOW, preset=preset).order
            after = rank(stormy, formula, _NOW, preset=preset).order
            place = int(np.flatnonzero(after == target)[0]) + 1
            found.append(Attack(accounts, preset, place, len(set(after[:10]) - set(before[:10]))))
    return found


def _signals(born: np.ndarray, votes: np.ndarray, target: int, crowd: int) -> Signals:
    readers = int(votes.max())
    paper = np.concatenate([np.repeat(np.arange(len(votes)), votes), np.full(crowd, target)])
    voter = np.concatenate([*(np.arange(count) for count in votes), readers + np.arange(crowd)])
    cast = np.concatenate([np.repeat(born + 0.5, votes), np.full(crowd, _NOW - 0.05)])
    known = np.concatenate([np.zeros(readers), np.full(crowd, np.floor(_NOW))])
    given = np.concatenate([np.ones(readers), np.full(crowd, np.nan)])
    nothing = np.zeros(len(born))
    return Signals(
        born=born,
        source_votes=nothing,
        comments=nothing,
        paper=paper.astype(np.int64),
        voter=voter.astype(np.int64),
        cast=cast,
        withdrawn=np.full(len(cast), FOREVER),
        first=np.concatenate([np.zeros(int(votes.sum()), dtype=bool), np.ones(crowd, dtype=bool)]),
        known=known,
        given=given,
    )


def table(found: list[Attack]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The findings as a head and rows of text."""
    head = ("fresh accounts", *(f"{preset}: place, changed in first ten" for preset in ORDERS))
    rows = []
    for accounts in CROWDS:
        mine = {attack.preset: attack for attack in found if attack.accounts == accounts}
        rows.append((f"{accounts:,}", *(f"{mine[p].place}, {mine[p].changed}" for p in ORDERS)))
    return head, rows


assert set(ORDERS) <= set(PRESETS)
