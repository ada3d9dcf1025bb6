"""The pages of people, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
import time

import argon2
import pytest
from starlette.testclient import TestClient

from broadsheet.people import passwords
from broadsheet.readers import Role
from broadsheet.web.app import create_app

GOOD = "nine green bottles"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    """Hashes that cost nothing: how dear they are is argon2's own business."""
    monkeypatch.setattr(passwords, "HASHER", argon2.PasswordHasher(1, 8, 1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


class Mailbox:
    """Keeps what was to be sent."""

    def __init__(self):
        self.letters = []

    def send_plain(self, to, subject, text):
        self.letters.append((to, subject, text))

    def link(self, number=-1):
        return re.search(r"http://testserver(/\S+)", self.letters[number][2])[1]


class Browser(TestClient):
    """A client that fills in forms as they stand on the page."""

    def fill(self, path, action=None, *, page=None, **given):
        page = page or self.get(path).text
        forms = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page, re.S)
        wanted = action or path
        inside = next(body for address, body in forms if address == wanted)
        values = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', inside))
        return self.post(wanted, data={**values, **given}, follow_redirects=False)

    def sign_in(self, name, password=GOOD):
        return self.fill("/sign-in", name=name, password=password)


@pytest.fixture
def house(new_house, make_record):
    house = new_house([make_record(number) for number in range(1, 4)], readers="many", registration="open")
    house.people.post = Mailbox()
    for name, role in (("ada", Role.ADMIN), ("cleo", Role.CURATOR), ("rob", Role.READER)):
        reader = house.people.create(name, role=role, email=f"{name}@example.org", confirmed=True)
        house.store.accounts.change(reader.id, password=passwords.hashed(GOOD))
    return house


@pytest.fixture
def visit(house):
    """Open another browser."""
    app = create_app(house)
    return lambda **given: Browser(app, raise_server_exceptions=False, **given)


def test_a_reader_comes_in_and_leaves(visit):
    browser = visit()
    assert "Sign in" in browser.get("/papers").text
    answer = browser.fill("/sign-in", name="Rob", password=GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/papers")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("broadsheet-session"))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    page = browser.get("/papers").text
    assert ">rob</a>" in page
    assert "People" not in page
    old = browser.cookies["broadsheet-session"]
    assert browser.fill("/papers", "/sign-out", page=page).status_code == 303
    assert "Sign in" in browser.get("/papers").text
    browser.cookies.set("broadsheet-session", old)
    assert "Sign in" in browser.get("/papers").text  # the house has forgotten it, not just the browser


def test_the_address_lets_in_too(visit):
    assert visit().sign_in("ROB@example.org").status_code == 303


def test_a_page_that_wants_a_reader_leads_to_the_door_and_back(visit):
    browser = visit()
    answer = browser.get("/account", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Faccount")
    page = browser.get("/account").text
    assert browser.fill("/sign-in", page=page, name="rob", password=GOOD).headers["location"] == "/account"
    assert visit().get("/account", headers={"accept": "application/json"}).status_code == 401


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"]
)
def test_the_door_leads_nowhere_else(visit, next_):
    browser = visit()
    page = browser.get("/sign-in", params={"next": next_}).text
    assert "evil" not in page
    answer = browser.fill("/sign-in", page=page, name="rob", password=GOOD, next=next_)
    assert answer.headers["location"] == "/papers"
    assert (
        browser.get("/sign-in", params={"next": next_}, follow_redirects=False).headers["location"]
        == "/papers"
    )


def test_a_form_without_the_token_of_its_page_is_refused(visit, house):
    browser = visit()
    browser.sign_in("rob")
    before = house.people.named("rob")
    for given in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert browser.post("/account/profile", data={"shown": "Mallory", **given}).status_code == 403
    other = visit()
    other.sign_in("cleo")
    token = re.search(r'name="csrf" value="(\w+)"', other.get("/account").text)[1]
    assert browser.post("/account/profile", data={"shown": "Mallory", "csrf": token}).status_code == 403
    assert house.people.named("rob") == before
    assert browser.fill("/account", "/account/profile", shown="Robert").status_code == 303
    assert house.people.named("rob").shown == "Robert"


def test_another_sites_form_is_refused_even_with_the_token(visit):
    browser = visit()
    browser.sign_in("rob")
    token = re.search(r'name="csrf" value="(\w+)"', browser.get("/account").text)[1]
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        answer = browser.post("/account/profile", data={"shown": "M", "csrf": token}, headers=headers)
        assert answer.status_code == 403, headers
    for headers in ({"origin": "http://testserver"}, {"origin": "null"}, {"sec-fetch-site": "same-origin"}):
        answer = browser.post(
            "/account/profile", data={"shown": "R", "csrf": token}, headers=headers, follow_redirects=False
        )
        assert answer.status_code == 303, headers


def test_nobody_is_signed_in_by_a_form_of_another_browser(visit):
    mine, theirs = visit(), visit()
    token = re.search(r'name="csrf" value="(\w+)"', mine.get("/sign-in").text)[1]
    theirs.get("/sign-in")
    form = {"name": "rob", "password": GOOD, "csrf": token}
    assert theirs.post("/sign-in", data=form).status_code == 403
    assert visit().post("/sign-in", data=form).status_code == 403
    assert mine.post("/sign-in", data=form, follow_redirects=False).status_code == 303


def test_a_wrong_password_and_an_unknown_name_look_the_same(visit, monkeypatch):
    answers = []
    asked = []
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, given: asked.append(1) or matches(kept, given))
    for name in ("rob", "nobody-of-that-name", "nobody@example.org"):
        answer = visit().sign_in(name, "not this one")
        body = re.sub(r"[0-9a-f]{64}", "", answer.text)
        answers.append((answer.status_code, re.sub(r"nobody[\w.@-]+", "rob", body)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401
    assert len(asked) == 3  # as many hashes are computed for nobody as for somebody


def test_a_closed_account_looks_like_a_wrong_password(visit, house):
    house.people.disable(house.people.named("rob"))
    answer = visit().sign_in("rob")
    assert answer.status_code == 401
    assert "do not go together" in answer.text


def test_who_guesses_is_slowed_down_and_who_is_guessed_is_not(visit):
    known = visit(client=("192.0.2.9", 1))
    assert known.sign_in("rob").status_code == 303
    stranger = visit(client=("192.0.2.1", 1))
    seen = [stranger.sign_in("rob", f"guess number {number}").status_code for number in range(8)]
    assert seen == [401] * 6 + [429] * 2
    assert (
        stranger.sign_in("rob").status_code == 429
    )  # the right one, too: it would be a guess like the others
    assert stranger.fill("/sign-in", name="rob", password=GOOD).headers["retry-after"].isdecimal()
    # Rob is elsewhere, and is not kept out.
    assert visit(client=("192.0.2.7", 1)).sign_in("rob").status_code == 303
    # Rob is behind the same address, in a browser in which he was in before: not kept out either.
    same = visit(client=("192.0.2.1", 1))
    same.cookies.set("broadsheet-device", known.cookies["broadsheet-device"])
    assert same.sign_in("rob").status_code == 303
    # That browser is no way to guess somebody else's.
    assert same.fill("/papers", "/sign-out").status_code == 303
    assert same.sign_in("ada").status_code == 303
    for number in range(40):
        stranger.sign_in(f"name-{number}", "guess")
    assert stranger.sign_in("cleo").status_code == 429


def test_who_joins_is_in_and_may_confirm_an_address(visit, house):
    browser = visit()
    answer = browser.fill("/sign-up", name="newton", password=GOOD, email="newton@example.org")
    assert answer.status_code == 303
    assert house.people.named("newton").role is Role.READER
    assert house.people.named("newton").email == ""
    link = house.people.links.post.link()
    assert browser.get(link).status_code == 200
    assert house.people.named("newton").email == ""  # looking at a link changes nothing
    assert "newton@example.org" in browser.fill(link).text
    assert house.people.named("newton").email == "newton@example.org"
    assert browser.get(link).status_code == 410


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("rob", GOOD, "taken"),
        ("ROB", GOOD, "taken"),
        ("a b", GOOD, "cannot be a name"),
        ("gone-7", GOOD, "cannot be a name"),
        ("new", "short", "10 to 200"),
        ("newton", "newton-1234", "not made of the name"),
        ("new", "aaaaaaaaaaaa", "anybody would guess"),
    ],
)
def test_what_cannot_be_is_said_and_the_form_stays(visit, name, password, words):
    answer = visit().fill("/sign-up", name=name, password=password)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{password}"' not in answer.text


def test_new_accounts_of_one_network_are_few(visit):
    browser = visit()
    for number in range(10):
        assert browser.fill("/sign-up", name=f"many-{number}", password=GOOD).status_code == 303
        browser = visit()
    assert "too many" in browser.fill("/sign-up", name="many-10", password=GOOD).text.lower()


def test_a_new_password_by_mail(visit, house):
    inside, browser, box = visit(), visit(), house.people.links.post
    inside.sign_in("rob")
    known = browser.fill("/reset", email="Rob@example.org")
    unknown = visit().fill("/reset", email="nobody@example.org")
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    assert [letter[0] for letter in box.letters] == ["rob@example.org"]
    link = box.link()
    assert browser.get(link).status_code == 200
    assert browser.fill(link, password="short").status_code == 400
    answer = browser.fill(link, password="ten green bottles")
    assert answer.status_code == 303
    assert ">rob</a>" in browser.get("/papers").text
    assert "Sign in" in inside.get("/papers").text  # signed out with the old password
    assert browser.get(link).status_code == 410
    assert visit().sign_in("rob", "ten green bottles").status_code == 303
    assert visit().sign_in("rob").status_code == 401


def test_letters_to_one_address_are_few_and_nobody_is_told(visit, house):
    answers = {visit().fill("/reset", email="rob@example.org").text for _ in range(6)}
    assert len(answers) == 1
    assert len(house.people.links.post.letters) == 3


def test_the_letter_is_sent_after_the_answer(visit, house, monkeypatch):
    """So that the time an answer takes says nothing of who is here."""
    slept = []
    monkeypatch.setattr(house.people.links.post, "send_plain", lambda *_: slept.append(time.monotonic()))
    from broadsheet.web.people import joining

    made = []
    page = joining.door_page
    monkeypatch.setattr(joining, "door_page", lambda *a, **k: made.append(time.monotonic()) or page(*a, **k))
    visit().fill("/reset", email="rob@example.org")
    assert len(slept) == 1
    assert made[-1] <= slept[0]


def test_an_admin_invites_and_the_guest_comes(visit, house):
    admin = visit()
    admin.sign_in("ada")
    page = admin.fill("/people", "/people/invitations", role="curator").text
    link = re.search(r"http://testserver(/invitation/[\w-]+)", page)[1]
    guest = visit()
    assert "You are invited" in guest.get(link).text
    assert guest.fill(link, name="rob", password=GOOD).status_code == 400  # taken; the invitation stays good
    assert guest.fill(link, name="grace", password=GOOD).status_code == 303
    assert house.people.named("grace").role is Role.CURATOR
    assert visit().get(link).status_code == 410
    assert (
        admin.fill("/people", "/people/invitations", role="reader", email="x@example.org").status_code == 303
    )
    assert house.people.links.post.letters[-1][0] == "x@example.org"
    mailed = house.people.links.post.link()
    assert visit().fill(mailed, name="xena", password=GOOD).status_code == 303
    assert house.people.named("xena").email == "x@example.org"


def test_an_invitation_cannot_carry_headers(visit, house):
    admin = visit()
    admin.sign_in("ada")
    for email in ("x@example.org\r\nBcc: y@example.org", "x@example.org, y@example.org", "x"):
        assert admin.fill("/people", "/people/invitations", email=email).status_code == 400
    assert house.people.links.post.letters == []


def test_somebody_is_always_admin(visit, house):
    house.people.disable(house.people.owner())
    admin = visit()
    admin.sign_in("ada")
    for path, given in (
        ("/people/role", {"name": "ada", "role": "reader"}),
        ("/people/disable", {"name": "ada", "to": "yes"}),
    ):
        answer = admin.fill("/people", path, **given)
        assert answer.status_code == 400
        assert "admin" in answer.text
    assert house.people.named("ada").role is Role.ADMIN


def test_a_closed_account_is_out_at_once(visit, house):
    rob, admin = visit(), visit()
    rob.sign_in("rob")
    admin.sign_in("ada")
    assert admin.fill("/people", "/people/disable", name="rob", to="yes").status_code == 303
    assert "Sign in" in rob.get("/papers").text
    assert admin.fill("/people", "/people/disable", name="rob", to="no").status_code == 303
    assert rob.sign_in("rob").status_code == 303


def test_a_link_for_a_new_password_by_hand(visit, house):
    admin = visit()
    admin.sign_in("ada")
    page = admin.fill("/people", "/people/link", name="rob").text
    link = re.search(r"http://testserver(/reset/[\w-]+)", page)[1]
    assert visit().fill(link, password="ten green bottles").status_code == 303


def test_a_new_password_signs_every_other_browser_out(visit):
    one, other = visit(), visit()
    one.sign_in("rob")
    other.sign_in("rob")
    assert (
        one.fill(
            "/account", "/account/password", old="wrong wrong wrong", new="ten green bottles"
        ).status_code
        == 400
    )
    assert one.fill("/account", "/account/password", old=GOOD, new="ten green bottles").status_code == 303
    assert ">rob</a>" in one.get("/papers").text
    assert "Sign in" in other.get("/papers").text


def test_sessions_are_listed_and_ended(visit, house):
    one, other, cleo = visit(), visit(headers={"user-agent": "Lynx <b>"}), visit()
    one.sign_in("rob")
    other.sign_in("rob")
    cleo.sign_in("cleo")
    page = one.get("/account").text
    assert "Lynx &lt;b&gt;" in page
    rob = house.people.named("rob")
    sessions = {session.agent: session.id for session in house.store.entrances.sessions(rob.id)}
    assert cleo.fill("/account", "/account/sessions/end", id=sessions["Lynx <b>"]).status_code == 303
    assert ">rob</a>" in other.get("/papers").text  # another's session is not hers to end
    assert one.fill("/account", "/account/sessions/end", id=sessions["Lynx <b>"]).status_code == 303
    assert "Sign in" in other.get("/papers").text
    other.sign_in("rob")
    assert one.fill("/account", "/account/sessions/end", id="").status_code == 303
    assert "Sign in" in other.get("/papers").text
    assert ">rob</a>" in one.get("/papers").text


def test_a_key_does_what_its_scopes_say(visit, house):
    browser = visit()
    browser.sign_in("rob")
    page = browser.fill("/account", "/account/keys", label="a script", scope="read").text
    key = re.search(r"bs_[\w-]{43}", page)[0]
    assert key not in browser.get("/account").text
    program = visit(headers={"authorization": f"Bearer {key}"})
    assert program.get("/api/search?q=tides").status_code == 200
    assert program.get("/account").status_code == 403  # not in person
    assert program.get("/papers").status_code == 200
    kept = house.people.keys.of(house.people.named("rob"))[0]
    assert kept.used
    assert browser.fill("/account", "/account/keys/end", id=kept.id).status_code == 303
    assert program.get("/account").status_code == 401
    assert visit(headers={"authorization": "Bearer bs_nonsense"}).get("/account").status_code == 401


def test_what_one_made_can_be_taken_along_and_removed(visit, house):
    class Room:
        forgotten = []

        def of_reader(self, number):
            return {"shelves": [f"of {number}"]}

        def forget(self, number):
            self.forgotten.append(number)

    house.people.things["shelves"] = Room()
    rob = house.people.named("rob")
    browser = visit()
    browser.sign_in("rob")
    taken = browser.get("/account/export").json()
    assert taken["account"]["name"] == "rob"
    assert taken["shelves"] == {"shelves": [f"of {rob.id}"]}
    assert "hash" not in str(taken)
    assert browser.fill("/account", "/account/delete", name="rob", password="wrong").status_code == 400
    assert browser.fill("/account", "/account/delete", name="robert", password=GOOD).status_code == 400
    assert browser.fill("/account", "/account/delete", name="rob", password=GOOD).status_code == 303
    assert Room.forgotten == [rob.id]
    assert house.people.reader(rob.id).name == f"gone-{rob.id}"
    assert "Sign in" in browser.get("/papers").text
    assert visit().sign_in("rob").status_code == 401
    # The name is free, and the number is not.
    assert visit().fill("/sign-up", name="rob", password=GOOD).status_code == 303
    assert house.people.named("rob").id != rob.id


def test_a_private_house_shows_strangers_the_door_alone(new_house, make_record):
    house = new_house([make_record(1)], readers="many", private=True)
    client = TestClient(create_app(house))
    for path in ("/papers", "/papers/2507.00001", "/papers/2507.00001.bib", "/papers?format=atom", "/"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), path
        assert "Counting" not in answer.text
    for path in ("/api/daily_papers", "/api/papers/2507.00001", "/api/search?q=tides"):
        assert client.get(path).status_code == 401, path
    assert client.get("/healthz").status_code == 200
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert "Counting" not in client.get("/sign-in").text


def test_a_feed_reader_of_a_private_house_has_its_key_in_the_address(new_house, make_record, caplog):
    house = new_house([make_record(1)], readers="many", private=True)
    client, reader = TestClient(create_app(house), follow_redirects=False), house.people.create("rob")
    reads = house.people.keys.make(reader, "feeds", frozenset({"read"}))
    writes = house.people.keys.make(reader, "all", frozenset({"read", "write"}))
    with caplog.at_level("INFO", "broadsheet"):
        answer = client.get("/papers", params={"format": "atom", "key": reads})
        assert answer.status_code == 200
        assert "Counting" in answer.text
        assert reads not in answer.text
        for key in (writes, "bs_none", ""):
            assert client.get("/papers", params={"format": "atom", "key": key}).status_code == 401
        assert client.get("/account", params={"key": reads}).status_code == 403
        assert client.put(f"/api/marks/vote?paper=2507.00001&key={reads}").status_code in (401, 403)
    assert reads not in "".join(str(getattr(r, "access", r.msg)) for r in caplog.records)
    house.people.keys.take_back(reader, house.people.keys.of(reader)[-1].id)
    assert client.get("/papers", params={"format": "atom", "key": reads}).status_code == 401


def test_links_that_are_secret_are_not_in_the_log(visit, house, caplog):
    import logging

    token, _ = house.people.links.invite(None)
    with caplog.at_level(logging.DEBUG):
        browser = visit()
        browser.get(f"/invitation/{token}")
        browser.get("/sign-in/elsewhere/back?code=abcdef&state=ghijkl")
        browser.sign_in("rob")
        visit().sign_in("rob", "a wrong one which is secret")
        key = house.people.keys.make(house.people.named("rob"), "k", frozenset({"read"}))
        visit(headers={"authorization": f"Bearer {key}"}).get("/papers")
    session = browser.cookies["broadsheet-session"]
    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    ours = [r for r in caplog.records if r.name.startswith("broadsheet")]
    assert len(ours) > 5
    said = "".join(r.getMessage() + str(getattr(r, "access", "")) for r in ours)
    for secret in (token, "abcdef", "ghijkl", GOOD, "which is secret", key, session):
        assert secret not in said


def test_where_one_reads_nobody_signs_in(new_house, make_record):
    house = new_house([make_record(1)])
    client = Browser(create_app(house))
    assert client.get("/sign-in").status_code == 404
    assert "Sign in" not in client.get("/papers").text
    assert "The owner" in client.get("/account").text
    assert client.fill("/account", "/account/profile", shown="Ada", zone="Europe/Berlin").status_code == 303
    assert house.people.owner().shown == "Ada"
    assert house.people.owner().zone == "Europe/Berlin"
    assert client.post("/account/profile", data={"shown": "M"}).status_code == 403


def test_a_proxy_that_is_named_says_who_it_is_and_nobody_else(new_house, make_record):
    house = new_house(
        [make_record(1)], readers="many", proxy_header="Remote-User", proxy_networks=["192.0.2.0/24"]
    )
    app = create_app(house)
    proxy, stranger = TestClient(app, client=("192.0.2.1", 1)), TestClient(app, client=("198.51.100.1", 1))
    said = {"remote-user": "ada"}
    assert ">ada</a>" in proxy.get("/papers", headers=said).text
    assert "Sign in" in stranger.get("/papers", headers=said).text
    # Who is behind the proxy is not the proxy, whatever they say; and what they say is not believed.
    assert "Sign in" in stranger.get("/papers", headers={**said, "x-forwarded-for": "192.0.2.1"}).text
    assert len(house.store.accounts.every()) == 2
    house.people.disable(house.people.named("ada"))
    assert "Sign in" in proxy.get("/papers", headers=said).text
    for text in ("a\x7fb", "x" * 300, ""):
        assert "Sign in" in proxy.get("/papers", headers={"remote-user": text}).text


def test_forwarded_addresses_are_believed_from_proxies_alone(new_house):
    house = new_house(readers="many", proxy_networks=["192.0.2.0/24"])
    app = create_app(house)
    seen = []

    @app.get("/whence")
    def whence(request: __import__("fastapi").Request):
        seen.append((request.client.host, request.url.scheme))
        return {}

    forwarded = {"x-forwarded-for": "203.0.113.5, 198.51.100.7, 192.0.2.2", "x-forwarded-proto": "https"}
    TestClient(app, client=("192.0.2.1", 1)).get("/whence", headers=forwarded)
    TestClient(app, client=("198.51.100.1", 1)).get("/whence", headers=forwarded)
    TestClient(app, client=("192.0.2.1", 1)).get("/whence", headers={"x-forwarded-for": "rubbish"})
    assert seen == [("198.51.100.7", "https"), ("198.51.100.1", "http"), ("192.0.2.1", "http")]
