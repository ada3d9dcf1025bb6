"""A digest for programs: a webhook that is signed, a note for ntfy; guarded, once, and tried again when refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broadsheet.exceptions import FetchError, ForbiddenAddressError
from broadsheet.mailing import posting
from broadsheet.sources.fetch import post as posts
from broadsheet.subscriptions import Channel, Kind, Standing, State, Wish

EVENING = datetime(2025, 7, 28, 20, tzinfo=UTC)
MORNING = datetime(2025, 7, 29, 7, 0, 1, tzinfo=UTC)


class Hook:
    """A receiver on this machine: keeps what it gets and answers as told."""

    def __init__(self):
        self.got = []
        self.answers = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.got.append((self.path, dict(self.headers), body))
                answer = hook.answers.pop(0) if hook.answers else 200
                if answer == "silence":
                    self.close_connection = True
                    return
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "http://169.254.169.254/latest")
                self.end_headers()
                self.wfile.write(b"well\nreceived")

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def to_hook(house, hook, papers):
    """Subscribes the receiver, which the settings allow although it is on this machine."""
    house.settings = house.mail.settings = house.settings.model_copy(
        update={"allow_hosts": (f"127.0.0.1:{hook.port}",)}
    )
    papers(range(1, 6), title="Größe & <b>Glück</b>")

    def subscribe(channel=Channel.WEBHOOK, path="/hook"):
        subscription = house.mail.deliver_to(
            channel, f"http://127.0.0.1:{hook.port}{path}", Wish(length=3), 1
        )
        with house.store.mailing.composing() as composing:
            composing.move_on(subscription, MORNING, "")
        return house.mail.store.subscription(subscription.id)

    return subscribe


def deliver(house, moment=MORNING):
    house.mail.compose(clock=lambda: moment)
    return house.mail.send(clock=lambda: moment)


def test_a_webhook_gets_what_it_can_check(house, hook, to_hook):
    subscription = to_hook()
    assert deliver(house).done == 1
    ((path, headers, body),) = hook.got
    assert path == "/hook"
    told = json.loads(body)
    assert told["edition"] == "edition:daily:2025-07-29"
    assert [paper["title"] for paper in told["papers"]] == ["Größe & <b>Glück</b>"] * 3
    assert told["papers"][0]["url"] == "https://papers.example.org/papers/2507.00001"
    assert told["total"] == 5
    by_hand = hmac.new(subscription.secret.encode(), f"{told['id']}.".encode() + body, hashlib.sha256)
    assert headers["X-Broadsheet-Signature"] == f"sha256={by_hand.hexdigest()}"
    assert headers["X-Broadsheet-Delivery"] == told["id"]
    (kept,) = house.store.mailing.deliveries(subscription=subscription.id)
    assert (kept.state, kept.receipt) == (State.DONE, "200 well received")
    assert deliver(house).done == 0


def test_ntfy_gets_a_note(house, hook, to_hook):
    to_hook(Channel.NTFY, "/topic")
    assert deliver(house).done == 1
    ((_, headers, body),) = hook.got
    assert headers["Title"] == "Broadsheet: Tuesday, 29 July 2025"
    assert headers["Click"] == "https://papers.example.org/papers/date/2025-07-29"
    assert body.decode().splitlines() == ["• Größe & <b>Glück</b>"] * 3


@pytest.mark.parametrize(
    ("answer", "state", "again"),
    [
        (500, State.COMPOSED, 1),
        (429, State.COMPOSED, 1),
        (404, State.FAILED, 0),
        (302, State.FAILED, 0),
        (410, State.FAILED, 0),
        ("silence", State.HANDED, 0),
    ],
)
def test_what_a_receiver_answers(house, hook, to_hook, answer, state, again):
    subscription = to_hook()
    hook.answers = [answer]
    assert deliver(house).done == 0
    (kept,) = house.store.mailing.deliveries(subscription=subscription.id)
    assert kept.state is state
    assert house.mail.send(clock=lambda: MORNING + timedelta(hours=1)).done == again
    assert len(hook.got) == 1 + again
    ended = house.mail.store.subscription(subscription.id).standing is Standing.ENDED
    assert ended is (answer == 410)
    assert len({body for _, _, body in hook.got}) == 1, "the same at every try"


def test_a_receiver_that_is_away_is_tried_again(house, hook, to_hook):
    subscription = to_hook()
    hook.close()
    assert deliver(house).put_back == 1
    (kept,) = house.store.mailing.deliveries(subscription=subscription.id)
    assert kept.state is State.COMPOSED


def test_an_address_that_has_become_private_gets_nothing(house, hook, to_hook):
    to_hook()
    house.settings = house.mail.settings = house.settings.model_copy(update={"allow_hosts": ()})
    assert str(deliver(house)) == "0 sent, 1 to be tried again"
    assert hook.got == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f000001/",
        "http://localhost/",
        "https://10.0.0.1/",
    ],
)
def test_no_address_of_ones_own_network_is_posted_to(url):
    with pytest.raises((ForbiddenAddressError, FetchError)):
        posts.check(url)
    with pytest.raises((ForbiddenAddressError, FetchError)):
        posts.post(url, b"{}", {})


def test_a_name_server_that_changes_its_mind_gets_nothing(hook):
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    posts.check("http://rebind.example:8080/", resolve=lambda host, port: next(answers))
    with pytest.raises(ForbiddenAddressError):
        posts.post("http://rebind.example:8080/", b"{}", {}, resolve=lambda host, port: next(answers))
    assert hook.got == []


def test_a_receiver_that_dawdles_is_left(hook):
    hook.server.RequestHandlerClass.do_POST = lambda self: time.sleep(5)
    allowed = [f"127.0.0.1:{hook.port}"]
    with pytest.raises(posts.UnansweredError):
        posts.post(f"http://127.0.0.1:{hook.port}/", b"{}", {}, allow_hosts=allowed, total=1.0)


def test_a_note_has_a_size(house, papers):
    papers(range(1, 51), title="A title of some length " * 8)
    issue = house.mail.preview(Wish(kind=Kind.EDITION, length=50)).issue
    assert len(posting.ntfy_body(issue)) <= posting.NOTE
    assert b"\n" in posting.ntfy_body(issue)
