from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broadsheet.cli import app, printing

ENCODERLESS = {"BROADSHEET_ENCODER": "none", "NO_COLOR": "1", "TERM": "dumb"}


def snapshot_line(number: int, *, day: int = 1, title: str = "", categories: str = "cs.IR cs.CL") -> str:
    """A line of arXiv's metadata snapshot, invented."""
    record = {
        "id": f"2401.{number:05}",
        "submitter": "A. Invented",
        "authors": "Ada Invented and Ben Madeup",
        "title": title or f"Paper boats in channel number {number}: how they fold and where they float",
        "comments": "4 pages",
        "journal-ref": None,
        "doi": None,
        "report-no": None,
        "categories": categories,
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "abstract": f"  We fold {number} boats.\nThey float. Lanterns are lit at dusk.\n",
        "versions": [{"version": "v1", "created": f"Mon, {day} Jan 2024 10:00:00 GMT"}],
        "update_date": "2024-01-31",
        "authors_parsed": [["Invented", "Ada", ""], ["Madeup", "Ben", ""]],
    }
    return json.dumps(record)


@pytest.fixture
def snapshot(tmp_path):
    """Writes a snapshot of so many invented papers; every tenth paper begins another day."""

    def write(papers: int, name: str = "snapshot.jsonl", first: int = 1) -> Path:
        path = tmp_path / name
        numbers = range(first, first + papers)
        lines = (snapshot_line(n, day=1 + (n // 10) % 28) for n in numbers)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def data(tmp_path, monkeypatch):
    """The data folder that the commands of a test work on."""
    for name, value in ENCODERLESS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def run(data):
    """Runs a command in this process: result with .exit_code, .stdout, .stderr, and .data for --json."""

    def invoke(*args: object, stdin: bytes | None = None, code: int = 0):
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
        assert result.exit_code == code, (result.exit_code, result.output, result.exception)
        if "--json" in args and result.stdout.startswith("{"):
            envelope = json.loads(result.stdout)
            assert envelope["schema_version"] == 1
            result.data = envelope["data"]
        return result

    return invoke


@pytest.fixture
def filled(run, snapshot):
    """The same runner, in a house with 25 papers of three days."""
    run("import", snapshot(25))
    return run


@pytest.fixture
def at_terminal(monkeypatch):
    """Prints as for a person."""
    monkeypatch.setattr(printing, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "90")


@pytest.fixture
def process(data):
    """Starts a command in a process of its own, as a shell does."""
    started = []
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Who runs the tests in the background ignores Ctrl-C, and children would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*args: object, **options) -> subprocess.Popen:
        command = [sys.executable, "-m", "broadsheet", *map(str, args)]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        child = subprocess.Popen(command, env=dict(os.environ), text=True, **{**pipes, **options})
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()
