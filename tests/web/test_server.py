"""The server as a process: how fast it is there, and how it goes."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

import broadsheet
from broadsheet import web
from broadsheet.exceptions import ConfigError

RUN = """
import sys, broadsheet
from broadsheet import web
with broadsheet.open(sys.argv[1], encoder="none") as house:
    web.serve(house, port=int(sys.argv[2]), json_log=True)
"""


@pytest.fixture
def folder(tmp_path, make_record):
    with broadsheet.open(tmp_path / "house", encoder="none") as house:
        house.store.ingest([make_record(number) for number in range(1, 40)])
        house.refresh()
    return tmp_path / "house"


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def come_up(port):
    """Wait until the server at a port is ready; what it says of itself."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server did not come up")


def served_by(process):
    """The processes of a server that answer."""
    return [child for child in psutil.Process(process.pid).children() if "spawn_main" in str(child.cmdline())]


@pytest.mark.slow
def test_it_starts_serves_indexes_logs_and_stops(folder, port, make_record):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(port)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        assert come_up(port)["status"] == "ok"
        with broadsheet.open(folder, encoder="none") as other:
            other.store.ingest([make_record(50, title="A paper that another process brought in")])
        request = urllib.request.Request(f"{url}/papers/2507.00050", headers={"X-Request-ID": "watch-me"})
        assert b"another process" in urllib.request.urlopen(request).read()
        for _ in range(200):  # the worker in this process brings it into the index
            if b"/papers/2507.00050" in urllib.request.urlopen(f"{url}/papers?q=another+process").read():
                break
            time.sleep(0.1)
        else:
            pytest.fail("the index did not follow")
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("request_id") == "watch-me" and line["status"] == 200 for line in lines)
    assert not [line for line in lines if line["level"] == "error"], log
    assert process.returncode in (0, -signal.SIGTERM)


