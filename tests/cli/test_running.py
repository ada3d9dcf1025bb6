from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

import broadsheet


def test_help_is_there_without_a_house(run, data):
    done = run("--help")
    for command in ("import", "search", "edition", "backup", "serve", "works"):
        assert command in done.stdout
    assert "Exit codes: 0 done" in done.stdout
    assert not data.exists()


def test_help_is_there_at_once():
    quickest = min(seconds_of([sys.executable, "-m", "broadsheet", "--help"]) for _ in range(3))
    printer = min(seconds_of([sys.executable, "-c", "import typer.rich_utils"]) for _ in range(3))
    # Half a second; a slower machine is measured by what prints the help.
    assert quickest < max(0.5, 2.5 * printer)


def seconds_of(command):
    """Of the processor's time: that of the clock is also other tests'."""
    before = os.times()
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def test_version(run):
    assert run("version").stdout == f"broadsheet {broadsheet.__version__}\n"


@pytest.mark.parametrize("words", [["frobnicate"], ["import"], ["search", "--no-such-option"], ["show"]])
def test_what_is_not_understood_is_2(run, words):
    assert run(*words, code=2).stdout == ""


def test_config_prints_what_is_in_effect(run, data, monkeypatch):
    monkeypatch.setenv("BROADSHEET_TITLE", "The Morning Boat")
    settings = run("config", "--json").data
    assert settings["BROADSHEET_TITLE"] == "The Morning Boat"
    assert settings["BROADSHEET_DATA_DIR"] == str(data)
    assert settings["BROADSHEET_PORT"] == 8000
    assert "BROADSHEET_TITLE\tThe Morning Boat\n" in run("config").stdout


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://ada:sec:r@t@db/papers", "postgresql+psycopg://ada:***@db/papers"),
        ("postgresql://db/papers?user=ada&password=secret", "postgresql://db/papers?user=ada&password=***"),
        ("sqlite:////data/papers.db", "sqlite:////data/papers.db"),
    ],
)
def test_config_tells_no_password(run, monkeypatch, tmp_path, url, shown):
    secret = tmp_path / "url"
    secret.write_text(url + "\n")
    monkeypatch.setenv("BROADSHEET_DATABASE_URL_FILE", str(secret))
    assert run("config", "--json").data["BROADSHEET_DATABASE_URL"] == shown


def test_a_setting_that_cannot_be_used_is_2(run, monkeypatch):
    monkeypatch.setenv("BROADSHEET_TIMEZONE", "Mars/Olympus")
    failed = run("archive", code=2)
    assert failed.stderr.startswith("broadsheet: BROADSHEET_TIMEZONE: ")
    assert failed.stderr.count("\n") == 1


def test_another_data_folder(filled, tmp_path):
    assert filled("--data-dir", tmp_path / "other", "archive").stdout == ""
    assert (tmp_path / "other").is_dir()
    assert filled("archive").stdout


def test_doctor_finds_a_healthy_house_healthy(filled):
    findings = filled("doctor", "--json").data
    assert {finding["level"] for finding in findings} == {"ok"}
    assert {"store", "words", "encoder", "disk", "sources"} <= {finding["what"] for finding in findings}
    assert "25 papers" in filled("doctor").stdout


def test_doctor_tells_of_a_store_that_does_not_open(filled, data):
    (data / "broadsheet.db").write_bytes(b"this is not a database, it is a poem" * 100)
    for path in data.glob("broadsheet.db-*"):
        path.unlink()
    findings = filled("doctor", "--json", code=1).data
    (problem,) = [finding for finding in findings if finding["level"] == "problem"]
    assert problem["what"] == "store"
    assert "restore" in problem["advice"]
    assert "problem" in filled("doctor", code=1).stdout


def test_a_store_that_does_not_open_is_told_in_a_line(filled, data):
    (data / "broadsheet.db").write_bytes(b"this is not a database, it is a poem" * 100)
    for path in data.glob("broadsheet.db-*"):
        path.unlink()
    failed = filled("archive", code=1)
    assert failed.stderr.startswith("broadsheet: ")
    assert failed.stderr.count("\n") == 1


def test_a_folder_that_may_not_be_written_can_be_read(filled, monkeypatch, data):
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    assert len(filled("edition", "2024-01").stdout.splitlines()) == 25
    assert "2401.00017" in filled("search", "channel", "17").stdout
    assert "boats" in filled("show", "2401.00017").stdout
    assert filled("export").stdout
    assert filled("doctor", "--json", code=1).data
    after = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if p.suffix in (".db", "")} == {
        p: t for p, t in before.items() if p.suffix in (".db", "")
    }


def test_exit_codes_of_a_process(filled, process):
    started = {3: process("show", "2499.00001"), 2: process("frobnicate"), 4: process("import", "absent.txt")}
    assert {code: child.wait(60) for code, child in started.items()} == {code: code for code in started}


def test_a_reader_that_goes_away_is_no_trouble(filled, process):
    child = process("export", "--format", "jsonl", stdout=subprocess.PIPE)
    child.stdout.read(1)
    child.stdout.close()
    child.wait(60)
    complaint = child.stderr.read()
    assert complaint == ""
    assert child.returncode in (0, 141)


def test_ctrl_c_is_quiet(process, data):
    child = process("import", "-", stdin=subprocess.PIPE)
    while not (data / "broadsheet.db").exists() and child.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, complaint = child.communicate(timeout=60)
    assert child.returncode == 130
    assert complaint.strip() == ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port, path):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def test_serve_serves_what_is_imported_while_it_runs(filled, process, snapshot):
    port = free_port()
    child = process("serve", "--port", port, "--json-log", stderr=subprocess.DEVNULL)
    wait_until(lambda: "ok" in fetch(port, "/healthz"), child)
    assert "2401.00025" in fetch(port, "/papers/date/2024-01-03")

    late = process("import", snapshot(1, "late.jsonl", first=777))
    assert late.wait(60) == 0
    wait_until(lambda: "2401.00777" in fetch(port, "/papers?q=channel+777"), child)
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 0


def wait_until(what, child, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            if what():
                return
        except OSError:
            pass
        assert child.poll() is None, "the server ended"
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def test_a_port_that_is_taken_is_told(filled, process):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        child = process("serve", "--port", taken.getsockname()[1])
        _, said = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "already in use" in said
    assert "--port" in said
    assert "Traceback" not in said


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal")
def test_a_real_terminal_gets_colour_unless_it_wants_none(filled, process, monkeypatch):
    import pty

    def shown(**variables):
        for name in ("NO_COLOR", "TERM", "COLUMNS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        ours, theirs = pty.openpty()
        child = process("edition", stdout=theirs, stderr=theirs)
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:  # the other side is closed
            pass
        os.close(ours)
        child.wait(60)
        return text.decode()

    coloured = shown(TERM="xterm-256color", COLUMNS="60")
    assert "\x1b[1m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert max(map(len, plain.replace("\r", "").splitlines())) <= 60
    assert "\x1b[3" not in shown(TERM="xterm-256color", COLUMNS="60", NO_COLOR="1")
