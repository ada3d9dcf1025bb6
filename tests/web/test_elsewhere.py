"""Signing in with another house: against an OpenID Connect provider that stands in, on a port of this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.testclient import TestClient

from broadsheet.people.door import Visitor
from broadsheet.web.app import create_app


class Provider:
    """A provider that lets everybody in, and lies when a test asks it to."""

    def __init__(self):
        self.keys = [RSAKey.generate_key(2048, {"kid": "first"})]
        self.claims = {"sub": "42", "preferred_username": "Ada.L", "name": "Ada Lovelace"}
        self.lies = {}
        self.sign_with = None
        self.codes = {}
        self.asked = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.answer(self, provider.describe(self.path))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                provider.answer(self, provider.token(form, self.headers.get("authorization", "")))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @staticmethod
    def answer(handler, body):
        raw = json.dumps(body or {"error": "invalid_grant"}).encode()
        handler.send_response(200 if body else 400)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def describe(self, path):
        self.asked.append(path)
        if path == "/jwks":
            return KeySet(self.keys).as_dict(private=False)
        return {
            "issuer": self.lies.get("issuer", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }

    def let_in(self, address):
        """Somebody says yes at the provider; returns the path and query that the browser comes back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"

    def token(self, form, authorization):
        asked = self.codes.pop(form["code"], None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if digest.rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        if base64.b64decode(authorization.removeprefix("Basic ")) != b"house:a secret":
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "house",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.lies,
        }
        claims = {name: value for name, value in claims.items() if value is not None and name != "issuer"}
        header, key = {"alg": "RS256", "kid": self.keys[0].kid}, self.keys[0]
        if self.sign_with:
            header, key = self.sign_with
        if header["alg"] == "none":
            parts = [
                base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode()
                for p in (header, claims)
            ]
            signed = ".".join([*parts, ""])
        else:
            signed = jwt.encode(header, claims, key, algorithms=[header["alg"]])
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}


@pytest.fixture(scope="module")
def standing():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(standing):
    standing.__dict__.update(
        claims={"sub": "42", "preferred_username": "Ada.L", "name": "Ada Lovelace"}, lies={}, sign_with=None
    )
    return standing


@pytest.fixture
def house(new_house, make_record, provider):
    return new_house(
        [make_record(1)],
        readers="many",
        oidc_issuer=provider.issuer,
        oidc_client_id="house",
        oidc_client_secret="a secret",
        oidc_name="the lab",
    )


@pytest.fixture
def visit(house):
    app = create_app(house)
    return lambda: TestClient(app, follow_redirects=False)


def come_in(browser, provider, next_=""):
    begun = browser.get("/sign-in/elsewhere", params={"next": next_} if next_ else None)
    assert begun.status_code == 303
    return browser.get(provider.let_in(begun.headers["location"]))


def test_somebody_the_provider_knows_comes_in_and_is_the_same_next_time(visit, provider, house):
    browser = visit()
    assert "Sign in with the lab" in browser.get("/sign-in").text
    answer = come_in(browser, provider, "/papers/archive")
    assert (answer.status_code, answer.headers["location"]) == (303, "/papers/archive")
    assert ">Ada Lovelace</a>" in browser.get("/papers").text
    reader = house.people.named("ada-l")
    assert (reader.shown, reader.role.value) == ("Ada Lovelace", "reader")
    provider.claims["preferred_username"] = "somebody-else-now"
    assert come_in(visit(), provider).status_code == 303
    assert len(house.store.accounts.every()) == 2  # the owner and Ada


def test_an_address_is_no_way_into_an_account(visit, provider, house):
    house.people.create("grace", email="grace@example.org", confirmed=True)
    provider.claims |= {"preferred_username": "grace", "email": "grace@example.org", "email_verified": True}
    browser = visit()
    assert come_in(browser, provider).status_code == 303
    assert house.people.named("grace").email == "grace@example.org"
    assert house.store.entrances.identities(house.people.named("grace").id) == []
    assert len(house.store.accounts.every()) == 3


def test_an_address_that_the_provider_has_not_seen_answered_is_not_believed(visit, provider, house):
    provider.claims |= {"email": "x@example.org", "email_verified": False}
    come_in(visit(), provider)
    assert house.people.named("ada-l").email == ""


