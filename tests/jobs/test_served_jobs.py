"""Jobs on a real PostgreSQL, where the queue is PostgreSQL's too: two processes, and one that is killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from huey import PostgresHuey

import broadsheet
from broadsheet.jobs import runner as runners
from broadsheet.jobs.runner import Runner
from broadsheet.jobs.schedule import Job

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

WORKER = """
import os, sys, time
from datetime import timedelta
import broadsheet
from broadsheet.jobs import runner as runners
from broadsheet.jobs.schedule import Job
from broadsheet.store import jobs as kept

data, url, told, every, takes = sys.argv[1:6]
kept.LEASE = runners.LEASE = timedelta(seconds=3)

def tell(what):
    handle = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{what} {os.getpid()} {time.time()}\\n".encode())
    os.close(handle)

def run(house, stop):
    tell("begin")
    time.sleep(float(takes))
    tell("end")
    return "well"

runners.jobs = lambda house: {"a": Job("a", timedelta(seconds=float(every)), run)}
with broadsheet.open(data, encoder="none", database_url=url) as house:
    runner = runners.Runner(house, every=0.05)
    runner.start()
    print("ready", flush=True)
    sys.stdin.readline()
    runner.stop()
"""


@pytest.fixture
def start(tmp_path, postgres_url):
    """Start processes that run one job by the clock, each with a folder of its own, on one PostgreSQL."""
    told = tmp_path / "told"
    told.touch()
    made = []

    def start(number, *, every, takes):
        for _ in range(number):
            given = [str(tmp_path / f"house-{len(made)}"), postgres_url, str(told), str(every), str(takes)]
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER, *given],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ},
            )
            made.append(process)
        for process in made[-number:]:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        return made[-number:]

    start.lines = lambda: [line.split() for line in told.read_text().splitlines()]
    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(processes):
    for process in processes:
        _, log = process.communicate("stop\n", timeout=60)
        assert process.returncode == 0, log
        assert "Traceback" not in log


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def test_two_processes_run_a_job_one_after_another_and_never_twice(start):
    both = start(2, every=0.2, takes=0.3)
    wait_for(lambda: len(start.lines()) >= 16)
    finish(both)
    lines = start.lines()
    assert [line[0] for line in lines] == ["begin", "end"] * (len(lines) // 2), "no run begins within another"
    assert all(begin[1] == end[1] for begin, end in zip(lines[::2], lines[1::2], strict=True))
    ends = [float(line[2]) for line in lines[1::2]]
    begins = [float(line[2]) for line in lines[::2]]
    assert all(begin - end >= 0.19 for begin, end in zip(begins[1:], ends, strict=False)), (
        "not before it is due"
    )


def test_after_a_standstill_the_job_is_run_once_by_whichever_process(start, tmp_path, postgres_url):
    long_ago = datetime.now(UTC) - timedelta(days=9)
    with broadsheet.open(tmp_path / "first", encoder="none", database_url=postgres_url) as house:
        house.store.jobs.ensure({"a": long_ago})
    both = start(2, every=3600, takes=0.1)
    wait_for(lambda: len(start.lines()) == 2)
    time.sleep(2)
    finish(both)
    assert [line[0] for line in start.lines()] == ["begin", "end"]
    with broadsheet.open(tmp_path / "first", encoder="none", database_url=postgres_url) as house:
        (run,) = house.store.jobs.every()
    assert (run.result, run.failures, run.worker) == ("well", 0, "")
    assert run.due > datetime.now(UTC) + timedelta(minutes=50)


def test_a_process_that_is_killed_is_followed_by_the_other(start):
    """The run that was cut off is not taken up by the dead one's task, and the other begins when the claim lapses."""
    both = start(2, every=3600, takes=1.5)
    wait_for(lambda: len(start.lines()) == 1)
    (_, number, began) = start.lines()[0]
    os.kill(int(number), signal.SIGKILL)
    (other,) = [process for process in both if process.pid != int(number)]
    wait_for(lambda: len(start.lines()) == 3)
    finish([other])
    lines = start.lines()
    assert [line[0] for line in lines] == ["begin", "begin", "end"]
    assert lines[1][1] == lines[2][1] == str(other.pid)
    assert float(lines[1][2]) - float(began) > 1.0, "not before the claim has lapsed"


def test_the_queue_is_postgresql_and_a_task_of_a_lost_claim_does_nothing(tmp_path, postgres_url, monkeypatch):
    ran, now = [], [datetime(2026, 1, 5, 7, tzinfo=UTC)]
    job = Job("a", timedelta(hours=1), lambda house, stop: ran.append(1) or "")
    monkeypatch.setattr(runners, "jobs", lambda house: {"a": job})
    with broadsheet.open(tmp_path, encoder="none", database_url=postgres_url) as house:
        dead, other = (Runner(house, clock=lambda: now[0]) for _ in range(2))
        assert isinstance(dead._huey, PostgresHuey)
        house.store.jobs.ensure({"a": now[0]})
        assert dead.look() == ["a"]
        assert other.look() == []
        now[0] += timedelta(minutes=3)
        assert other.look() == ["a"]
        tasks = 0
        while (task := other._huey.dequeue()) is not None:
            other._huey.execute(task)
            tasks += 1
        assert (tasks, ran) == (2, [1])
        for runner in (dead, other):
            runner.stop()
