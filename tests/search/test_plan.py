"""A plan keeps to its time: on a clock of its own, with stages whose times are drawn by chance."""

from __future__ import annotations

import random
import statistics
from types import SimpleNamespace
from typing import Any

import pytest

from broadsheet.search import Search
from broadsheet.search.plan import ALWAYS, BUDGET, LEISURE, Budget, Costs, Stage, carry_out
from broadsheet.search.search import HURRIED


class Clock:
    """Seconds that pass only when a stage says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def passes(self, ms: float) -> None:
        self.now += ms / 1000


def stages(clock: Clock, chance: random.Random, **usual: tuple[float, int]) -> list[Stage]:
    """Stages that take about so long, now and then twice as long."""

    def stage(name: str, ms: float, kind: int) -> Stage:
        def run(question: Any) -> None:
            clock.passes(ms * chance.choice([0.8, 0.9, 1, 1, 1.1, 1.2, 2]))

        return Stage(name, run, kind=kind)

    return [stage(name, ms, kind) for name, (ms, kind) in usual.items()]


@pytest.mark.parametrize("budget", [15, 25, 40, 60, 100])
@pytest.mark.parametrize("seed", range(3))
def test_the_budget_is_kept_and_used(budget: int, seed: int) -> None:
    clock, chance, costs = Clock(), random.Random(seed), Costs()
    plan = stages(
        clock,
        chance,
        words=(2, ALWAYS),
        encode=(4, BUDGET),
        meaning=(5, BUDGET),
        join=(1, ALWAYS),
        again=(20, LEISURE),
        neighbours=(15, LEISURE),
        count=(1, ALWAYS),
    )
    took, ran = [], 0
    for number in range(400):
        began = clock()
        steps = carry_out(plan, None, costs, Budget(budget), clock)
        if number >= 20:  # learned by then
            took.append((clock() - began) * 1000)
            ran += sum(not step.skipped for step in steps)
    assert statistics.quantiles(took, n=20)[18] <= 1.1 * budget
    least = {15: 3, 25: 4.5, 40: 5, 60: 5.5, 100: 6.9}[budget]
    assert ran / len(took) >= least, "what there is time for is done"


def test_who_waited_gets_the_first_look_and_no_second() -> None:
    clock, costs = Clock(), Costs()
    plan = stages(clock, random.Random(1), words=(2, ALWAYS), meaning=(9, BUDGET), again=(9, LEISURE))
    for _ in range(5):
        carry_out(plan, None, costs, Budget(60), clock)
    steps = carry_out(plan, None, costs, Budget(60, waited=55), clock)
    assert [(step.name, bool(step.skipped)) for step in steps] == [
        ("words", False),
        ("meaning", False),
        ("again", True),
    ]
    assert "5 ms were left" in steps[2].skipped or "ms were left" in steps[2].skipped


def test_time_is_kept_for_what_must_follow() -> None:
    clock, costs = Clock(), Costs()

    def passing(ms: float) -> Any:
        return lambda question: clock.passes(ms)

    plan = [Stage("extra", passing(10), kind=LEISURE), Stage("count", passing(30), kind=ALWAYS)]
    for _ in range(20):
        carry_out(plan, None, costs, Budget(100), clock)
    assert [step.skipped == "" for step in carry_out(plan, None, costs, Budget(41), clock)] == [False, True]
    assert [step.skipped == "" for step in carry_out(plan, None, costs, Budget(60), clock)] == [True, True]


def test_a_stage_that_was_dear_once_is_tried_again() -> None:
    clock, costs = Clock(), Costs()
    slow = SimpleNamespace(ms=100.0)
    plan = [Stage("extra", lambda question: clock.passes(slow.ms), kind=LEISURE)]
    for _ in range(10):
        carry_out(plan, None, costs, Budget(1000), clock)
    slow.ms = 5.0
    skipped = 0
    while carry_out(plan, None, costs, Budget(60), clock)[0].skipped:
        skipped += 1
        assert skipped < 200
    assert skipped > 0


def test_stages_that_are_not_wanted_do_not_run() -> None:
    done: list[str] = []
    plan = [Stage(n, lambda q, n=n: done.append(n), lambda q, n=n: n in q) for n in ("a", "b", "c")]
    assert [step.name for step in carry_out(plan, "ac", Costs(), Budget(60))] == ["a", "c"]
    assert done == ["a", "c"]


def test_a_search_without_time_goes_by_words_and_says_so(search: Search, store: Any, make_paper: Any) -> None:
    store.put(*(make_paper(n, f"Graph number {n}", "On graphs and words.") for n in range(1, 9)))
    search.sync()
    search.encode()
    hasty = search.find("graph", budget_ms=0)
    assert {*hasty.skipped} >= {"encode", "meaning"}
    assert hasty.notes == (HURRIED,)
    assert [hit.legs.keys() for hit in hasty.hits] == [{"words"}] * 8
    calm = search.find("graph")
    assert not calm.notes
    assert not calm.skipped, "what was answered in haste is not kept for those who have time"
    assert {"words", "meaning"} <= calm.hits[0].legs.keys()
    assert sum(calm.hits[0].shares.values()) == pytest.approx(calm.hits[0].score, abs=1e-3)
