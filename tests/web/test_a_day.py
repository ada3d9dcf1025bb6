"""A day of a new reader, in a browser and a mailbox: joins, votes, comments, subscribes, reads the mail, leaves."""

from __future__ import annotations

import re
import socket
import threading
import time
import warnings
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from urllib.request import Request, urlopen

import argon2
import pytest
import uvicorn

from broadsheet.jobs.runner import Runner
from broadsheet.people import passwords
from broadsheet.web.app import create_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAPER = "/papers/2507.00003"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


class Mailbox:
    """Somebody's mailbox, behind a mail server that takes everything."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


@pytest.fixture
def mailbox():
    made = Mailbox()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    made.port = controller.port
    yield made
    controller.stop()


@pytest.fixture
def house(new_house, make_record, mailbox, monkeypatch):
    """A house of many readers on a port of this machine, with its jobs running."""
    monkeypatch.setattr(passwords, "HASHER", argon2.PasswordHasher(1, 8, 1))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    mail = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
    records = [make_record(number) for number in range(1, 9)]
    house = new_house(records, readers="many", registration="open", base_url=url, **mail)
    config = uvicorn.Config(create_app(house), port=port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    runner = Runner(house, every=0.1)
    thread.start()
    runner.start()
    wait_for(lambda: server.started)
    yield house
    runner.stop()
    server.should_exit = True
    thread.join(10)


def test_a_day(house, mailbox, chromium):
    url = house.settings.base_url
    context = chromium.new_context()
    page = context.new_page()
    # Joins.
    page.goto(f"{url}/sign-up")
    page.fill("[name=name]", "ada")
    page.fill("[name=password]", "nine green bottles")
    page.click("main button.main")
    page.wait_for_url(f"{url}/papers")
    ada = house.people.named("ada")
    # Votes, and says why.
    page.goto(f"{url}/papers")
    page.click('main form.marks[aria-label*="part 3"] button[value="vote"] >> nth=0')
    page.wait_for_load_state()
    paper = house.paper("2507.00003")
    wait_for(lambda: house.community.signs(ada, [paper])[paper.key].voted)
    page.goto(url + PAPER)
    page.fill('form[action$="/comments"] textarea[name=text]', "The proof is *short*, and true: $a^2$.")
    page.click('form[action$="/comments"]:has(textarea) button')
    page.wait_for_load_state()
    page.goto(url + PAPER)
    assert page.locator("#discussion em", has_text="short").count() == 1
    # Subscribes; a letter asks first.
    page.goto(f"{url}/subscribe")
    page.fill("[name=address]", "ada@example.org")
    page.click("text=Subscribe >> nth=-1")
    page.wait_for_selector("text=Look into your mailbox")
    letter = wait_for(lambda: mailbox.mails and mailbox.mails[0])
    assert letter["To"] == "ada@example.org"
    page.goto(re.search(rf"{url}/mail/confirm/\S+", letter.get_content())[0])
    page.click("text=Yes, let it come")
    page.wait_for_selector("text=It is coming")
    # The next morning.
    (subscription,) = house.mail.store.subscriptions(reader=ada.id)
    with house.mail.store.composing() as composing:
        composing.move_on(subscription, datetime.now(UTC) - timedelta(minutes=1), "")
    digest = wait_for(lambda: len(mailbox.mails) > 1 and mailbox.mails[1])
    html = digest.get_body(("html",)).get_content()
    assert "Counting" in digest["Subject"]
    assert "2507.00003" in html
    # In the mail program: no cookies, and a scanner has been there before.
    mail = chromium.new_context().new_page()
    vote = re.search(rf'{url}/mail/digest/[^"]+/up\?paper=2507\.00001', html)[0]
    mail.goto(vote)
    first = house.paper("2507.00001")
    assert not house.community.signs(ada, [first])[first.key].voted
    mail.click("main button")
    mail.wait_for_selector("text=Your vote counts")
    assert house.community.signs(ada, [first])[first.key].voted
    # One click, as a mail program does it.
    link = digest["List-Unsubscribe"].strip("<>")
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    answer = urlopen(Request(link, data=b"List-Unsubscribe=One-Click", method="POST"), timeout=10)
    assert answer.status == 200
    assert answer.url == link
    assert house.mail.store.subscription(subscription.id).standing.value == "ended"
    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"] * 2
    context.close()
    mail.context.close()