def test_the_web_is_imported_without_what_only_some_pages_need():
    code = (
        "import sys, broadsheet.web.app; "
        "print([m for m in ('feedgen', 'latex2mathml', 'uvicorn', 'onnxruntime', 'torch') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_several_processes_answer_and_one_that_dies_is_followed_by_another(folder, port):
    process = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "serve", "--workers", "2", "--port", str(port), "--json-log"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "BROADSHEET_DATA_DIR": str(folder), "BROADSHEET_ENCODER": "none"},
    )

    def ask(path, method="GET", **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()

    try:
        come_up(port)
        served = served_by(process)
        assert len(served) == 2
        page = ask("/papers/2507.00001")
        with contextlib.suppress(urllib.error.HTTPError):
            ask("/reset/a-secret-of-a-link")
        token = re.search(r'name="csrf" (?:content|value)="(\w+)"', page)[1]  # good in either process
        for _ in range(12):
            ask("/api/marks/vote?paper=2507.00001", "PUT", **{"X-CSRF-Token": token})
            assert json.loads(ask("/api/marks?paper=2507.00001"))["votes"] == 1
            ask("/api/marks/vote?paper=2507.00001", "DELETE", **{"X-CSRF-Token": token})
            assert 'value="vote"' in ask("/papers/2507.00001")
        served[0].kill()
        served[0].wait(10)
        come_up(port)
        for _ in range(400):
            if len(served_by(process)) == 2:
                break
            time.sleep(0.05)
        else:
            pytest.fail("no process took the place of the one that died")
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "a-secret-of-a-link" not in log
    assert "/reset/" in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_processes_whose_server_is_killed_end_as_well(folder, port):
    """They would answer beside the next server at the same address, with what they knew."""
    server = subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "serve", "--workers", "2", "--port", str(port)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "BROADSHEET_DATA_DIR": str(folder), "BROADSHEET_ENCODER": "none"},
    )
    served: list[psutil.Process] = []
    try:
        come_up(port)
        served = psutil.Process(server.pid).children(recursive=True)
        server.kill()
        server.wait(10)
        _, alive = psutil.wait_procs(served, timeout=20)
        assert served
        assert not alive
    finally:
        server.kill()
        for process in served:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def test_what_is_restored_is_served_by_every_process_without_a_restart(folder, port, tmp_path, make_record):
    """Another house's backup: other papers, another secret, other people, fewer jobs known."""
    with broadsheet.open(tmp_path / "other", encoder="none") as other:
        other.store.ingest([make_record(number, title=f"Weirs, part {number}") for number in (3, 70)])
        other.community.vote(other.people.owner(), "2507.00070")
        other.backup(tmp_path / "other.backup")
    with broadsheet.open(folder, encoder="none") as here:
        assert here.people.key("csrf") != other.people.key("csrf")
        here.community.vote(here.people.owner(), "2507.00003")
    environment = {**os.environ, "BROADSHEET_DATA_DIR": str(folder), "BROADSHEET_ENCODER": "none"}
    served = [sys.executable, "-m", "broadsheet", "serve"]
    served += ["--workers", "2", "--port", str(port), "--json-log"]
    process = subprocess.Popen(served, stderr=subprocess.PIPE, text=True, env=environment)

    def ask(path, method="GET", **headers):
        """Each time on a connection of its own, so that now the one process answers and now the other."""
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def token_of(page):
        return re.search(r'name="csrf" (?:content|value)="(\w+)"', page)[1]

    def vote(token, key):
        return ask(f"/api/marks/vote?paper={key}", "PUT", **{"X-CSRF-Token": token})[0]

    try:
        for _ in range(600):
            processes = served_by(process)
            if len(processes) == 2 and all(c.net_connections("tcp") for c in processes):
                break
            time.sleep(0.05)
        token = token_of(ask("/papers/2507.00003")[1])
        for _ in range(12):  # both have everything at hand that they keep
            assert vote(token, "2507.00003") == 200
            assert (
                ask("/papers/trending")[0] == ask("/papers?q=looms")[0] == ask("/papers/2507.00004")[0] == 200
            )
        restore = [sys.executable, "-m", "broadsheet", "restore", str(tmp_path / "other.backup"), "--force"]
        subprocess.run(restore, env=environment, check=True, capture_output=True)
        time.sleep(1.5)
        for _ in range(12):
            status, page = ask("/papers/2507.00003")
            assert (status, "Weirs, part 3" in page) == (200, True)
            assert ask("/papers/2507.00004")[0] == 404
            assert 'value="unvote"' in ask("/papers/2507.00070")[1]
            trending = json.loads(ask("/api/trending")[1])
            assert {found["paper"]["id"] for found in trending["papers"]} == {"2507.00003", "2507.00070"}
            assert vote(token, "2507.00003") == 403, "the old house's form"
            assert vote(token_of(page), "2507.00003") == 200
        for _ in range(200):
            if all("Weirs, part 70" in ask("/papers?q=weirs")[1] for _ in range(6)):
                break
            time.sleep(0.1)
        else:
            pytest.fail("words do not follow")
        with broadsheet.open(folder, encoder="none") as here:
            assert {"digests", "mail", "sweep"} <= {run.name for run in here.store.jobs.every()}
            assert here.store.verify() == []
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert "Traceback" not in log
    assert process.returncode == 0


def test_a_head_that_does_not_end_is_cut_off(folder, port):
    """The parser keeps what it has of a head; it does not keep all that somebody sends."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(port)], stderr=subprocess.DEVNULL)

    def send(*parts):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            try:
                for part in parts:
                    line.sendall(part)
                return line.recv(4096).partition(b"\r\n")[0]
            except ConnectionError:
                return b"hung up"

    begin = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    try:
        come_up(port)
        long = b"X-Long: " + b"a" * (200 << 10) + b"\r\n"
        assert send(begin, long, b"\r\n") == b"HTTP/1.1 200 OK"
        assert send(begin, long, long, b"X-More: ") in (b"HTTP/1.1 400 Bad Request", b"hung up")
        assert send(begin, *[b"X-%d: a\r\n" % n for n in range(40_000)]) in (
            b"HTTP/1.1 400 Bad Request",
            b"hung up",
        )
        assert send(begin + b"Content-Length: nine\r\n\r\n") == b"HTTP/1.1 400 Bad Request"
        assert send(begin + b"\r\n") == b"HTTP/1.1 200 OK"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_house_in_memory_is_served_by_one_process():
    with (
        broadsheet.open(":memory:", encoder="none", workers=2) as house,
        pytest.raises(ConfigError, match="in memory is served by one process"),
    ):
        web.serve(house, port=0)


def test_a_kept_page_is_served_in_no_time(client):
    client.get("/papers/month/2025-07")
    took = []
    for _ in range(60):
        started = time.perf_counter()
        assert client.get("/papers/month/2025-07").status_code == 200
        took.append(time.perf_counter() - started)
    # The promise is 30 ms on a quiet machine; a busy one may take a few times that.
    assert sorted(took)[len(took) // 2] < 0.1
