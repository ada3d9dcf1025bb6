from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import TooOftenError
from broadsheet.people.limits import Limit, Limiter


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_tries_are_few_and_come_back_evenly():
    clock = Clock()
    limiter, limit = Limiter(clock), Limit(3, 30)
    for _ in range(3):
        limiter.take(limit, "door", "a")
    with pytest.raises(TooOftenError) as told:
        limiter.take(limit, "door", "a")
    assert told.value.wait == pytest.approx(10)
    limiter.take(limit, "door", "b")
    clock.now += 9.9
    with pytest.raises(TooOftenError):
        limiter.check(limit, "door", "a")
    clock.now += 0.2
    limiter.take(limit, "door", "a")
    with pytest.raises(TooOftenError):
        limiter.check(limit, "door", "a")
    limiter.forgive("door", "a")
    limiter.check(limit, "door", "a")


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60), st.integers(1, 5), st.floats(1, 60))
def test_never_more_than_the_limit_in_any_window(steps, tries, seconds):
    """Counted again in a plain list: a bucket of `tries` that refills evenly lets at most twice that into a window."""
    clock = Clock()
    limiter, limit, let_in = Limiter(clock), Limit(tries, seconds), []
    for wait, _ in steps:
        clock.now += wait
        try:
            limiter.take(limit, "x")
        except TooOftenError as error:
            clock.now += error.wait + 1e-6  # who waits as told is let in
            limiter.take(limit, "x")
        let_in.append(clock.now)
    for start in let_in:
        assert sum(start <= at < start + seconds for at in let_in) <= 2 * tries


def test_what_is_remembered_is_bounded(monkeypatch):
    from broadsheet.people import limits

    monkeypatch.setattr(limits, "_MOST", 10)
    limiter = Limiter(Clock())
    for number in range(100):
        limiter.count(Limit(1, 60), str(number))
    assert len(limiter._spent) == 10
    with pytest.raises(TooOftenError):
        limiter.check(Limit(1, 60), "99")