def test_who_is_signed_in_adds_the_provider_to_the_account(visit, provider, house):
    rob, eve = house.people.create("rob"), house.people.create("eve")
    browser = visit()
    browser.cookies.set("broadsheet-session", house.people.door.open(rob, "password", Visitor("test")))
    come_in(browser, provider, "/account")
    assert [i.subject for i in house.store.entrances.identities(rob.id)] == ["42"]
    fresh = visit()
    come_in(fresh, provider)
    assert ">rob</a>" in fresh.get("/papers").text
    other = visit()
    other.cookies.set("broadsheet-session", house.people.door.open(eve, "password", Visitor("test")))
    assert come_in(other, provider).status_code == 401  # one way in leads to one account
    house.people.disable(rob)
    assert come_in(visit(), provider).status_code == 401


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["house", "somebody-else"]},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 42},
    ],
    ids=str,
)
def test_an_identity_that_is_not_sound_opens_nothing(visit, provider, house, lies):
    provider.lies = lies
    browser = visit()
    answer = come_in(browser, provider)
    assert answer.status_code == 401
    assert "did not work" in answer.text
    assert "broadsheet-session" not in browser.cookies
    assert len(house.store.accounts.every()) == 1


@pytest.mark.parametrize("how", ["none", "client secret", "another key"])
def test_an_identity_signed_by_nobody_opens_nothing(visit, provider, house, how):
    provider.sign_with = {
        "none": ({"alg": "none"}, None),
        "client secret": ({"alg": "HS256"}, OctKey.import_key("a secret" * 4)),
        "another key": ({"alg": "RS256", "kid": "first"}, RSAKey.generate_key(2048, {"kid": "first"})),
    }[how]
    assert come_in(visit(), provider).status_code == 401
    assert len(house.store.accounts.every()) == 1


def test_keys_that_have_changed_are_asked_for_again(visit, provider):
    assert come_in(visit(), provider).status_code == 303
    kept = provider.keys
    provider.keys = [RSAKey.generate_key(2048, {"kid": "second"})]
    try:
        assert come_in(visit(), provider).status_code == 303
    finally:
        provider.keys = kept


def test_what_was_begun_elsewhere_is_not_finished_here(visit, provider):
    """A stranger's code in a victim's browser would sign the victim in as the stranger."""
    attacker, victim = visit(), visit()
    stolen = provider.let_in(attacker.get("/sign-in/elsewhere").headers["location"])
    assert victim.get(stolen).status_code == 401
    victim.get("/sign-in/elsewhere")
    assert victim.get(stolen).status_code == 401
    assert "broadsheet-session" not in victim.cookies
    browser = visit()
    back = provider.let_in(browser.get("/sign-in/elsewhere").headers["location"])
    assert browser.get(back.replace("state=", "state=x")).status_code == 401
    assert browser.get("/sign-in/elsewhere/back?error=access_denied").status_code == 401
    used = visit()
    back = provider.let_in(used.get("/sign-in/elsewhere").headers["location"])
    assert used.get(back).status_code == 303
    assert visit().get(back).status_code == 401


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_the_way_back_leads_nowhere_else(visit, provider, next_):
    assert come_in(visit(), provider, next_).headers["location"] == "/papers"


def test_strangers_get_no_account_where_they_shall_not(new_house, provider):
    house = new_house(
        readers="many",
        oidc_issuer=provider.issuer,
        oidc_client_id="house",
        oidc_client_secret="a secret",
        oidc_create=False,
    )
    answer = come_in(TestClient(create_app(house), follow_redirects=False), provider)
    assert answer.status_code == 401
    assert "Ask for an invitation" in answer.text
    assert len(house.store.accounts.every()) == 1


def test_a_provider_that_is_down_or_somebody_else_is_said_so(new_house, provider):
    house = new_house(readers="many", oidc_issuer="http://127.0.0.1:9", oidc_client_id="house")
    answer = TestClient(create_app(house), follow_redirects=False).get("/sign-in/elsewhere")
    assert answer.status_code == 502
    provider.lies = {"issuer": "https://evil.example"}
    house = new_house(readers="many", oidc_issuer=provider.issuer, oidc_client_id="house")
    assert TestClient(create_app(house), follow_redirects=False).get("/sign-in/elsewhere").status_code == 502


@pytest.mark.parametrize("name", ["", "gone-1", "日本", "a" * 90, "-_-", "x@y", "owner"])
def test_whatever_somebody_is_called_elsewhere_there_is_a_name_here(visit, provider, house, name):
    provider.claims |= {"preferred_username": name, "name": "\u202eeve\n\x00"}
    assert come_in(visit(), provider).status_code == 303
    made = house.store.accounts.every()[-1].reader
    assert made.id != 1
    assert made.shown == "eve"
