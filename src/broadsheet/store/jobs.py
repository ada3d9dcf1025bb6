"""When each job last ran, how that went, and who is at it: `store.jobs`.

A job is claimed in a commit before it is begun, so two workers never run it at once. A claim is kept alive by
the process that has it; one that dies is followed by another within the lease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from broadsheet.store.database import Database
from broadsheet.store.schema_mail import jobs as table
from broadsheet.store.subscriptions import moment_or_none, stored

LEASE: Final = timedelta(minutes=2)
_J = table.c


@dataclass(frozen=True, slots=True)
class JobRun:
    """What is known of a job.

    due: when it runs next. worker: who is at it, '' for nobody. success: the end of the last run that went
    well. failures: in a row. result: what the last good run has to say; error: why the last one failed, '' if
    it did not.
    """

    name: str
    due: datetime
    worker: str
    started: datetime | None
    finished: datetime | None
    success: datetime | None
    seconds: float
    failures: int
    error: str
    result: str


class Jobs:
    """The state of jobs. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def ensure(self, dues: Mapping[str, datetime]) -> None:
        """Make known jobs that are not; each has the moment at which it is first due."""
        with self.database.reading() as connection:
            known = set(connection.scalars(select(_J.name)))
        new = [_fresh(name, due) for name, due in dues.items() if name not in known]
        if not new:
            return
        with self.database.writing() as connection:
            known = set(connection.scalars(select(_J.name)))
            new = [row for row in new if row["name"] not in known]
            if new:
                connection.execute(insert(table), new)

    def every(self) -> list[JobRun]:
        """All jobs by name."""
        with self.database.reading() as connection:
            now = stored(datetime.now(UTC))
            return [_run(row, now) for row in connection.execute(select(table).order_by(_J.name))]

    def due(self, now: datetime) -> list[str]:
        """The names of those whose time has come and that nobody is at."""
        with self.database.reading() as connection:
            moment = stored(now)
            wanted = select(_J.name).where(_J.due <= moment, _J.until < moment).order_by(_J.due, _J.name)
            return list(connection.scalars(wanted))

    def busy(self, now: datetime) -> list[str]:
        """The names of those that somebody is at."""
        with self.database.reading() as connection:
            return list(connection.scalars(select(_J.name).where(_J.until >= stored(now))))

    def claim(self, name: str, worker: str, now: datetime) -> bool:
        """Take a job that is due; false where somebody else was faster."""
        moment = stored(now)
        values = {"worker": worker, "until": stored(now + LEASE)}
        free = (_J.name == name, _J.due <= moment, _J.until < moment)
        with self.database.writing() as connection:
            return bool(connection.execute(update(table).where(*free).values(**values)).rowcount)

    def begin(self, name: str, worker: str, now: datetime) -> bool:
        """Begin a claimed job; false where the claim has been lost."""
        mine = (_J.name == name, _J.worker == worker)
        values = {"started": stored(now), "until": stored(now + LEASE)}
        with self.database.writing() as connection:
            return bool(connection.execute(update(table).where(*mine).values(**values)).rowcount)

    def keep(self, workers: list[str], now: datetime) -> None:
        """Keep claims alive."""
        with self.database.writing() as connection:
            mine = update(table).where(_J.worker.in_(workers))
            connection.execute(mine.values(until=stored(now + LEASE)))

    def finish(
        self,
        name: str,
        worker: str,
        now: datetime,
        due: datetime,
        *,
        seconds: float,
        result: str = "",
        error: str = "",
    ) -> None:
        """A run has ended, well unless there is an error; nothing is noted where the claim has been lost."""
        values: dict[str, Any] = {"worker": "", "until": "", "finished": stored(now), "due": stored(due)}
        values |= {"seconds": seconds, "error": error[:1000]}
        if error:
            values |= {"failures": _J.failures + 1}
        else:
            values |= {"failures": 0, "success": stored(now), "result": result[:1000]}
        mine = (_J.name == name, _J.worker == worker)
        with self.database.writing() as connection:
            connection.execute(update(table).where(*mine).values(**values))

    def hurry(self, name: str, now: datetime, *, failing: bool = False) -> None:
        """Let a job run now; one that is failing waits its turn, unless somebody wants to see it fail."""
        early = [_J.name == name, _J.due > stored(now), _J.worker == ""]
        if not failing:
            early.append(_J.failures == 0)
        with self.database.writing() as connection:
            connection.execute(update(table).where(*early).values(due=stored(now)))

    def note(self, name: str, seconds: float, result: str, error: str) -> None:
        """What runs by itself, and not by the clock, tells how it went."""
        now = datetime.now(UTC)
        self.ensure({name: now})
        self.finish(name, "", now, now, seconds=seconds, result=result, error=error)


def _fresh(name: str, due: datetime) -> dict[str, Any]:
    return {
        "name": name,
        "due": stored(due),
        "worker": "",
        "until": "",
        "seconds": 0.0,
        "failures": 0,
        "error": "",
        "result": "",
    }


def _run(row: Row[Any], now: str) -> JobRun:
    return JobRun(
        name=row.name,
        due=moment_or_none(row.due) or datetime.now(UTC),
        worker=row.worker if row.until >= now else "",
        started=moment_or_none(row.started),
        finished=moment_or_none(row.finished),
        success=moment_or_none(row.success),
        seconds=row.seconds,
        failures=row.failures,
        error=row.error,
        result=row.result,
    )
