"""Which jobs there are, when each is due, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from broadsheet.exceptions import BroadsheetError
from broadsheet.store.jobs import JobRun

if TYPE_CHECKING:
    from broadsheet.house import House

KEPT: Final = timedelta(days=90)
"""How long is kept who was sent what."""
LONGEST: Final = timedelta(hours=1)
OF_THE_INDEXES: Final = ("words", "vectors", "subjects")
"""What runs by itself, as soon as there is something to do."""

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done by the clock.

    every: from the end of one run to the next. wanted: whether there is something to do before that. run:
    does it, and says what it did in a few words; it looks now and then whether it is to stop.
    """

    name: str
    every: timedelta
    run: Callable[[House, Stop], str]
    wanted: Callable[[House], bool] = lambda _: False

    def after(self, now: datetime, failures: int) -> datetime:
        """When it is due again, after so many failures in a row: sooner than usual, and later each time."""
        if not failures:
            return now + self.every
        return now + min(timedelta(minutes=2.0 ** min(failures, 12)), max(self.every, LONGEST))

    def is_stale(self, run: JobRun, now: datetime) -> bool:
        """Whether the last success is so long ago that somebody should look."""
        limit = 3 * self.every + timedelta(minutes=10)
        return run.failures >= 3 if run.success is None else now - run.success > limit


def jobs(house: House) -> dict[str, Job]:
    """The jobs of a house by name."""
    every = timedelta(hours=house.settings.harvest_every_hours)
    listed = [
        *(Job(f"harvest {words}", every, _harvest(words)) for words in house.settings.harvest),
        Job("digests", timedelta(minutes=10), _digests, lambda house: house.mail.due),
        Job("mail", timedelta(minutes=10), _mail, lambda house: house.mail.waiting),
        Job("for you", timedelta(minutes=10), _for_you),
        Job("sweep", timedelta(days=1), _sweep),
    ]
    return {job.name: job for job in listed}


def first_due(house: House, name: str, now: datetime) -> datetime:
    """When a job is due that has never run here: at once, but for a harvest that was made by hand lately."""
    words = name.split()
    if words[0] != "harvest":
        return now
    last = house.store.harvest(words[1], " ".join(words[2:])).last_success
    return max(now, last + timedelta(hours=house.settings.harvest_every_hours)) if last else now


@dataclass(frozen=True, slots=True)
class Report:
    """A job and its state, for who looks."""

    run: JobRun
    every: timedelta | None
    stale: bool


def reports(house: House, now: datetime | None = None) -> list[Report]:
    """Every job of a house, as it stands; those that were never run are due now."""
    now = now or datetime.now(UTC)
    known = {run.name: run for run in house.store.jobs.every()}
    found = []
    for name, job in jobs(house).items():
        run = known.get(name) or JobRun(name, now, "", None, None, None, 0.0, 0, "", "")
        found.append(Report(run, job.every, job.is_stale(run, now)))
    found += [Report(known[name], None, known[name].failures > 0) for name in OF_THE_INDEXES if name in known]
    return found


def _harvest(words: str) -> Callable[[House, Stop], str]:
    def run(house: House, stop: Stop) -> str:
        source, *query = words.split()
        report = house.pull(source, query)
        if report.failure:
            raise BroadsheetError(report.failure)
        counts = [f"{number} {what}" for what, number in report.counts.items() if number]
        return ", ".join(counts) or "nothing new"

    return run


def _digests(house: House, stop: Stop) -> str:
    queued, quiet = house.mail.compose(stop=stop)
    return f"{queued} queued, {quiet} with nothing new"


def _mail(house: House, stop: Stop) -> str:
    sent = str(house.mail.send(stop=stop))
    return sent if house.mail.ready else f"{sent}; no mail server is set"


def _for_you(house: House, stop: Stop) -> str:
    return house.for_you.train(stop)


def _sweep(house: House, stop: Stop) -> str:
    gone = house.store.mailing.sweep(datetime.now(UTC) - KEPT)
    return f"{gone} old messages swept away"
