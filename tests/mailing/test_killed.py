"""Whatever is killed when: nobody gets an edition twice, and nobody goes without but in one instant."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

import broadsheet
from broadsheet.mailing import relay, sending
from broadsheet.subscriptions import State, Wish

pytestmark = pytest.mark.slow

EVENING = datetime(2025, 7, 28, 20, tzinfo=UTC)
MORNING = datetime(2025, 7, 29, 7, 0, 1, tzinfo=UTC)

SEND = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
import broadsheet
from broadsheet.mailing import relay, sending

folder, port, lapsed, where, number = sys.argv[1:]
sending.BATCH = 40
step = 0

def die(place):
    global step
    if place == where:
        step += 1
        if step == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

def before(cls, name, place):
    real = getattr(cls, name)
    def wrapped(*args, **given):
        die(f"before {place}")
        answer = real(*args, **given)
        die(f"behind {place}")
        return answer
    setattr(cls, name, wrapped)

before(relay.Relay, "begin", "the body")
before(sending.Sender, "_settle", "the note")
before(relay.Relay, "end", "the dot")
print("ready", flush=True)
now = datetime(2025, 7, 29, 7, 0, 1, tzinfo=UTC) + timedelta(hours=int(lapsed))
given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_connections": 3}
with broadsheet.open(folder, encoder="none", base_url="https://papers.example.org", **given) as house:
    house.mail.compose(clock=lambda: now)
    print(house.mail.send(clock=lambda: now), flush=True)
print("end", flush=True)
"""


def start(house, sink, run, where="", number=0):
    folder = str(house.settings.data_dir)
    words = [folder, str(sink.port), str(run), where, str(number)]
    process = subprocess.Popen([sys.executable, "-c", SEND, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def everybody(house, papers, subscribe, number):
    papers(range(1, 6))
    names = [f"a{n}@example.org" for n in range(number)]
    for name in names:
        subscribe(name, EVENING, Wish(length=3))
    return set(names)


@pytest.mark.parametrize(
    ("where", "number", "lost"),
    [
        ("before the body", 2, 0),
        ("behind the body", 2, 0),
        ("before the note", 3, 0),
        ("behind the note", 3, 3),  # the instant between the note and the dot: at most one a connection
        ("before the dot", 2, 3),
        ("behind the dot", 2, 0),
    ],
)
def test_killed_at_every_step(house, sink, papers, subscribe, where, number, lost):
    names = everybody(house, papers, subscribe, 12)
    killed = start(house, sink, 0, where, number)
    killed.communicate(timeout=30)
    assert killed.returncode == -signal.SIGKILL
    assert start(house, sink, 1).communicate(timeout=30)[0].endswith("end\n")
    got = sink.recipients()
    assert set(got.values()) == {1}, "nobody got it twice"
    assert set(got) <= names
    assert len(names - set(got)) == lost
    later = lambda: MORNING + timedelta(hours=2)  # noqa: E731
    unknown = house.store.mailing.deliveries(state=State.HANDED)
    assert names - set(got) <= {each.recipient for each in unknown}, "who may have lost it is named"
    assert len(unknown) <= 3
    # On somebody's word those go again, and only those.
    for each in unknown:
        if each.recipient not in got:
            house.mail.again(each.id, clock=later)
    house.mail.send(clock=later)
    assert sink.recipients() == dict.fromkeys(names, 1)


def test_killed_again_and_again_in_the_middle(house, sink, papers, subscribe):
    chance = random.Random(5)
    names = everybody(house, papers, subscribe, 150)
    kills = 0
    for run in range(60):
        process = start(house, sink, run)
        upto = len(sink.taken) + chance.randrange(5, 60)
        while len(sink.taken) < upto and process.poll() is None:
            time.sleep(chance.uniform(0, 0.004))
        process.send_signal(signal.SIGKILL)
        if process.communicate()[0].endswith("end\n"):
            break
        kills += 1
    assert kills > 1
    got = sink.recipients()
    assert set(got.values()) == {1}
    unknown = {each.recipient for each in house.store.mailing.deliveries(state=State.HANDED, limit=500)}
    assert names - set(got) <= unknown
    assert len(unknown) <= 3 * kills
    ids = [mail["Message-ID"] for mail in sink.mails()]
    assert len(set(ids)) == len(ids)


def test_two_senders_at_once_share_the_work(house, sink, papers, subscribe):
    names = everybody(house, papers, subscribe, 80)
    both = [start(house, sink, 0) for _ in range(2)]
    for process in both:
        assert process.communicate(timeout=60)[0].endswith("end\n")
    assert sink.recipients() == dict.fromkeys(names, 1)


def test_a_sender_whose_claim_has_lapsed_gives_nothing_away(house, sink, papers, subscribe, monkeypatch):
    everybody(house, papers, subscribe, 6)
    store = house.store.mailing
    house.mail.compose(clock=lambda: MORNING)
    real = relay.Relay.begin

    def slow(self, parcels):
        real(self, parcels)
        monkeypatch.setattr(relay.Relay, "begin", real)
        # While it hangs its claim lapses, and another sender does it all.
        later = MORNING + sending.LEASE * 2
        assert house.mail.send(clock=lambda: later).done == 6

    monkeypatch.setattr(relay.Relay, "begin", slow)
    assert house.mail.send(clock=lambda: MORNING).done == 0
    assert set(sink.recipients().values()) == {1}
    assert store.counts()[1] == {"done": 6}


def test_a_connection_that_breaks_before_the_answer_is_not_asked_again(house, sink):
    sink.hang_up = {"ada@example.org"}
    number = house.mail.send_plain("ada@example.org", "subject", "text")
    house.mail.send_plain("bob@example.org", "subject", "text")
    assert str(house.mail.send()) == "1 sent, 1 without receipt"
    kept = house.store.mailing.delivery(number)
    assert kept.state is State.HANDED
    assert "broke" in kept.error
    sink.hang_up = set()
    assert house.mail.send().done == 0
    house.mail.again(number)
    assert house.mail.send().done == 1


def test_a_digest_is_not_resent_from_a_restored_backup(house, sink, papers, subscribe, tmp_path):
    everybody(house, papers, subscribe, 3)
    house.mail.compose(clock=lambda: MORNING)
    house.backup(tmp_path / "copy.backup")
    assert house.mail.send(clock=lambda: MORNING).done == 3
    with broadsheet.open(tmp_path / "other", encoder="none") as other:
        url = other.settings.store_url
    type(house.store).restore(tmp_path / "copy.backup", url, overwrite=True)
    given = {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": "none"}
    with broadsheet.open(tmp_path / "other", encoder="none", **given) as other:
        other.mail.compose(clock=lambda: MORNING)
        assert other.mail.send(clock=lambda: MORNING).done == 0
    assert set(sink.recipients().values()) == {1}
