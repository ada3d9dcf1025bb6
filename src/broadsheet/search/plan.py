"""A plan: the stages of an answer one after the other, each only while there is time for it.

A stage is a name and what it does to a question. What it takes is learned on this machine while it answers:
the mean of its times and how far they stray, both forgetting slowly, so that a machine that becomes busy is
noticed within a few questions. Stages come in three kinds. Some always run (`ALWAYS`); some while the budget
of the question lasts (`BUDGET`); a second look (`LEISURE`) only in what is left of it after the time the
question had to wait for its turn, so that a crowd of readers is served quickly first and well second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ALWAYS: Final = 0
BUDGET: Final = 1
LEISURE: Final = 2

AFTERWARDS: Final = "show"
"""The name under which the time is learned that passes between the plan's end and the answer's."""

_MEMORY: Final = 0.1  # the weight of the newest time
_STRAYING: Final = 3.0  # mean deviations above the mean that are reckoned with
_OUTLIER: Final = 4.0  # times the expected: a page fault, another process; it counts as this much
_PROBE: Final = 50  # so many times a stage is left out before it is tried again, whatever it took


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of an answer.

    run: does it. wanted: whether there is anything to do for this question. kind: ALWAYS, BUDGET or LEISURE.
    """

    name: str
    run: Callable[[Any], None]
    wanted: Callable[[Any], bool] = lambda question: True
    kind: int = ALWAYS


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a stage: the milliseconds it took, or why it was left out."""

    name: str
    ms: float = 0.0
    skipped: str = ""


@dataclass(slots=True)
class _Learned:
    mean: float
    straying: float
    skipped: int = 0


@dataclass(slots=True)
class Costs:
    """What stages take on this machine, in milliseconds. Threads may share it: a lost update is no harm."""

    known: dict[str, _Learned] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)

    def expected(self, name: str) -> float:
        """What a stage will hardly exceed; 0 for one not measured yet, or not for long: then it is tried."""
        learned = self.known.get(name)
        if learned is None or learned.skipped >= _PROBE:
            return 0.0
        return learned.mean + _STRAYING * learned.straying

    def learn(self, name: str, ms: float) -> None:
        """Note a time. The first of a stage is not kept: files are opened then and models are made."""
        learned = self.known.get(name)
        if learned is None:
            if name in self.met:
                self.known[name] = _Learned(ms, ms / 4)
            self.met.add(name)
            return
        learned.skipped = 0
        ms = min(ms, _OUTLIER * max(self.expected(name), 0.1))
        learned.straying += _MEMORY * (abs(ms - learned.mean) - learned.straying)
        learned.mean += _MEMORY * (ms - learned.mean)

    def left_out(self, name: str) -> None:
        """A stage was left out; after many times it is tried again, on a machine that may have changed."""
        learned = self.known.get(name)
        if learned:
            learned.skipped += 1


@dataclass(frozen=True, slots=True)
class Budget:
    """The time for an answer, in milliseconds, and how much of it passed before anybody looked at it."""

    ms: float
    waited: float = 0.0


def carry_out(
    stages: Sequence[Stage],
    question: Any,
    costs: Costs,
    budget: Budget,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Step]:
    """Run the stages that are wanted and fit; returns what became of them, in order.

    A stage fits when what it is expected to take is there beside what must still be done afterwards.
    """
    began = clock()
    steps: list[Step] = []
    for place, stage in enumerate(stages):
        if not stage.wanted(question):
            continue
        since = clock()
        if stage.kind != ALWAYS:
            later = stages[place + 1 :]
            reserved = sum(
                costs.expected(s.name) for s in later if s.kind < stage.kind and s.wanted(question)
            )
            left = budget.ms - (since - began) * 1000 - reserved - costs.expected(AFTERWARDS)
            left -= budget.waited if stage.kind == LEISURE else 0
            if costs.expected(stage.name) > left or left <= 0:
                steps.append(Step(stage.name, skipped=_reason(costs.expected(stage.name), left)))
                costs.left_out(stage.name)
                continue
        stage.run(question)
        ms = (clock() - since) * 1000
        costs.learn(stage.name, ms)
        steps.append(Step(stage.name, round(ms, 2)))
    return steps


def _reason(expected: float, left: float) -> str:
    return f"takes {expected:.0f} ms, {max(left, 0):.0f} ms were left"
