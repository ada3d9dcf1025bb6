"""What a new user does on a clean machine, from the first start to the last mail, in real browsers.

The house runs as `broadsheet serve` in a process of its own, with a mail server that keeps what it is given.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

import broadsheet
from broadsheet.papers import Author, Identifier, Listing, Record
from broadsheet.subscriptions import Wish

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOOD = "nine green bottles"
HERE = Path(__file__).parent


class Sink:
    """A mail server that takes everything and keeps it."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((envelope.rcpt_tos[0], mail))
        return "250 kept"

    def to(self, address):
        return [mail for recipient, mail in self.taken if recipient == address]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what, *, seconds=40):
    for _ in range(seconds * 10):
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it never came")


@pytest.fixture
def sink():
    kept = Sink()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    kept.port = controller.port
    yield kept
    controller.stop()


@pytest.fixture
def given(sink):
    """The settings of the house: what somebody who keeps one would put into its environment."""
    port = free_port()
    return {
        "encoder": "none",
        "readers": "many",
        "port": port,
        "base_url": f"http://localhost:{port}",
        "smtp_host": "127.0.0.1",
        "smtp_port": sink.port,
        "smtp_security": "none",
        # Among friends the vote of who came today counts at once.
        "trending_probation": 0,
        "trending_seniority": 0,
        "trending_active_days": 0,
    }


@pytest.fixture
def folder(tmp_path, given):
    """A house with the papers of yesterday."""
    with broadsheet.open(tmp_path, **given) as house:
        house.store.ingest([paper(number) for number in range(1, 9)])
        house.refresh()
    return tmp_path


def paper(number, days_ago=1):
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    return Record(
        source="arxiv",
        format="arxiv-atom",
        key=f"2601.{number:05}",
        place="",
        raw=b"{}",
        title=f"Paper boats on channel {number}",
        abstract="They float, and we say for how long. " * 4,
        authors=(Author("Ada Example"),),
        identifiers=(Identifier("arxiv", f"2601.{number:05}"),),
        listings=(Listing("arxiv", day.isoformat(), number),),
        submitted=day - timedelta(days=1),
        primary_category="cs.LG",
        categories=("cs.LG",),
    )


