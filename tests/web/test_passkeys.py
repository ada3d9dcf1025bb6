"""Passkeys in a real browser with a virtual authenticator, and the pages of people as people see them."""

from __future__ import annotations

import re
from functools import partial

import argon2
import pytest
from axe_playwright_python.sync_playwright import Axe
from starlette.testclient import TestClient

import broadsheet
from broadsheet.people import passwords
from broadsheet.people.door import Visitor
from broadsheet.readers import Role
from broadsheet.web.app import create_app

GOOD = "nine green bottles"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


@pytest.fixture(scope="module")
def house(tmp_path_factory, make_record):
    with (
        pytest.MonkeyPatch.context() as patch,
        broadsheet.open(
            tmp_path_factory.mktemp("people"), encoder="none", readers="many", registration="open"
        ) as house,
    ):
        patch.setattr(passwords, "HASHER", argon2.PasswordHasher(1, 8, 1))
        house.store.ingest([make_record(number) for number in range(1, 4)])
        ada = house.people.create("ada", role=Role.ADMIN, shown="Ada Lovelace")
        house.store.accounts.change(ada.id, password=passwords.hashed(GOOD))
        yield house


@pytest.fixture(scope="module")
def address(house, serve):
    """By name: a browser makes no passkey for a number."""
    return serve(create_app(house)).replace("127.0.0.1", "localhost")


@pytest.fixture
def page(chromium, address):
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: page.problems.append(message.text))
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    page.device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})[
        "authenticatorId"
    ]
    page.devices = devices
    yield page
    context.close()


def sign_in(page):
    page.goto("/sign-in")
    page.get_by_label("Name or address").fill("ada")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Ada Lovelace").wait_for()


@pytest.mark.browser
def test_a_passkey_is_added_opens_the_door_and_is_removed(page, house):
    ada = house.people.named("ada")
    sign_in(page)
    page.goto("/account")
    page.get_by_label("Call it").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("My laptop").wait_for()
    assert [key.label for key in house.people.passkeys.of(ada)] == ["My laptop"]
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url("**/sign-in")
    page.goto("/sign-in?next=/papers/archive")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("/papers/archive")
    assert page.get_by_role("link", name="Ada Lovelace").is_visible()
    assert house.people.passkeys.of(ada)[0].used
    assert house.store.entrances.sessions(ada.id)[0].method == "passkey"
    # The house forgets it: the device still offers it, and it opens nothing.
    page.goto("/account")
    page.get_by_role("button", name="Remove: My laptop").click()
    page.get_by_text("Your passkeys have changed").wait_for()
    assert house.people.passkeys.of(ada) == []
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url("**/sign-in")
    assert page.problems == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("does not open a door").wait_for()


@pytest.mark.browser
def test_an_answer_that_was_heard_is_not_good_again(page, house):
    ada = house.people.named("ada")
    sign_in(page)
    page.goto("/account")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**done=passkeys")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url("**/sign-in")
    with page.expect_request("**/sign-in/passkey") as heard:
        page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/papers")
    answer = heard.value.post_data_json
    options = {"origin": page.url.removesuffix("/papers"), "host": "localhost"}
    with pytest.raises(broadsheet.BroadsheetError):
        house.people.passkeys.enter(answer, **options, visit="whatever")
    challenge, visit = house.people.signer("passkey.enter").loads(answer["state"])
    again = partial(house.people.limiter.forgive, "challenge", challenge)
    key = house.people.passkeys.of(ada)[0]
    with pytest.raises(broadsheet.BroadsheetError):  # the device counts, and this one was counted
        house.people.passkeys.enter(answer, **options, visit=visit)
    again()
    house.store.entrances.passkey_used(key.id, 0)  # as of a device that does not count
    # Right in every way, and right once.
    assert house.people.passkeys.enter(answer, **options, visit=visit) == ada
    house.store.entrances.passkey_used(key.id, 0)
    with pytest.raises(broadsheet.BroadsheetError):
        house.people.passkeys.enter(answer, **options, visit=visit)
    for wrong in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"visit": "another"}):
        again()
        house.store.entrances.passkey_used(key.id, 0)
        with pytest.raises(broadsheet.BroadsheetError):
            house.people.passkeys.enter(answer, **{**options, "visit": visit, **wrong})
    for key in house.people.passkeys.of(ada):
        house.people.passkeys.remove(ada, key.id)


@pytest.mark.parametrize(
    "answer",
    [{}, {"credential": {}}, {"credential": "x", "state": "y"}, {"credential": {"id": 7}}, {"state": None}],
    ids=str,
)
def test_an_answer_that_is_none_opens_nothing(house, answer):
    client = TestClient(create_app(house), raise_server_exceptions=False)
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf" content="(\w+)"', page)[1]
    headers = {"x-csrf-token": token}
    begun = client.post("/sign-in/passkey/begin", headers=headers)
    assert begun.json()["options"]["userVerification"] == "required"
    assert begun.json()["options"]["allowCredentials"] == []  # it says nothing of who is here
    reply = client.post("/sign-in/passkey", json={"state": begun.json()["state"], **answer}, headers=headers)
    assert (reply.status_code, list(reply.json())) == (401, ["error"])
    assert client.post("/sign-in/passkey", json=answer).status_code == 403
    ada = house.people.named("ada")
    client.cookies.set("broadsheet-session", house.people.door.open(ada, "password", Visitor("test")))
    token = re.search(r'name="csrf" content="(\w+)"', client.get("/account").text)[1]
    reply = client.post("/account/passkeys", json=answer, headers={"x-csrf-token": token})
    assert reply.status_code == 400


@pytest.mark.browser
def test_the_pages_of_people_are_accessible_and_fit(page, house):
    token, _ = house.people.links.invite(None)
    reset = house.people.links.reset_token(house.people.named("ada"))
    paths = ["/sign-in", "/sign-up", "/reset", f"/invitation/{token}", f"/reset/{reset}", "/reset/none"]
    for path in [*paths, "in", "/account", "/people"]:
        if path == "in":
            sign_in(page)
            continue
        page.goto(path)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, (path, results.generate_report())
        for width in (320, 360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert [problem for problem in page.problems if "410" not in problem] == []


@pytest.mark.browser
def test_a_reader_joins_and_leaves_without_a_script(chromium, address, house):
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-up")
    page.get_by_label("Name").fill("plain")
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Come in").click()
    assert page.get_by_role("link", name="plain").is_visible()
    page.goto("/account")
    page.get_by_text("Leave, and have everything removed").click()
    page.get_by_label("Type your name").fill("plain")
    page.locator("#f-leave").fill(GOOD)
    page.get_by_role("button", name="Leave for good").click()
    assert page.url.endswith("/sign-in")
    assert "plain" not in [account.reader.name for account in house.store.accounts.every()]
    context.close()
