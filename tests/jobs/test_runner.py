"""Jobs by the clock: on time, once, made up for after a standstill, and loud when they fail."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

import broadsheet
from broadsheet.exceptions import BroadsheetError
from broadsheet.jobs import runner as runners
from broadsheet.jobs.runner import Plain, Runner
from broadsheet.jobs.schedule import Job, first_due, jobs, reports
from broadsheet.store import Harvest
from broadsheet.store.jobs import LEASE

NOW = datetime(2025, 7, 29, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Wall:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def house(tmp_path):
    with broadsheet.open(tmp_path, encoder="none") as made:
        yield made


@pytest.fixture
def make(house, monkeypatch):
    """Make runners of given jobs; their threads are not started: a test looks and performs itself."""
    made = []

    def make(*given, clock=None):
        monkeypatch.setattr(runners, "jobs", lambda house: {job.name: job for job in given})
        runner = Runner(house, clock=clock or Wall())
        house.store.jobs.ensure({job.name: NOW for job in given})
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.stop()


def work_off(runner):
    """Do what huey's workers would do."""
    done = 0
    while (task := runner._huey.dequeue()) is not None:
        runner._huey.execute(task)
        done += 1
    return done


def test_a_job_runs_when_it_is_due_and_not_before(make, house):
    wall, ran = Wall(), []
    runner = make(Job("a", HOUR, lambda h, stop: ran.append(1) or "well"), clock=wall)
    assert runner.look() == ["a"]
    assert runner.look() == [], "it is claimed"
    assert work_off(runner) == 1
    assert runner.look() == []
    wall.now += HOUR - timedelta(seconds=1)
    assert runner.look() == []
    wall.now += timedelta(seconds=1)
    assert runner.look() == ["a"]
    work_off(runner)
    (run,) = house.store.jobs.every()
    assert (run.success, run.due, run.result, run.error) == (wall.now, wall.now + HOUR, "well", "")
    assert len(ran) == 2


def test_after_a_standstill_it_runs_once(make):
    wall, ran = Wall(), []
    runner = make(Job("a", HOUR, lambda h, stop: ran.append(1) or ""), clock=wall)
    runner.look()
    work_off(runner)
    wall.now += 100 * HOUR
    assert runner.look() == ["a"]
    work_off(runner)
    assert runner.look() == []
    assert len(ran) == 2


