"""Running jobs by the clock, in threads of this process, beside others that do the same.

The clock looks every second which jobs are due and claims them in the store; huey's queue carries them to its
workers. The claim is what keeps two processes from running a job twice, and what finds a job again whose
process died; the queue may lose everything in it and nothing is lost.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from huey import MemoryHuey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

from broadsheet.exceptions import BroadsheetError
from broadsheet.jobs.schedule import first_due, jobs
from broadsheet.store.jobs import LEASE

if TYPE_CHECKING:
    from broadsheet.house import House

log = logging.getLogger(__name__)

EVERY: Final = 1.0
HARVEST: Final = "harvest "
THREADS: Final = 2  # a harvest that takes an hour does not hold up the mail


class Plain(Serializer):  # type: ignore[misc]
    """Keeps the queue as JSON: what is read from a file never runs code."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        value = json.loads(data)
        if isinstance(value, list) and len(value) == len(Message._fields):
            return Message(*value)
        return value


class _Threads(Consumer):  # type: ignore[misc]
    """A consumer inside a process that has other things to do, and signals of its own."""

    def _set_signal_handlers(self) -> None:
        pass


def queue(house: House) -> Any:
    """The queue beside a store: in memory, in a file of the data folder, or in its PostgreSQL."""
    database = house.store.database
    given: dict[str, Any] = {"results": False, "serializer": Plain()}
    if not database.is_sqlite:
        dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        # Its tables are made here, and two processes that make the same one at the same moment fail both.
        with database.writing():
            return PostgresHuey("broadsheet", dsn=dsn, table_prefix="broadsheet_queue", **given)
    if database.path is None:
        return MemoryHuey("broadsheet", **given)
    return SqliteHuey("broadsheet", filename=str(house.folder / "jobs.db"), **given)


class Runner(threading.Thread):
    """Runs the jobs of a house until it is stopped. Never dies of an exception: it logs it and goes on."""

    def __init__(
        self, house: House, *, every: float = EVERY, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(name="broadsheet-clock", daemon=True)
        self.house = house
        self.every = every
        self.clock = clock
        self._jobs = jobs(house)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._running: set[str] = set()
        self._kept = 0.0
        self._epoch: int | None = None
        self._huey = queue(house)
        self._task = self._huey.task(name="broadsheet.job")(self.perform)
        self._consumer = _Threads(self._huey, workers=THREADS, periodic=False, max_delay=1.0)

    def start(self) -> None:
        """Begin to look at the clock, and to work."""
        logging.getLogger("huey").setLevel(logging.WARNING)
        self._follow(self.clock())
        self._consumer.start()
        super().start()

    def stop(self, timeout: float = 30.0) -> None:
        """Ask jobs to end where they can, and wait for it. A second call does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)
            self._consumer.shutdown_timeout = timeout
            self._consumer.stop(graceful=True)
        self._huey.storage.close()

    def run(self) -> None:
        """Look, claim, wait; until stopped."""
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the clock could not look")
            self._stopping.wait(self.every)

    def look(self) -> list[str]:
        """Claim what is due and put it into the queue; returns the names."""
        now = self.clock()
        store = self.house.store.jobs
        self._follow(now)
        if self._running and time.monotonic() - self._kept > LEASE.total_seconds() / 4:
            store.keep(sorted(self._running), now)
            self._kept = time.monotonic()
        due = [name for name in store.due(now) if name in self._jobs]
        early = self._early([n for n, job in self._jobs.items() if n not in due and job.wanted(self.house)])
        for name in early:
            store.hurry(name, now)
        claimed: list[str] = []
        for name in [*due, *early]:
            if name.startswith(HARVEST) and any(n.startswith(HARVEST) for n in (*store.busy(now), *claimed)):
                continue  # one at a time: sources are asked politely
            claim = f"{self._name}:{secrets.token_hex(4)}"
            if store.claim(name, claim, now):
                self._running.add(claim)
                self._task(name, claim)
                claimed.append(name)
        return claimed

    def _follow(self, now: datetime) -> None:
        """Make the jobs of this house known; a backup that was restored may not know them all."""
        epoch = self.house.store.epoch()
        if epoch != self._epoch:
            self.house.store.jobs.ensure({name: first_due(self.house, name, now) for name in self._jobs})
            self._epoch = epoch

    def _early(self, wanted: list[str]) -> list[str]:
        """The wanted jobs that may run before their time: nobody is at them, and they do not fail."""
        runs = self.house.store.jobs.every() if wanted else []
        ready = {run.name for run in runs if not run.worker and not run.failures}
        return [name for name in wanted if name in ready]

    def perform(self, name: str, claim: str) -> None:
        """Run a job that was claimed, unless the claim was lost in the queue."""
        job = self._jobs.get(name)
        store = self.house.store.jobs
        try:
            if job is None or not store.begin(name, claim, self.clock()):
                return
            started = time.perf_counter()
            error = result = ""
            try:
                result = job.run(self.house, self._stopping.is_set)
            except BroadsheetError as trouble:
                error = str(trouble)
                log.error("%s: %s", name, error)
            except Exception as trouble:
                error = f"{type(trouble).__name__}: {trouble}"
                log.exception("%s failed", name)
            seconds = time.perf_counter() - started
            failures = next((r.failures for r in store.every() if r.name == name), 0) + 1 if error else 0
            now = self.clock()
            store.finish(
                name, claim, now, job.after(now, failures), seconds=seconds, result=result, error=error
            )
        finally:
            self._running.discard(claim)
