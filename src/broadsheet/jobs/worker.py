"""The derived indexes follow the store, as soon as it has changed.

One thread looks once a second whether the store has changed, brings the words up to date (milliseconds)
and then the vectors (minutes), which are put off the moment new papers come in; then what follows from these:
guesses and topics.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broadsheet.jobs import heap

if TYPE_CHECKING:
    from broadsheet.house import House

log = logging.getLogger(__name__)

EVERY: Final = 1.0
AGAIN: Final = 30.0
LONGEST_PAUSE: Final = 300.0
_NICE: Final = 10
NOTED: Final = 600.0  # seconds after which a success is noted although there was nothing to do

Note = Callable[[str, float, str, str], None]
"""Told of a task's name, its seconds, and its result or its error."""


@dataclass(slots=True)
class _Task:
    """One index to keep up to date; its failures do not hold up the other."""

    name: str
    work: Callable[[int], int]
    seen: int | None = None
    last: float = 0.0
    failures: int = 0
    not_before: float = 0.0
    noted: float | None = None


class Worker(threading.Thread):
    """Keeps the derived indexes of a house up to date until it is stopped.

    Works when the store has changed, and every `again` seconds for what another process had begun and left
    undone. Never dies of an exception: it logs it and tries again after 2, 4, 8, ... times `every` seconds,
    at most `longest_pause`. Where vectors cannot be made, words still follow. `note` is told how it went.
    """

    def __init__(
        self,
        house: House,
        *,
        every: float = EVERY,
        again: float = AGAIN,
        longest_pause: float = LONGEST_PAUSE,
        note: Note | None = None,
    ) -> None:
        super().__init__(name="broadsheet-worker", daemon=True)
        self.house = house
        self.every = every
        self.again = again
        self.longest_pause = longest_pause
        self._note = note
        self._stopping = threading.Event()
        self._tasks = (
            _Task("words", self._words),
            _Task("vectors", self._vectors),
            _Task("subjects", self._subjects),
        )

    def stop(self, timeout: float = 30.0) -> None:
        """Ask the thread to end after the batch in hand, and wait for it. A second call does nothing."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)

    def run(self) -> None:
        """Look, work, wait; until stopped."""
        if sys.platform == "linux":  # where a thread has a priority of its own; readers go first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not self._stopping.is_set():
            for task in self._tasks:
                self._attend(task)
            self._stopping.wait(self.every)

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(self.every * 2.0 ** min(failures, 30), max(self.longest_pause, self.every))

    def _attend(self, task: _Task) -> None:
        if time.monotonic() < task.not_before:
            return
        started = time.perf_counter()
        try:
            stamp = self.house.store.stamp()
            if stamp == task.seen and time.monotonic() - task.last < self.again:
                return
            if done := task.work(stamp):
                log.info("%s of %d papers in %.1f s", task.name, done, time.perf_counter() - started)
                heap.give_back()
            # Vectors put off for newer papers: the next look finds another stamp and goes on.
            task.seen, task.last, task.failures = stamp, time.monotonic(), 0
            if done or task.noted is None or time.monotonic() - task.noted > NOTED:
                self._tell(task, started, f"{done} papers" if done else "up to date", "")
        except Exception as error:
            task.failures += 1
            pause = self.pause(task.failures)
            task.not_before = time.monotonic() + pause
            log.exception("%s could not be brought up to date; next try in %.0f s", task.name, pause)
            self._tell(task, started, "", f"{type(error).__name__}: {error}")

    def _tell(self, task: _Task, started: float, result: str, error: str) -> None:
        task.noted = time.monotonic()
        if self._note:
            with contextlib.suppress(Exception):  # a note is not worth an index
                self._note(task.name, time.perf_counter() - started, result, error)

    def _words(self, stamp: int) -> int:
        return self.house.index.sync()

    def _vectors(self, stamp: int) -> int:
        def newer() -> bool:
            return self._stopping.is_set() or self.house.store.stamp() != stamp

        return self.house.index.encode(self._progress, newer)

    def _subjects(self, stamp: int) -> int:
        return self.house.subjects.refresh()

    def _progress(self, done: int, total: int) -> None:
        log.info("vectors: %d of %d papers", done, total)
