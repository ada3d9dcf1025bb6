from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import broadsheet
from broadsheet.exceptions import SignInError, TooOftenError
from broadsheet.people.door import Visitor
from broadsheet.people.limits import Limit, Limiter


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_tries_are_few_and_come_back_evenly():
    clock = Clock()
    limiter, limit = Limiter(clock=clock), Limit(3, 30)
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
    limiter, limit, let_in = Limiter(clock=clock), Limit(tries, seconds), []
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
    from broadsheet.store import tries

    monkeypatch.setattr(tries, "MOST", 10)
    monkeypatch.setattr(tries, "SWEEP", 1)
    clock = Clock()
    limiter = Limiter(clock=clock)
    for number in range(100):
        clock.now += 0.1
        limiter.count(Limit(1, 60), str(number))
    assert len(limiter.tries) == 10
    with pytest.raises(TooOftenError):
        limiter.check(Limit(1, 60), "99")
    clock.now += 1000
    limiter.count(Limit(1, 60), "later")
    assert len(limiter.tries) == 1


def test_a_clock_that_was_far_ahead_locks_nobody_out():
    clock = Clock()
    limiter, limit = Limiter(clock=clock), Limit(1, 60)
    clock.now += 86_400
    limiter.take(limit, "x")
    clock.now -= 30
    with pytest.raises(TooOftenError):
        limiter.check(limit, "x")
    clock.now -= 86_000
    limiter.check(limit, "x")


COUNT = """
import sys
from pathlib import Path
from broadsheet.exceptions import TooOftenError
from broadsheet.people.limits import Limit, Limiter
limiter, let_in = Limiter(Path(sys.argv[1])), 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(60):
    try:
        limiter.take(Limit(25, 100_000), "network", "192.0.2.7")
        let_in += 1
    except TooOftenError:
        pass
limiter.take(Limit(2, 100_000), "network", sys.argv[2])
print(let_in)
"""


def test_processes_count_together(tmp_path):
    """However many processes serve, there are as many tries as of one; and others have theirs."""
    path = tmp_path / "tries.db"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT, str(path), f"198.51.100.{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for each in both:
        assert each.stdout.readline() == "ready\n"
    for each in both:
        each.stdin.write("go\n")
        each.stdin.flush()
    let_in = [int(each.communicate(timeout=60)[0]) for each in both]
    assert sum(let_in) == 25, let_in
    assert [each.returncode for each in both] == [0, 0]
    third = Limiter(path)
    with pytest.raises(TooOftenError):
        third.check(Limit(25, 100_000), "network", "192.0.2.7")
    third.check(Limit(25, 100_000), "network", "192.0.2.8")
    assert b"192.0.2.7" not in path.read_bytes()
    third.forgive("network", "192.0.2.7")
    Limiter(path).check(Limit(25, 100_000), "network", "192.0.2.7")
    third.tries.close()
    third.tries.close()


def test_two_houses_on_one_folder_count_wrong_passwords_together(tmp_path):
    """As two processes of one server: what one refuses, the other refuses too, and nobody else is kept out."""
    from broadsheet.people import passwords

    stranger, ada_at_home = Visitor("192.0.2.7"), Visitor("203.0.113.9")
    with (
        broadsheet.open(tmp_path, encoder="none", readers="many") as one,
        broadsheet.open(tmp_path, encoder="none", readers="many") as two,
    ):
        ada = one.people.create("ada")
        one.store.accounts.change(ada.id, password=passwords.hashed("a long enough password"))
        for number in range(6):
            with pytest.raises(SignInError):
                (one, two)[number % 2].people.door.with_password("ada", "wrong", stranger)
        for house in (one, two):
            with pytest.raises(TooOftenError):
                house.people.door.with_password("ada", "a long enough password", stranger)
            assert house.people.door.with_password("ada", "a long enough password", ada_at_home).id == ada.id
