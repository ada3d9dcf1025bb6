from __future__ import annotations

import gzip
import http.server
import json
import signal
import sqlite3
import threading
import time

import pytest

from broadsheet import harvesting, intake
from broadsheet.exceptions import FetchError
from broadsheet.papers import Rejection

BROKEN = '{"id": "2401.99999", "title": '


def counts(report):
    return {kind: report[kind] for kind in ("imported", "updated", "unchanged", "merged", "rejected")}


def test_import_tells_what_became_of_every_paper(run, snapshot):
    done = run("import", snapshot(25))
    assert "arxiv-snapshot" in done.stdout
    assert "25" in done.stdout
    assert "rejected" in done.stdout


def test_a_second_import_changes_nothing(run, snapshot, data):
    file = snapshot(25)
    first = run("import", file, "--json").data
    assert counts(first) == {"imported": 25, "updated": 0, "unchanged": 0, "merged": 0, "rejected": 0}
    before = run("edition", "2024-01", "--json").data
    second = run("import", file, "--json").data
    assert counts(second) == {"imported": 0, "updated": 0, "unchanged": 25, "merged": 0, "rejected": 0}
    assert run("edition", "2024-01", "--json").data == before


def test_what_was_imported_is_found_at_once(run, snapshot):
    run("import", snapshot(25))
    assert "2401.00017" in run("search", "channel", "17").stdout


def test_standard_input_is_a_file(run, snapshot):
    content = snapshot(3).read_bytes()
    report = run("import", "-", "--json", stdin=gzip.compress(content)).data
    assert counts(report)["imported"] == 3
    assert [file["path"] for file in report["files"]] == ["-"]


def test_a_folder_stands_for_its_files(run, snapshot, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    snapshot(3).rename(folder / "a.jsonl")
    snapshot(2, first=50).rename(folder / "b.txt")
    report = run("import", folder, "--json").data
    assert report["imported"] == 5
    assert "together" in run("import", folder).stdout


def test_a_bad_record_is_rejected_with_its_place_and_the_rest_is_in(run, snapshot):
    file = snapshot(3)
    file.write_text(f"{file.read_text()}{BROKEN}\n", encoding="utf-8")
    report = run("import", file, "--json", code=4).data
    assert counts(report) == {"imported": 3, "updated": 0, "unchanged": 0, "merged": 0, "rejected": 1}
    (rejection,) = report["files"][0]["rejected"]
    assert "4" in rejection["place"]
    assert rejection["reason"]
    shown = run("import", file, code=4)
    assert rejection["place"] in shown.stderr
    assert rejection["reason"] in shown.stderr


def test_only_the_first_rejections_are_printed(run, snapshot):
    file = snapshot(1)
    file.write_text(file.read_text() + f"{BROKEN}\n" * 30, encoding="utf-8")
    shown = run("import", file, code=4)
    assert "... and 10 more rejected; --json lists them all" in shown.stderr
    assert len(run("import", file, "--json", code=4).data["files"][0]["rejected"]) == 30


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"%PDF-1.7 of something else\n"])
def test_a_file_nobody_knows_does_not_stop_the_others(run, snapshot, tmp_path, content):
    strange = tmp_path / "strange.bin"
    strange.write_bytes(content)
    report = run("import", strange, tmp_path / "absent.txt", snapshot(2), "--json", code=4).data
    assert report["imported"] == 2
    failures = [file["failure"] for file in report["files"]]
    assert failures[0]
    assert "No such file" in failures[1]
    assert failures[2] is None
    assert str(strange) in run("import", strange, code=4).stderr


def test_a_year_is_a_year(run, snapshot):
    assert "--year" in run("import", snapshot(1), "--year", "soon", code=2).stderr


def test_a_read_only_store_is_told_in_one_line(run, snapshot, data, monkeypatch):
    run("import", snapshot(1))
    opened = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **given: opened(str(path).replace("mode=rwc", "mode=ro"), **given)
    )
    failed = run("import", snapshot(1, first=7), code=1)
    assert failed.stderr.count("\n") == 1
    assert "written" in failed.stderr


def test_pull_reports_as_import_does(run, monkeypatch):
    def pull(store, settings, source, query, *, progress, **options):
        report = intake.FileReport(f"{source} {' '.join(query)}", format="arxiv-feed")
        report.counts["imported"] = 7
        progress(report, "announced on Monday")
        progress(report, "")
        report.warnings.append("three days are missing")
        progress(report, "three days are missing")
        return report

    monkeypatch.setattr(harvesting, "pull", pull)
    done = run("pull", "arxiv", "cs.LG", "cs.CL")
    assert "arxiv cs.LG cs.CL" in done.stdout
    assert "announced on Monday\nWARNING: three days are missing\n" in done.stderr
    assert run("pull", "arxiv", "cs.LG", "--json").data["imported"] == 7


def test_pull_tells_what_could_not_be_read(run, monkeypatch):
    def pull(store, settings, source, query, *, progress, **options):
        report = intake.FileReport("feed", rejections=[Rejection("entry 3", "has no title")])
        report.failure = "truncated"
        return report

    monkeypatch.setattr(harvesting, "pull", pull)
    failed = run("pull", "feed", "https://example.org/feed", code=4)
    assert "entry 3: has no title" in failed.stderr
    assert "truncated" in failed.stderr


def test_pull_knows_its_sources(run):
    failed = run("pull", "newspapers", code=2)
    assert "newspapers" in failed.stderr
    assert "openreview" in failed.stderr