@pytest.fixture
def served(folder, given):
    """The house, served; what it says on standard error is in its log."""
    environment = {
        **os.environ,
        **{f"BROADSHEET_{name.upper()}": str(value) for name, value in given.items()},
    }
    command = [sys.executable, "-m", "broadsheet", "--data-dir", str(folder), "serve"]
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stderr=out, stdout=out)
        try:
            wait_for(lambda: answers(given["base_url"]) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield log
        finally:
            process.terminate()
            process.wait(30)


def answers(address):
    try:
        return urllib.request.urlopen(f"{address}/healthz", timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture
def person(given, chromium):
    """A browser of somebody's own."""

    def open_page():
        context = chromium.new_context(base_url=given["base_url"])
        context.set_default_timeout(20_000)
        return context.new_page()

    return open_page


def test_two_readers_curate_and_one_gets_it_by_mail(served, person, sink, given, folder):
    site = given["base_url"]
    # The owner comes in by the link that the first start has written.
    owner = person()
    first = re.search(rf"{re.escape(site)}(/reset/[\w-]+)", served.read_text())[1]
    owner.goto(first)
    owner.get_by_label("New password").fill(GOOD)
    owner.get_by_role("button", name="Choose it").click()
    owner.get_by_role("link", name="The owner").wait_for()
    # ... and invites somebody.
    owner.get_by_role("link", name="People").click()
    owner.get_by_role("button", name="Invite").click()
    invitation = owner.locator("pre").inner_text().strip()
    assert invitation.startswith(f"{site}/invitation/")
    grace = person()
    grace.goto(invitation)
    grace.get_by_label("Name").fill("grace")
    grace.get_by_label("Password").fill(GOOD)
    grace.get_by_role("button", name="Come in").click()
    grace.get_by_role("link", name="grace").wait_for()
    # Both vote for one paper, one of them for another as well.
    for reader, numbers in ((owner, [3]), (grace, [3, 5])):
        for number in numbers:
            reader.goto(f"/papers/2601.{number:05}")
            reader.locator("button[value=vote]").first.click()
            reader.locator("button[value=unvote]").first.wait_for()
    # Both comment, and one mentions the other.
    owner.goto("/papers/2601.00003")
    owner.get_by_label("Say something").fill(
        "Do they float in *salt* water, @grace? $x^2$ <script>alert(1)</script>"
    )
    owner.get_by_role("button", name="Say it").click()
    grace.goto("/papers/2601.00003")
    assert grace.locator("#discussion em", has_text="salt").is_visible()
    assert grace.locator("#discussion math").count() == 1
    assert grace.locator("#discussion script").count() == 0
    grace.get_by_label("Say something").fill("They do.")
    grace.get_by_role("button", name="Say it").click()
    grace.locator(".said", has_text="They do.").wait_for()
    # Trending puts the one with two votes first, and says why.
    stranger = person()
    stranger.goto("/papers/trending")
    titles = stranger.locator("article h2, article h3").all_inner_texts()
    assert "channel 3" in titles[0]
    assert "channel 5" in titles[1]
    stranger.get_by_text("Why here: score").first.click()
    # Grace subscribes, and the letter asks whether the address is hers.
    grace.goto("/subscribe")
    grace.get_by_label("Address of mail").fill("grace@example.org")
    grace.get_by_role("button", name="Subscribe").click()
    grace.get_by_text("Look into your mailbox").wait_for()
    letter = wait_for(lambda: sink.to("grace@example.org"))[0]
    link = re.search(rf"{re.escape(site)}/mail/confirm/\S+", letter.get_body(("plain",)).get_content())[0]
    # A program that reads mail follows the link, and nothing happens; Grace says yes.
    assert urllib.request.urlopen(link).status == 200
    digest_of = lambda: [mail for mail in sink.to("grace@example.org") if mail["List-Unsubscribe"]]  # noqa: E731
    send_digests(folder, given)
    assert digest_of() == []
    grace.goto(link)
    grace.get_by_role("button", name="Yes, let it come").click()
    grace.get_by_text("It is coming").wait_for()
    also_subscribed(folder, given, "bob@example.org")
    # The morning after, the digest comes: once, whoever composes twice.
    send_digests(folder, given)
    send_digests(folder, given)
    (digest,) = wait_for(digest_of)
    assert "Paper boats on channel 3" in digest.get_body(("plain",)).get_content()
    assert "Paper boats on channel 3" in digest.get_body(("html",)).get_content()
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # One POST ends it: no cookie, no token, no redirect (RFC 8058). A GET ends nothing.
    end = re.search(r"<(http[^>]+)>", digest["List-Unsubscribe"])[1]
    assert urllib.request.urlopen(end).status == 200
    with broadsheet.open(folder, **given) as house:
        assert [s.standing.value for s in house.mail.store.subscriptions(recipient="grace@example.org")] == [
            "active"
        ]
    posted = urllib.request.Request(end, data=b"List-Unsubscribe=One-Click", method="POST")
    with urllib.request.urlopen(posted) as answer:
        assert (answer.status, answer.url) == (200, end)
    # The next papers come to the other one, and not to her.
    with broadsheet.open(folder, **given) as house:
        house.store.ingest([paper(9, days_ago=0)])
    send_digests(folder, given, days=2)
    digests = Counter(recipient for recipient, mail in sink.taken if mail["List-Unsubscribe"])
    assert digests == {"grace@example.org": 1, "bob@example.org": 2}
    assert "Traceback" not in served.read_text()
    for secret in (first.rpartition("/")[2], invitation.rpartition("/")[2], link.rpartition("/")[2], GOOD):
        lines = [line for line in served.read_text().splitlines() if secret in line]
        assert all("/reset/" in line and "GET" not in line and "POST" not in line for line in lines), lines


def send_digests(folder, given, *, days=1):
    """What the clock does in the morning, this many days on, beside the house that is served."""
    morning = datetime.now(UTC) + timedelta(days=days)
    with broadsheet.open(folder, **given) as house:
        house.mail.compose(clock=lambda: morning)
        house.mail.send(clock=lambda: morning)


def also_subscribed(folder, given, address):
    """Somebody else has said yes, too."""
    with broadsheet.open(folder, **given) as house:
        subscription = house.mail.subscribe(address, Wish())
        house.mail.store.activate(subscription.id, datetime.now(UTC))
