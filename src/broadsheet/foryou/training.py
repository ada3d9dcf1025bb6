"""Keeping readers' models up to date in the background, within a budget; and what is ill about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from broadsheet.foryou.library import pack, unpack
from broadsheet.search.upgrade import Move

if TYPE_CHECKING:
    from broadsheet.foryou.foryou import ForYou

BUDGET_SECONDS: Final = 30.0
"""So long one round of learning takes at most; who was not reached is first in the next."""
STALE: Final = timedelta(hours=2)


def train(
    for_you: ForYou, *, budget: float = BUDGET_SECONDS, stop: Callable[[], bool] = lambda: False
) -> str:
    """Learn the readers anew who have said something since; tells what was done."""
    until = time.monotonic() + budget
    tastes = for_you.tastes
    learned = waiting = 0
    rows = sorted(
        (tastes.of(number) for number in tastes.readers()),
        key=lambda taste: taste.learned_at or datetime.min.replace(tzinfo=UTC),
    )
    for taste in rows:
        if taste.said.get("off") or not tastes.behind(taste.reader_id, taste.learned):
            continue
        if stop() or time.monotonic() > until:
            waiting += 1
            continue
        for_you.model(for_you.house.people.reader(taste.reader_id))
        learned += 1
    counted = for_you.lab.settle_past([taste.reader_id for taste in rows], for_you.house.today())
    parts = [f"{learned} readers learned anew"]
    parts += [f"{waiting} left for the next round"] if waiting else []
    parts += [f"{counted} days of the lab counted"] if counted else []
    parts += [done] if (done := for_you.together.learn(stop)) else []
    return ", ".join(parts)


def behind(for_you: ForYou) -> tuple[int, int, int, float]:
    """How many readers have a model, how many of these have said something since, how many of those for too
    long, and how long the slowest took to learn, in milliseconds."""
    tastes = for_you.tastes
    rows = [taste for number in tastes.readers() if (taste := tastes.of(number)).learned]
    on = [taste for taste in rows if not taste.said.get("off")]
    late = [taste for taste in on if tastes.behind(taste.reader_id, taste.learned)]
    limit = datetime.now(UTC) - STALE
    stale = sum(taste.learned_at is None or taste.learned_at < limit for taste in late)
    return len(rows), len(late), stale, max((taste.took_ms for taste in rows), default=0.0)


def carry(for_you: ForYou, move: Move) -> None:
    """Bring the anchors of readers' libraries over to another encoder; everything else is learned anew."""
    for number in for_you.tastes.readers():
        anchors = unpack(for_you.tastes.of(number).anchors)
        old = [anchor for anchor in anchors if anchor.encoder == move.old]
        if old:
            led = move.lead(np.stack([anchor.vector for anchor in old]))
            over = iter(led)
            moved = [
                replace(anchor, vector=next(over), encoder=move.new) if anchor.encoder == move.old else anchor
                for anchor in anchors
            ]
            for_you.tastes.change(number, anchors=pack(moved))