def test_two_workers_never_run_a_job_at_once(make):
    ran = []
    job = Job("a", HOUR, lambda h, stop: ran.append(1) or "")
    wall = Wall()
    both = [make(job, clock=wall) for _ in range(2)]
    for _ in range(20):
        claimed = []
        barrier = threading.Barrier(2)

        def look(runner, barrier=barrier, claimed=claimed):
            barrier.wait()
            claimed.extend(runner.look())

        threads = [threading.Thread(target=look, args=(runner,)) for runner in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert claimed == ["a"]
        # They share one queue: whoever takes the task performs it.
        assert work_off(both[0]) + work_off(both[1]) == 1
        wall.now += HOUR
    assert len(ran) == 20


def test_a_worker_that_dies_is_followed_and_what_it_left_does_nothing(make):
    ran = []
    wall = Wall()
    dead = make(Job("a", HOUR, lambda h, stop: ran.append(1) or ""), clock=wall)
    assert dead.look() == ["a"]
    other = make(Job("a", HOUR, lambda h, stop: ran.append(1) or ""), clock=wall)
    wall.now += LEASE - timedelta(seconds=1)
    assert other.look() == []
    wall.now += timedelta(seconds=2)
    assert other.look() == ["a"]
    assert work_off(other) == 2, "the dead one's task is in the queue yet"
    assert ran == [1]


def test_a_claim_is_kept_while_the_job_runs(make):
    wall = Wall()
    runner = make(Job("a", HOUR, lambda h, stop: ""), clock=wall)
    other = make(Job("a", HOUR, lambda h, stop: ""), clock=wall)
    assert runner.look() == ["a"]
    for _ in range(10):
        wall.now += LEASE / 2
        runner._kept = 0.0
        runner.look()
        assert other.look() == []


def test_failures_are_told_and_tried_again_later_each_time(make, house, caplog):
    def fail(h, stop):
        raise BroadsheetError("the source is silent")

    wall = Wall()
    job = Job("a", HOUR, fail)
    runner = make(job, clock=wall)
    waits = []
    with caplog.at_level(logging.ERROR):
        for failures in range(1, 9):
            assert runner.look() == ["a"]
            work_off(runner)
            (run,) = house.store.jobs.every()
            assert (run.failures, run.error) == (failures, "the source is silent")
            assert job.is_stale(run, wall.now) == (failures >= 3)
            waits.append((run.due - wall.now).total_seconds() / 60)
            wall.now = run.due
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert "the source is silent" in caplog.text


def test_an_unforeseen_failure_leaves_the_others_running(make, house, caplog):
    ran = []
    runner = make(
        Job("a", HOUR, lambda h, stop: 1 / 0), Job("b", HOUR, lambda h, stop: ran.append(1) or "well")
    )
    assert runner.look() == ["a", "b"]
    work_off(runner)
    first, second = house.store.jobs.every()
    assert first.error == "ZeroDivisionError: division by zero"
    assert (second.result, second.error) == ("well", "")


def test_what_is_wanted_runs_before_its_time_unless_it_is_failing(make, house):
    wall = Wall()
    wanted = [True]
    runner = make(Job("a", HOUR, lambda h, stop: "", lambda h: wanted[0]), clock=wall)
    for _ in range(3):
        assert runner.look() == ["a"]
        assert runner.look() == []
        work_off(runner)
        wall.now += timedelta(seconds=1)
    wanted[0] = False
    assert runner.look() == []
    failing = make(Job("b", HOUR, lambda h, stop: 1 / 0, lambda h: True), clock=wall)
    assert failing.look() == ["b"]
    work_off(failing)
    assert failing.look() == []


def test_looking_writes_nothing_while_a_wanted_job_runs_or_fails(make, house, monkeypatch):
    wall = Wall()
    running = make(Job("a", HOUR, lambda h, stop: "", lambda h: True), clock=wall)
    assert running.look() == ["a"]
    failing = make(Job("b", HOUR, lambda h, stop: 1 / 0, lambda h: True), clock=wall)
    assert failing.look() == ["b"]
    work_off(failing)
    monkeypatch.setattr(house.store.database, "writing", lambda: pytest.fail("a write"))
    assert failing.look() == []
    running._running.clear()
    wall.now += timedelta(seconds=5)
    monkeypatch.setattr(house.store.jobs, "every", _busy(house.store.jobs.every))
    assert running.look() == []


def _busy(every):
    """The runs, as they are for who looks while somebody is at them."""
    from dataclasses import replace

    return lambda: [replace(run, worker="somebody") for run in every()]


def test_harvests_are_made_one_at_a_time(make):
    runner = make(
        Job("harvest hf", HOUR, lambda h, stop: ""),
        Job("harvest arxiv cs.CL", HOUR, lambda h, stop: ""),
        Job("mail", HOUR, lambda h, stop: ""),
    )
    seen = []
    for _ in range(3):
        seen.append(runner.look())
        work_off(runner)
    assert seen == [["harvest arxiv cs.CL", "mail"], ["harvest hf"], []]


def test_the_queue_is_json():
    from huey.registry import Message

    message = Message(*range(len(Message._fields)))
    kept = Plain().serialize(message)
    assert kept.startswith(b"[0, 1,")
    assert Plain().deserialize(kept) == message


def test_a_job_that_goes_long_without_success_is_stale(house):
    job = Job("a", HOUR, lambda h, stop: "")
    house.store.jobs.ensure({"a": NOW})
    (run,) = house.store.jobs.every()
    assert not job.is_stale(run, NOW + 100 * HOUR), "nobody has begun with it"
    assert house.store.jobs.claim("a", "w", NOW)
    house.store.jobs.finish("a", "w", NOW, NOW + HOUR, seconds=1.0, result="well")
    (run,) = house.store.jobs.every()
    assert not job.is_stale(run, NOW + 3 * HOUR)
    assert job.is_stale(run, NOW + 4 * HOUR)


def test_a_harvest_made_by_hand_lately_is_not_made_at_once_again(tmp_path):
    with broadsheet.open(tmp_path, encoder="none", harvest=("arxiv cs.CL", "hf")) as house:
        assert list(jobs(house)) == [
            "harvest arxiv cs.CL",
            "harvest hf",
            "digests",
            "mail",
            "for you",
            "sweep",
        ]
        house.store.save_harvest(Harvest("arxiv", "cs.CL", last_success=NOW))
        assert first_due(house, "harvest arxiv cs.CL", NOW + HOUR) == NOW + 6 * HOUR
        assert first_due(house, "harvest hf", NOW) == NOW
        assert [report.run.name for report in reports(house)] == list(jobs(house))


def test_threads_and_all(tmp_path, monkeypatch):
    """The real thing: started, it runs what there is, and stops."""
    with broadsheet.open(tmp_path, encoder="none") as house:
        runner = Runner(house, every=0.05)
        runner.start()
        end = time.monotonic() + 20
        while any(run.success is None for run in house.store.jobs.every()):
            assert time.monotonic() < end
            time.sleep(0.02)
        runner.stop()
        assert not runner.is_alive()
        assert {run.name: run.result for run in house.store.jobs.every()} == {
            "digests": "0 queued, 0 with nothing new",
            "mail": "0 sent; no mail server is set",
            "for you": "0 readers learned anew",
            "sweep": "0 old messages swept away",
        }
        runner.stop()
