"""Digests, bounces and jobs from the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import broadsheet
from broadsheet.subscriptions import Channel, Wish

BOUNCE = b"""\
From: MAILER-DAEMON@mx.example.org
Content-Type: multipart/report; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx

Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1

--B--
"""


@pytest.fixture
def subscribed(filled, data):
    """Somebody who has subscribed; the digest is due."""
    with broadsheet.open(data, encoder="none") as house:
        before = datetime.now(UTC) - timedelta(days=2)
        asked, _ = house.mail.store.ask(Channel.MAIL, "ada@example.org", None, Wish(), before)
        house.mail.store.activate(asked.id, before + timedelta(days=1))
    return asked


def test_preview(filled, tmp_path):
    told = filled("digest", "preview", "--length", "3", "--html", tmp_path / "digest.html").stdout
    assert told.startswith("Subject: Paper boats in channel number ")
    assert "3. Paper boats" in told
    assert "4. Paper boats" not in told
    assert "Paper boats" in (tmp_path / "digest.html").read_text(encoding="utf-8")
    found = filled("digest", "preview", "--kind", "query", "--of", "lanterns", "--json").data
    assert found["title"] == "“lanterns”"
    assert len(found["entries"]) == 10


def test_without_papers_there_is_nothing_to_tell(run):
    result = run("digest", "preview")
    assert (result.stdout, result.stderr) == ("", "there is nothing to tell\n")


def test_a_dry_run_changes_nothing(filled, subscribed, monkeypatch):
    monkeypatch.setenv("BROADSHEET_SMTP_HOST", "127.0.0.1")
    for _ in range(2):
        (line,) = filled("digest", "send", "--dry-run").stdout.splitlines()
        assert line.split("\t")[0] == "ada@example.org"
        assert line.endswith("\tdue")
    assert filled("digest", "status", "--json").data["deliveries"] == {}


def test_without_a_server_it_says_so_and_loses_nothing(filled, subscribed):
    result = filled("digest", "send")
    assert "no mail server is set" in result.stderr
    assert "0 queued, 1 with nothing new" in result.stderr
    told = filled("digest", "status", "--json").data
    assert told["ready"] is False
    assert told["subscriptions"] == {"active": 1}


def test_bounces(run, subscribed, tmp_path):
    (tmp_path / "bounce").write_bytes(BOUNCE)
    result = run("digest", "bounces", tmp_path / "bounce")
    assert result.stdout == "ada@example.org\thard\tstopped\t5.1.1\n"
    assert run("digest", "address").stdout.startswith("ada@example.org\t")
    run("digest", "address", "ada@example.org", "--lift")
    assert run("digest", "address").stdout == ""
    run("digest", "address", "ada@example.org", "--lift", code=3)
    run("digest", "bounces", "-", stdin=b"hello", code=1)
    assert run("digest", "bounces", "-", "--json", stdin=BOUNCE).data[0]["outcome"] == "stopped"


def test_a_delivery_that_is_not_there(run):
    assert "no such delivery" in run("digest", "again", "5f2e", code=3).stderr


def test_jobs_that_nobody_has_run(run):
    listed = run("jobs", "--json").data
    assert [job["name"] for job in listed] == ["digests", "mail", "for you", "sweep"]
    assert not any(job["stale"] or job["last_success"] for job in listed)


def test_a_job_that_has_gone_stale_is_loud(run, data):
    long_ago = datetime.now(UTC) - timedelta(days=3)
    with broadsheet.open(data, encoder="none") as house:
        house.store.jobs.ensure({"mail": long_ago})
        assert house.store.jobs.claim("mail", "w", long_ago)
        house.store.jobs.finish("mail", "w", long_ago, long_ago, seconds=1.0, result="well")
    result = run("jobs", code=1)
    assert "STALE" in result.stdout
    assert "3 days ago" in result.stdout


def test_a_worker_of_its_own(process, data):
    import signal
    import time

    child = process("work")
    end = time.monotonic() + 30
    while time.monotonic() < end:
        time.sleep(0.2)
        if not (data / "broadsheet.db").exists():
            continue
        with broadsheet.open(data, encoder="none") as house:
            runs = {run.name: run for run in house.store.jobs.every()}
        if runs and all(run.success for run in runs.values()) and "words" in runs:
            break
    else:
        raise AssertionError(f"not all ran: {runs}")
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 0
    assert {"digests", "mail", "sweep", "vectors", "words"} <= set(runs)
