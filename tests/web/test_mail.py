"""The pages of mail: subscribing, what links in mails lead to, one-click unsubscribe, a reader's own list, jobs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from broadsheet.digest.tokens import Purpose
from broadsheet.subscriptions import Channel, Kind, Standing, State, Wish
from broadsheet.web.app import create_app

BEFORE = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture
def house(new_house, make_record):
    """A house of one reader that could send mail."""
    return new_house([make_record(number) for number in range(1, 9)], smtp_host="127.0.0.1", smtp_port=1)


@pytest.fixture
def client(house):
    with TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def stranger(house):
    """A mail program or a scanner: no cookies, no page."""
    with TestClient(create_app(house), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def fill(client, path, action=None, **given):
    """Fill in the form of a page and send it."""
    page = client.get(path).text
    forms = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page, re.S)
    inside = next(body for address, body in forms if address.partition("?")[0] == (action or path))
    values = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', inside))
    target = next(address for address, _ in forms if address.partition("?")[0] == (action or path))
    return client.post(target.replace("&amp;", "&"), data={**values, **given})


def letters(house):
    return house.store.mailing.deliveries(state=State.COMPOSED)


def subscribed(house, wish=None, reader=1, address="ada@example.org"):
    asked, _ = house.mail.store.ask(Channel.MAIL, address, reader, wish or Wish(), BEFORE)
    return house.mail.store.activate(asked.id, BEFORE + timedelta(days=1), BEFORE)


def digested(house, **given):
    """A delivery of a digest that waits in the queue, and the token of its links."""
    subscription = subscribed(house, **given)
    assert house.mail.compose() == (1, 0)
    (delivery,) = letters(house)
    return subscription, delivery, house.mail.tokens.sign(Purpose.DIGEST, delivery.id)


def link(text):
    return re.search(r"http://localhost:8000(/mail/\S+)", text)[1]


def test_from_the_form_to_the_first_digest(house, client):
    sent = fill(
        client, "/subscribe", address=" Ada@Example.org ", kind="query", of="tides", hour="6",
        zone="Europe/Berlin", length="5", quiet=["5", "6"], cadence="weekly", weekday="2",
    )  # fmt: skip
    assert sent.status_code == 200
    assert "Look into your mailbox" in sent.text
    (letter,) = letters(house)
    assert letter.recipient == "ada@example.org"
    assert "new papers for “tides”, every Wednesday at 06:00 (Europe/Berlin)" in letter.body
    path = link(letter.body)
    asked = client.get(path)
    assert "Is this your address?" in asked.text
    (subscription,) = house.mail.store.subscriptions(reader=1)
    assert subscription.standing is Standing.PENDING
    done = fill(client, path)
    assert "It is coming" in done.text
    (subscription,) = house.mail.store.subscriptions(reader=1)
    assert subscription.standing is Standing.ACTIVE
    wish = subscription.wish
    assert (wish.kind, wish.object, wish.length, wish.quiet) == (Kind.QUERY, "tides", 5, frozenset({5, 6}))
    assert "It is coming" in client.get(path).text, "a second look is no second question"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"address": "ada"}, "Not a mail address"),
        ({"address": "ada@example.org\r\nBcc: eve@example.org"}, "Not a mail address"),
        ({"kind": "query", "of": " "}, "What shall be searched for?"),
        ({"zone": "Mars/Olympus"}, "Not a time zone"),
        ({"hour": "25"}, "An hour is 0 to 23"),
        ({"hour": "x"}, "cannot be understood"),
        ({"kind": "everything"}, "cannot be understood"),
        ({"length": "1000"}, "A digest has 1 to 50 papers"),
        ({"quiet": [str(day) for day in range(7)]}, "Quiet days"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_on_it(house, client, given, said):
    answer = fill(client, "/subscribe", **{"address": "ada@example.org", **given})
    assert answer.status_code == 400
    assert said in answer.text
    assert letters(house) == []


def test_the_answer_is_the_same_whoever_is_known(house, client):
    first = fill(client, "/subscribe", address="ada@example.org")
    subscribed(house, address="bob@example.org")
    second = fill(client, "/subscribe", address="bob@example.org")
    assert first.text.replace("ada@", "bob@") == second.text
    house.mail.store.suppress("eve@example.org", "complained", "")
    third = fill(client, "/subscribe", address="eve@example.org")
    assert third.text == second.text.replace("bob@", "eve@")


def test_one_network_cannot_have_a_hundred_strangers_written_to(house, client):
    codes = [fill(client, "/subscribe", address=f"a{n}@example.org").status_code for n in range(12)]
    assert codes == [200] * 10 + [429] * 2
    assert len(letters(house)) == 10


def test_without_a_mail_server_the_page_says_so(new_house, make_record):
    with TestClient(create_app(new_house([make_record(1)]))) as client:
        page = client.get("/subscribe").text
        assert "No mail server is set" in page
        assert "disabled>Subscribe" in page
        assert fill(client, "/subscribe", address="ada@example.org").status_code == 409


def test_one_click_unsubscribes_from_anywhere(house, stranger):
    subscription = subscribed(house)
    path = link(house.mail.link(Purpose.UNSUBSCRIBE, subscription.id))
    for headers in ({}, {"origin": "https://mail.example.com"}, {"user-agent": "scanner"}):
        looked = stranger.get(path, headers=headers)
        assert looked.status_code == 200
        assert stranger.head(path).status_code == 200
    assert house.mail.store.subscription(subscription.id).standing is Standing.ACTIVE, (
        "looking changes nothing"
    )
    for _ in range(2):
        answer = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert house.mail.store.subscription(subscription.id).standing is Standing.ENDED
    assert stranger.cookies.get("broadsheet-session") is None


def test_the_header_of_a_digest_leads_there(house, stranger, monkeypatch):
    subscription, delivery, _ = digested(house)
    mail = house.mail.message(delivery, "ada@example.org").decode()
    path = link(re.search(r"List-Unsubscribe: <(.+?)>", mail)[1])
    multipart = {"List-Unsubscribe": (None, "One-Click")}
    assert stranger.post(path, files=multipart).status_code == 200
    assert house.mail.store.subscription(subscription.id).standing is Standing.ENDED


@pytest.mark.parametrize("page", ["confirm", "unsubscribe", "settings", "digest", "feed", "digest/{}/up"])
def test_a_damaged_link_is_said_to_be_one(house, stranger, page):
    subscription = subscribed(house)
    good = house.mail.tokens.sign(Purpose.CONFIRM, subscription.id)
    for token in (good[:-2] + "xx", "x", house.mail.tokens.sign(Purpose.SETTINGS, "0" * 16)):
        path = f"/mail/{page.format(token)}" if "{}" in page else f"/mail/{page}/{token}"
        answer = stranger.get(path)
        assert answer.status_code == 404, path
        assert "link" in answer.text.lower()
    if page in ("confirm", "unsubscribe", "settings"):
        assert stranger.post(f"/mail/{page}/{good[:-2]}xx").status_code in (403, 404)


def test_settings_change_how_and_not_what(house, client):
    subscription = subscribed(house, Wish(kind=Kind.QUERY, object="tides"))
    path = link(house.mail.link(Purpose.SETTINGS, subscription.id))
    page = client.get(path).text
    assert "new papers for “tides”" in page
    answer = fill(
        client, path, hour="22", zone="Asia/Tokyo", length="20", quiet=["0"], kind="trending", of="other",
        away_from="2030-01-01", away_until="2030-02-01", cadence="weekly",
    )  # fmt: skip
    assert answer.status_code == 303
    assert "Kept." in client.get(answer.headers["location"]).text
    wish = house.mail.store.subscription(subscription.id).wish
    assert (wish.kind, wish.object, wish.cadence.value) == (Kind.QUERY, "tides", "daily")
    assert (wish.hour, wish.zone, wish.length, wish.quiet) == (22, "Asia/Tokyo", 20, frozenset({0}))
    assert [day.isoformat() for day in wish.away] == ["2030-01-01", "2030-02-01"]
    bad = fill(
        client, path, away_from="2030-02-01", away_until="2030-01-01", zone="UTC", hour="7", length="5"
    )
    assert bad.status_code == 400
    assert "vacation" in bad.text


def test_a_vote_from_the_mail_needs_a_button(house, stranger):
    _, _, token = digested(house)
    view = stranger.get(f"/mail/digest/{token}")
    key = re.search(r'/up\?paper=([^"&]+)"', view.text)[1]
    path = f"/mail/digest/{token}/up?paper={key}"
    owner = house.people.owner()

    def votes():
        paper = house.paper(key)
        return house.community.signs(owner, [paper])[paper.key].voted

    for _ in range(3):
        assert stranger.get(path).status_code == 200
    assert not votes(), "a scanner that follows links votes for nothing"
    for _ in range(2):
        answer = stranger.post(path)
        assert answer.status_code == 200
        assert "Your vote counts" in answer.text
        assert votes()
    assert stranger.post(f"/mail/digest/{token}/up?paper=2507.99999").status_code == 404
    assert stranger.post(f"/mail/digest/{token}/delete?paper={key}").status_code == 404


def test_who_has_no_account_has_no_vote(house, stranger):
    _, delivery, token = digested(house, reader=None)
    issue = house.mail.digest(delivery.digest)
    assert not issue.thumbs
    assert "/up?" not in stranger.get(f"/mail/digest/{token}").text
    assert stranger.post(f"/mail/digest/{token}/up?paper={issue.entries[0].key}").status_code == 403


def test_a_closed_account_votes_no_more(house, stranger):
    house.people.create("rob")
    rob = house.people.named("rob")
    _, delivery, token = digested(house, reader=rob.id)
    key = house.mail.digest(delivery.digest).entries[0].key
    house.store.accounts.change(rob.id, disabled=True)
    assert stranger.post(f"/mail/digest/{token}/up?paper={key}").status_code == 403


def test_the_same_as_a_feed(house, stranger):
    subscription, delivery, _ = digested(house)
    issue = house.mail.digest(delivery.digest)
    path = link(house.mail.link(Purpose.FEED, subscription.id))
    atom = stranger.get(path)
    assert atom.headers["content-type"].startswith("application/atom+xml")
    told = json.loads(stranger.get(f"{path}?format=json").text)["items"]
    assert [item["url"].rpartition("/")[2] for item in told] == [entry.key for entry in issue.entries]
    assert stranger.get(f"{path}?format=bibtex").text.startswith("@")
    assert stranger.get(f"{path}?format=pigeon").status_code == 400
    house.mail.store.end(subscription.id, "unsubscribed")
    assert stranger.get(path).status_code == 410


def test_to_a_program(house, client):
    refused = fill(client, "/subscriptions", channel="webhook", target="http://127.0.0.1:8080/hook")
    assert refused.status_code == 400
    assert "not a public address" in refused.text
    for bad in ("file:///etc/passwd", "http://user:secret@example.org/", "gopher://example.org", "x", ""):
        assert fill(client, "/subscriptions", channel="webhook", target=bad).status_code == 400
    assert fill(client, "/subscriptions", channel="pigeon", target="https://example.org").status_code == 400
    assert house.mail.store.subscriptions(reader=1) == []


def test_what_is_anothers_is_not_there(new_house, make_record):
    house = new_house([make_record(1)], readers="many", smtp_host="127.0.0.1")
    rob, eve = house.people.create("rob"), house.people.create("eve")
    subscription = subscribed(house, reader=rob.id)
    from broadsheet.people.door import Visitor

    with TestClient(create_app(house), follow_redirects=False) as client:
        client.cookies.set("broadsheet-session", house.people.door.open(eve, "password", Visitor("test")))
        page = client.get("/subscriptions").text
        assert "ada@example.org" not in page
        token = re.search(r'name="csrf" value="(\w+)"', page)[1]
        answer = client.post("/subscriptions/end", data={"id": subscription.id, "csrf": token})
        assert answer.status_code == 404
    assert house.mail.store.subscription(subscription.id).standing is Standing.ACTIVE
    assert house.people.things["mail"].of_reader(rob.id)["subscriptions"][0]["target"] == "ada@example.org"
    house.people.things["mail"].forget(rob.id)
    assert house.mail.store.subscriptions(reader=rob.id) == []


def test_the_page_of_jobs_is_loud_about_what_is_stale(house, client):
    page = client.get("/jobs").text
    assert "Stale" not in page
    long_ago = datetime.now(UTC) - timedelta(days=3)
    house.store.jobs.ensure({"mail": long_ago})
    assert house.store.jobs.claim("mail", "w", long_ago)
    house.store.jobs.finish("mail", "w", long_ago, long_ago, seconds=1.0, result="well")
    assert house.store.jobs.claim("mail", "w", long_ago + timedelta(hours=1))
    failed = {"seconds": 1.0, "error": "no mail server <b>can</b> be used"}
    house.store.jobs.finish("mail", "w", long_ago, datetime.now(UTC) + timedelta(hours=1), **failed)
    page = client.get("/jobs").text
    assert "Stale: mail." in page
    assert client.get("/readyz").json()["stale_jobs"] == ["mail"]
    assert re.search(r"It last went well <time [^>]*>3 days ago", page)
    assert "no mail server &lt;b&gt;can&lt;/b&gt; be used" in page
    answer = fill(client, "/jobs", "/jobs/run", name="mail")
    assert answer.status_code == 303
    assert "mail" in house.store.jobs.due(datetime.now(UTC))
    assert fill(client, "/jobs", "/jobs/run", name="rm -rf").status_code == 404


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "\x00"]
)
def test_nothing_typed_into_a_form_becomes_markup(house, client, hostile):
    for answer in (
        client.get("/subscribe", params={"q": hostile, "kind": hostile, "of": hostile}),
        fill(client, "/subscribe", address=hostile, kind="query", of=hostile, zone=hostile),
        fill(client, "/subscriptions", target=hostile, channel="webhook", kind="query", of=hostile),
    ):
        assert answer.status_code in (200, 400)
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
