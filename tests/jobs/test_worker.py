from __future__ import annotations

import logging
import threading
import time

import pytest

from broadsheet.jobs import Worker


class FakeStore:
    def __init__(self):
        self.value = 0

    def stamp(self):
        return self.value


class FakeIndex:
    """Counts what it is asked for; `slow` encodes until it is told to stop; `broken` raises so many times."""

    def __init__(self, *, slow=False, broken=0):
        self.calls = []
        self.slow = slow
        self.broken = broken
        self.put_off = threading.Event()
        self.encoding = threading.Event()

    def sync(self, progress=None):
        self.calls.append("sync")
        if self.broken:
            self.broken -= 1
            raise OSError("disk on fire")
        return 3

    def encode(self, progress=None, stop=lambda: False):
        self.calls.append("encode")
        self.encoding.set()
        if progress:
            progress(1, 2)
        while self.slow and not stop():
            time.sleep(0.005)
        if self.slow:
            self.put_off.set()
        return 2


class FakeSubjects:
    def refresh(self):
        return 0


class FakeHouse:
    def __init__(self, **index):
        self.store = FakeStore()
        self.index = FakeIndex(**index)
        self.subjects = FakeSubjects()


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


@pytest.fixture
def start():
    workers = []

    def make(house, **options):
        worker = Worker(house, **{"every": 0.01, **options})
        workers.append(worker)
        worker.start()
        return worker

    yield make
    for worker in workers:
        worker.stop()
        assert not worker.is_alive()


def test_words_come_before_vectors_and_nothing_is_done_twice(start):
    house = FakeHouse()
    start(house)
    wait_for(lambda: "encode" in house.index.calls)
    time.sleep(0.1)
    assert house.index.calls == ["sync", "encode"]
    house.store.value += 1
    wait_for(lambda: len(house.index.calls) == 4)
    assert house.index.calls == ["sync", "encode"] * 2


def test_what_another_process_left_undone_is_taken_up(start):
    house = FakeHouse()
    start(house, again=0.05)
    wait_for(lambda: house.index.calls.count("encode") == 3)
    assert house.store.value == 0


def test_new_papers_are_found_by_words_before_old_ones_have_their_vectors(start):
    house = FakeHouse(slow=True)
    start(house)
    assert house.index.encoding.wait(10)
    house.store.value += 1
    assert house.index.put_off.wait(10)
    wait_for(lambda: house.index.calls[:3] == ["sync", "encode", "sync"])


def test_stopping_interrupts_the_encoding():
    house = FakeHouse(slow=True)
    worker = Worker(house, every=0.01)
    worker.start()
    assert house.index.encoding.wait(10)
    worker.stop()
    assert not worker.is_alive()
    worker.stop()


def test_a_worker_that_never_started_can_be_stopped():
    worker = Worker(FakeHouse())
    worker.stop()
    assert not worker.is_alive()


def test_a_failure_is_logged_and_tried_again(start, caplog):
    house = FakeHouse(broken=2)
    with caplog.at_level(logging.INFO, logger="broadsheet.jobs"):
        worker = start(house)
        wait_for(lambda: house.index.calls.count("sync") == 3)
        wait_for(lambda: "words of 3 papers" in caplog.text)
    assert worker.is_alive()
    assert [r.levelname for r in caplog.records].count("ERROR") == 2
    assert "disk on fire" in caplog.text
    assert "vectors: 1 of 2 papers" in caplog.text


def test_words_do_not_wait_for_vectors_that_cannot_be_made(start, caplog):
    house = FakeHouse()
    house.index.encode = lambda progress, stop: 1 / 0
    start(house, every=0.01, longest_pause=1000)
    for _ in range(3):
        before = house.index.calls.count("sync")
        house.store.value += 1
        wait_for(lambda before=before: house.index.calls.count("sync") > before, seconds=2)
    assert "ZeroDivisionError" in caplog.text


def test_the_pause_doubles_with_every_failure_up_to_a_limit():
    worker = Worker(FakeHouse())
    assert [worker.pause(failures) for failures in (1, 2, 3, 20, 10_000)] == [2, 4, 8, 300, 300]