def test_pull_without_an_answer_has_failed(run, monkeypatch):
    def pull(*args, **options):
        raise FetchError("no answer from example.org")

    monkeypatch.setattr(harvesting, "pull", pull)
    assert run("pull", "feed", "https://example.org/feed", code=1).stderr == (
        "broadsheet: no answer from example.org\n"
    )


def contents(folder):
    """Every paper and what is known of it, without the moments at which it came."""
    with sqlite3.connect(folder / "broadsheet.db") as connection:
        works = connection.execute("SELECT key FROM works ORDER BY key").fetchall()
        said = connection.execute("SELECT source, key, raw_hash FROM manifestations ORDER BY 1, 2").fetchall()
    connection.close()
    return works, said


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_and_loses_nothing(
    process, run, snapshot, data, tmp_path, monkeypatch
):
    file = snapshot(6000)
    killed_at = []
    for seconds in (0.0, 0.3, 0.6):
        child = process("import", file)
        killed_at.append(wait_for_rows(data, child, more_than=held(data), then=seconds))
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert any(0 < rows < 6000 for rows in killed_at), "the import was never killed in the middle"
    resumed = run("import", file, "--json").data
    assert counts(resumed)["imported"] < 6000
    assert held(data) == 6000
    again = run("import", file, "--json").data
    assert counts(again) == {"imported": 0, "updated": 0, "unchanged": 6000, "merged": 0, "rejected": 0}

    in_pieces = contents(data)
    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path / "other"))
    run("import", file)
    assert contents(tmp_path / "other") == in_pieces


def held(folder) -> int:
    try:
        with sqlite3.connect(f"file:{folder / 'broadsheet.db'}?mode=ro", uri=True, timeout=5) as connection:
            return connection.execute("SELECT count(*) FROM manifestations").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        if "connection" in locals():
            connection.close()


def wait_for_rows(folder, child, *, more_than: int, then: float) -> int:
    """Wait until the child has stored something, and a moment more; returns how much there is."""
    end = time.monotonic() + 60
    while held(folder) <= more_than and child.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(then)
    return held(folder)


def test_two_imports_at_once_take_turns(process, run, snapshot, data):
    file = snapshot(1500)
    children = [process("import", file, "--json") for _ in range(2)]
    reports = [json.loads(child.communicate(timeout=300)[0])["data"] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert sum(report["imported"] for report in reports) == 1500
    assert held(data) == 1500
    assert counts(run("import", file, "--json").data)["unchanged"] == 1500


FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Journal of Invented Kites</title><link>https://kites.example/</link><description>Kites</description>
<item><title>Kites that fly backwards over still water</title><link>https://kites.example/1</link>
<guid>https://kites.example/1</guid><dc:creator>Ada Invented</dc:creator>
<pubDate>Tue, 02 Jan 2024 08:00:00 GMT</pubDate><description>We let them go. They came back.</description></item>
<item><title>On the tails of very long kites</title><link>https://kites.example/2</link>
<guid>https://kites.example/2</guid><dc:creator>Ben Madeup</dc:creator>
<pubDate>Wed, 03 Jan 2024 08:00:00 GMT</pubDate><description>Longer than expected.</description></item>
</channel></rss>
"""


@pytest.fixture
def feed_server():
    """A feed on this machine, with an ETag; counts how often it was read."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            known = self.headers.get("If-None-Match") == '"kites"'
            self.server.answers.append(304 if known else 200)
            body = b"" if known else FEED.encode()
            self.send_response(304 if known else 200)
            self.send_header("ETag", '"kites"')
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_source_is_forgotten_and_its_papers_stay(run, feed_server, monkeypatch):
    address = f"127.0.0.1:{feed_server.server_address[1]}"
    refused, wanted = "http://10.0.0.1/feed?of=kites&by=day", f"http://{address}/feed"
    run("pull", "feed", refused, code=1)
    monkeypatch.setenv("BROADSHEET_ALLOW_HOSTS", json.dumps([address]))
    run("pull", "feed", wanted)
    advice = [f["advice"] for f in run("doctor", "--json").data if "STALE" in f["detail"]]
    assert [f"broadsheet pull --forget feed '{refused}'" in each for each in advice] == [True]
    assert run("pull", "--forget", "feed", refused).stderr == (
        f"feed {refused}: forgotten; the papers it brought stay\n"
    )
    assert not [f for f in run("doctor", "--json").data if "STALE" in f["detail"]]
    assert "nothing is remembered" in run("pull", "--forget", "feed", refused, code=3).stderr
    assert "nothing is remembered" in run("pull", "feed", "--forget", code=3).stderr
    asked = len(feed_server.answers)
    assert run("pull", "feed", wanted, "--forget", "--json").data == {"forgotten": f"feed {wanted}"}
    assert len(feed_server.answers) == asked
    assert "backwards" in run("search", "still", "water").stdout
    report = run("pull", "feed", wanted, "--json").data
    assert (report["imported"], report["unchanged"]) == (0, 2)


def test_a_feed_is_pulled_once_and_asked_politely_again(run, feed_server, monkeypatch):
    address = f"127.0.0.1:{feed_server.server_address[1]}"
    refused = run("pull", "feed", f"http://{address}/feed", code=1)
    assert refused.stderr.count("\n") == 1
    assert feed_server.answers == []

    monkeypatch.setenv("BROADSHEET_ALLOW_HOSTS", json.dumps([address]))
    assert run("pull", "feed", f"http://{address}/feed", "--json").data["imported"] == 2
    assert "backwards" in run("search", "still", "water").stdout
    assert run("pull", "feed", f"http://{address}/feed", "--json").data["imported"] == 0
    assert 304 in feed_server.answers
    sources = [f for f in run("doctor", "--json").data if f["what"] == "sources"]
    assert sources[0]["level"] == "ok"
