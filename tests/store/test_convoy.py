from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from broadsheet.store.convoy import Convoy


class Ledger:
    """Transactions on a list: what was appended counts when the block ends, and not if it raises."""

    def __init__(self):
        self.kept, self.commits, self.slow = [], [], threading.Event()
        self.slow.set()
        self.alone = threading.Lock()

    @contextmanager
    def begin(self):
        assert self.alone.acquire(blocking=False), "two wrote at once"
        try:
            page = []
            yield page
            self.slow.wait(5)
            self.kept += page
            self.commits.append(len(page))
        finally:
            self.alone.release()


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def convoy(ledger):
    return Convoy(ledger.begin, len)


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came")


def test_somebody_alone_waits_for_nobody(convoy, ledger):
    assert convoy.write(lambda page: page.append(1) or "one") == "one"
    assert ledger.kept == [1]


def test_who_comes_during_a_commit_goes_with_the_next(convoy, ledger):
    ledger.slow.clear()
    with ThreadPoolExecutor(30) as pool:
        first = pool.submit(convoy.write, lambda page: page.append(0))
        wait_for(lambda: convoy._under_way and not convoy._waiting)
        others = [pool.submit(convoy.write, lambda page, n=n: page.append(n) or n) for n in range(1, 25)]
        wait_for(lambda: len(convoy._waiting) == 24)
        assert not first.done()  # told only when it is on the disk
        ledger.slow.set()
        assert [each.result(5) for each in others] == list(range(1, 25))
    assert sorted(ledger.kept) == list(range(25))
    assert ledger.commits == [1, 24]


def test_nothing_is_lost_or_doubled_among_many(convoy, ledger):
    with ThreadPoolExecutor(50) as pool:
        got = list(pool.map(lambda n: convoy.write(lambda page: page.append(n) or n), range(2000)))
    assert got == list(range(2000))
    assert sorted(ledger.kept) == list(range(2000))
    assert not convoy._waiting
    assert not convoy._under_way


def refuse(page):
    raise LookupError("no such paper")


def break_off(page):
    page.append("half")
    raise RuntimeError("half-way")


@pytest.mark.parametrize("fault", [refuse, break_off])
def test_anothers_fault_is_anothers(convoy, ledger, fault):
    ledger.slow.clear()
    with ThreadPoolExecutor(8) as pool:
        pool.submit(convoy.write, lambda page: page.append("first"))
        wait_for(lambda: convoy._under_way and not convoy._waiting)
        good = [pool.submit(convoy.write, lambda page, n=n: page.append(n) or n) for n in range(3)]
        bad = pool.submit(convoy.write, fault)
        wait_for(lambda: len(convoy._waiting) == 4)
        ledger.slow.set()
        assert [each.result(5) for each in good] == [0, 1, 2]
        with pytest.raises((LookupError, RuntimeError)):
            bad.result(5)
    assert "half" not in ledger.kept
    assert ledger.kept.count(0) == ledger.kept.count(1) == ledger.kept.count(2) == 1
    assert convoy.write(lambda page: "after") == "after"


def test_a_commit_that_fails_fails_for_who_was_in_it_and_nobody_hangs(ledger):
    broken = [True]

    @contextmanager
    def begin():
        with ledger.begin() as page:
            yield page
            if broken[0]:
                raise OSError("the disk is full")

    convoy = Convoy(begin, len)
    with ThreadPoolExecutor(10) as pool:
        tries = [pool.submit(convoy.write, lambda page: page.append(1)) for _ in range(10)]
        for each in tries:
            with pytest.raises(OSError, match="full"):
                each.result(5)
    broken[0] = False
    convoy.write(lambda page: page.append(2))
    assert ledger.kept == [2]
