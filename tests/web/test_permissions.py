"""Who may ask for what: every route of the app, asked as everybody.

The rows are held against the app's own table of routes, so that a new route cannot escape: whoever adds one says
here who may use it. A row is `method path who [example]`; the example stands for the parameters of the path.

all: strangers too, even in a private house. public: strangers, unless the house is private. reader, curator,
admin: those, and who may do more. in-person-*: the same, and no key.
"""

from __future__ import annotations

import re

import argon2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

import broadsheet
from broadsheet.people import passwords
from broadsheet.readers import Role
from broadsheet.web.app import create_app

ROWS = """
GET   /                               public
GET   /papers                         public
GET   /papers/archive                 public
GET   /papers/trending                public
GET   /papers/date/{name}             public     /papers/date/2025-07-28
GET   /papers/week/{name}             public     /papers/week/2025-W31
GET   /papers/month/{name}            public     /papers/month/2025-07
GET   /papers/{reference:path}        public     /papers/2507.00001
GET   /api/daily_papers               public
GET   /api/editions/{span}            public     /api/editions/2025-07-28
GET   /api/papers/search              public
GET   /api/papers/{key:path}          public     /api/papers/2507.00001
GET   /api/search                     public
GET   /api/similar                    public     /api/similar?like=2507.00001
GET   /papers/trending/what-if        public
POST  /mark                           reader
GET   /api/marks                      public     /api/marks?paper=2507.00001
PUT   /api/marks/{kind}               reader     /api/marks/vote?paper=2507.00001
DELETE /api/marks/{kind}              reader     /api/marks/vote?paper=2507.00001
GET   /api/trending                   public
POST  /comments                       reader
POST  /comments/edit                  reader
POST  /comments/remove                reader
POST  /comments/hide                  curator
POST  /comments/lock                  curator
GET   /comments/{number}              public     /comments/1
POST  /report                         reader
GET   /shelves                        public
POST  /shelves                        reader
POST  /shelves/change                 reader
POST  /shelves/remove                 reader
POST  /shelves/put                    reader
POST  /shelves/take                   reader
GET   /shelves/{number}               public     /shelves/1
GET   /readers/{name}                 public     /readers/the-reader
GET   /authors/{name}                 public     /authors/Ada
GET   /following                      reader
GET   /following/{token}              all        /following/none
POST  /follow                         reader
GET   /curate                         curator
POST  /curate/dismiss                 curator
POST  /curate/verify                  curator
POST  /curate/vouch                   curator
POST  /claim                          reader
GET   /submit                         reader
POST  /submit                         reader
GET   /api/comments                   public     /api/comments?paper=2507.00001
POST  /api/comments                   reader
PUT   /api/comments/{number}          reader     /api/comments/1
DELETE /api/comments/{number}         reader     /api/comments/1
GET   /api/shelves                    public
POST  /api/shelves                    reader
GET   /api/shelves/{number}           public     /api/shelves/1
PUT   /api/shelves/{number}           reader     /api/shelves/1
DELETE /api/shelves/{number}          reader     /api/shelves/1
PUT   /api/shelves/{number}/papers    reader     /api/shelves/1/papers?paper=2507.00001
DELETE /api/shelves/{number}/papers   reader     /api/shelves/1/papers?paper=2507.00001
GET   /api/follows                    reader
PUT   /api/follows                    reader     /api/follows?thing=author:Ada
DELETE /api/follows                   reader     /api/follows?thing=author:Ada
POST  /api/submit                     reader
POST  /api/reports                    reader
GET   /api/claims                     public     /api/claims?paper=2507.00001
PUT   /api/claims                     reader     /api/claims?paper=2507.00001
DELETE /api/claims                    reader     /api/claims?paper=2507.00001
GET   /api/curate                     curator
DELETE /api/curate/reports            curator    /api/curate/reports?paper=2507.00001
PUT   /api/curate/claims              curator
PUT   /api/curate/comments/{number}   curator    /api/curate/comments/1
PUT   /api/curate/discussions         curator    /api/curate/discussions?paper=2507.00001
GET   /api/curate/readers             curator
PUT   /api/curate/readers/{name}      curator    /api/curate/readers/the-reader
GET   /methods                        public
GET   /methods/{name}                 public     /methods/muvera
GET   /api/methods                    public
GET   /api/methods/{name}             public     /api/methods/muvera
GET   /subscribe                      public
POST  /subscribe                      public
GET   /subscriptions                  reader
POST  /subscriptions                  reader
POST  /subscriptions/end              reader
GET   /mail/confirm/{token}           all        /mail/confirm/none
POST  /mail/confirm/{token}           all        /mail/confirm/none
GET   /mail/unsubscribe/{token}       all        /mail/unsubscribe/none
POST  /mail/unsubscribe/{token}       all        /mail/unsubscribe/none
GET   /mail/settings/{token}          all        /mail/settings/none
POST  /mail/settings/{token}          all        /mail/settings/none
GET   /mail/digest/{token}            all        /mail/digest/none
GET   /mail/digest/{token}/{deed}     all        /mail/digest/none/up
POST  /mail/digest/{token}/{deed}     all        /mail/digest/none/up
GET   /mail/feed/{token}              all        /mail/feed/none
GET   /jobs                           admin
POST  /jobs/run                       admin
GET   /topics                         public
GET   /topics/{number}                public     /topics/1
GET   /papers/date/{name}/map         public     /papers/date/2025-07-28/map
GET   /papers/week/{name}/map         public     /papers/week/2025-W31/map
GET   /papers/month/{name}/map        public     /papers/month/2025-07/map
GET   /api/topics                     public
GET   /api/topics/{number}            public     /api/topics/1
GET   /tags                           reader
POST  /tags                           reader
POST  /tags/mark                      reader
GET   /tags/{name}                    reader     /tags/none
POST  /tags/{name}                    reader     /tags/none
GET   /api/tags                       reader
GET   /api/tags/{name}                reader     /api/tags/none
PUT   /api/tags/{name}                reader     /api/tags/none
DELETE /api/tags/{name}               reader     /api/tags/none
PUT   /api/tags/{name}/papers         reader     /api/tags/none/papers?paper=2507.00001
DELETE /api/tags/{name}/papers        reader     /api/tags/none/papers?paper=2507.00001
GET   /for-you                        reader
GET   /for-you/go                     reader     /for-you/go?paper=2507.00001
POST  /for-you/correct                reader
GET   /for-you/begin                  reader
POST  /for-you/begin                  reader
POST  /for-you/library                reader
GET   /for-you/model                  reader
POST  /for-you/model                  reader
GET   /for-you/model.json             reader
GET   /for-you/feed/{token}           all        /for-you/feed/none
GET   /api/for-you                    reader
DELETE /api/for-you                   reader
GET   /api/for-you/model              reader
PUT   /api/for-you/papers/{kind}      reader     /api/for-you/papers/down?paper=2507.00001
DELETE /api/for-you/papers/{kind}     reader     /api/for-you/papers/down?paper=2507.00001
PUT   /api/for-you/wishes/{kind}      reader     /api/for-you/wishes/less?what=tides
DELETE /api/for-you/wishes/{kind}     reader     /api/for-you/wishes/less?what=tides
PUT   /api/for-you/library            reader
DELETE /api/for-you/library           reader     /api/for-you/library?name=thesis
GET   /lab                            admin
GET   /api/lab                        admin
GET   /docs/api                       public
GET   /openapi.json                   public
GET   /llms.txt                       public
GET   /opensearch.xml                 public
GET   /healthz                        all
GET   /readyz                         all
GET   /favicon.ico                    all
GET   /robots.txt                     all
GET   /manifest.webmanifest           all
GET   /static/{name}                  all        /static/broadsheet.css
POST  /theme                          all
GET   /sign-in                        all
POST  /sign-in                        all
POST  /sign-out                       all
GET   /sign-in/elsewhere              all
GET   /sign-in/elsewhere/back         all
POST  /sign-in/passkey/begin          all
POST  /sign-in/passkey                all
GET   /sign-up                        all
POST  /sign-up                        all
GET   /invitation/{token}             all        /invitation/none
POST  /invitation/{token}             all        /invitation/none
GET   /reset                          all
POST  /reset                          all
GET   /reset/{token}                  all        /reset/none
POST  /reset/{token}                  all        /reset/none
GET   /confirm/{token}                all        /confirm/none
POST  /confirm/{token}                all        /confirm/none
GET   /account                        in-person-reader
GET   /account/export                 in-person-reader
POST  /account/profile                in-person-reader
POST  /account/email                  in-person-reader
POST  /account/password               in-person-reader
POST  /account/sessions/end           in-person-reader
POST  /account/keys                   in-person-reader
POST  /account/keys/end               in-person-reader
POST  /account/elsewhere/end          in-person-reader
POST  /account/passkeys/begin         in-person-reader
POST  /account/passkeys               in-person-reader
POST  /account/passkeys/end           in-person-reader
POST  /account/delete                 in-person-reader
GET   /people                         in-person-admin
POST  /people/invitations             in-person-admin
POST  /people/invitations/withdraw    in-person-admin
POST  /people/role                    in-person-admin
POST  /people/disable                 in-person-admin
POST  /people/link                    in-person-admin
"""
# What carries no token, and why that is safe.
EXEMPT = {
    "/theme": "changes nothing but the look, in the browser that asks",
    "/mail/unsubscribe/{token}": "mail programs post there without a page (RFC 8058); the token is signed",
    "/mail/digest/{token}/{deed}": "the token of the mail is signed, and says who and of which digest",
}
TABLE = {(row.split()[0], row.split()[1]): row.split()[2:] for row in ROWS.strip().splitlines()}
WHO = ("stranger", "reader", "curator", "admin")
GOOD = "nine green bottles"


def example(key):
    return TABLE[key][1] if len(TABLE[key]) > 1 else key[1]


def flat(routes):
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            yield from flat(getattr(route, "original_router", route).routes)


@pytest.fixture(scope="module")
def houses(tmp_path_factory, make_record):
    """An open house and a private one, with a reader of each role."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", argon2.PasswordHasher(1, 8, 1))
        passwords._nobodys.cache_clear()
        made = {}
        for private in (False, True):
            house = broadsheet.open(
                tmp_path_factory.mktemp("house"),
                encoder="none",
                readers="many",
                private=private,
                registration="open",
            )
            house.store.ingest([make_record(1)])
            for role in Role:
                reader = house.people.create(f"the-{role.value}", role=role)
                house.store.accounts.change(reader.id, password=passwords.hashed(GOOD))
            made[private] = (house, create_app(house))
        yield made
        for house, _ in made.values():
            house.close()
    passwords._nobodys.cache_clear()


def client_of(house, app, who):
    """A client that is signed in, with the token of its forms."""
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    page = client.get("/sign-in")
    token = token_in(page.text)
    if who != "stranger":
        reader = house.people.named(f"the-{who}")
        from broadsheet.people.door import Visitor

        client.cookies.set("broadsheet-session", house.people.door.open(reader, "password", Visitor("test")))
        token = token_in(client.get("/account").text)
    client.headers["x-csrf-token"] = token
    return client


def token_in(page):
    return re.search(r'name="csrf" (?:value|content)="(\w+)"', page)[1]


def ask(client, key, **more):
    return client.request(key[0], example(key), **more)


def refused(answer):
    to_the_door = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
    return answer.status_code in (401, 403) or to_the_door


def may(who, level):
    level = level.removeprefix("in-person-")
    return level in ("all", "public") or (who in WHO and WHO.index(who) >= WHO.index(level))


# Asked by the right people these end what the walk stands on, or say 401 to what is not filled in.
DESTRUCTIVE = {("POST", "/sign-out"), ("POST", "/sign-in"), ("POST", "/sign-in/passkey")}


def test_every_route_is_in_the_table_and_nothing_else(houses):
    _, app = houses[False]
    known = {(method, route.path) for route in flat(app.routes) for method in route.methods}
    assert known == set(TABLE), "say in ROWS who may use it"


@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_what_is_theirs_and_nothing_else(houses, who):
    house, app = houses[False]
    for key, (level, *_) in TABLE.items():
        if key in DESTRUCTIVE:
            continue
        answer = ask(client_of(house, app, who), key, data={})
        assert answer.status_code < 500, (who, key)
        assert refused(answer) is not may(who, level), (who, key, answer.status_code)


def test_a_private_house_shows_a_stranger_only_what_is_for_all(houses):
    house, app = houses[True]
    client = client_of(house, app, "stranger")
    for key, (level, *_) in TABLE.items():
        if key in DESTRUCTIVE:
            continue
        answer = ask(client, key, data={})
        assert refused(answer) is (level != "all"), (key, answer.status_code)
        assert "Counting" not in answer.text
    inside = client_of(house, app, "reader")
    for key, (level, *_) in TABLE.items():
        if level == "public":
            assert not refused(ask(inside, key)), key


@pytest.mark.parametrize("who", WHO)
def test_nothing_changes_without_the_token_of_a_page(houses, who):
    house, app = houses[False]
    client = client_of(house, app, who)
    for key in TABLE:
        if key[0] == "GET":
            continue
        for token in ("", "0" * 64):
            client.headers["x-csrf-token"] = token
            answer = ask(client, key, data={"csrf": token})
            assert (answer.status_code == 403) is (key[1] not in EXEMPT), (who, key, answer.status_code)


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["read", "write", "admin"]])
def test_a_key_does_nothing_in_person_and_nothing_beyond_its_scopes(houses, scopes):
    house, app = houses[False]
    admin = house.people.named("the-admin")
    key_of = house.people.keys.make(admin, "a key", frozenset(scopes))
    client = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    client.headers["authorization"] = f"Bearer {key_of}"
    for key, (level, *_) in TABLE.items():
        if level in ("all", "public"):
            continue
        answer = ask(client, key, data={})
        needed = {"read" if key[0] == "GET" else "write"} | ({"admin"} if level != "reader" else set())
        allowed = "in-person" not in level and needed <= set(scopes)
        assert refused(answer) is not allowed, (scopes, key, answer.status_code)
    house.people.keys.take_back(admin, house.people.keys.of(admin)[0].id)


def test_what_is_anothers_is_not_there(houses):
    """A reader asks for things of another by their right names; nothing happens to them."""
    house, app = houses[False]
    owner = house.people.named("the-curator")
    from broadsheet.people.door import Visitor

    house.people.door.open(owner, "password", Visitor("test"))
    house.people.keys.make(owner, "a key", frozenset({"read"}))
    entrances = house.store.entrances
    entrances.add_passkey(owner.id, "credential", "key", 0, "a passkey")
    entrances.add_identity(owner.id, "https://login.example.org", "7")

    def things():
        return (
            entrances.sessions(owner.id),
            house.people.keys.of(owner),
            entrances.passkeys(owner.id),
            entrances.identities(owner.id),
        )

    before = things()
    for who in ("stranger", "reader", "admin"):
        client = client_of(house, app, who)
        for path, data in (
            ("/account/sessions/end", {"id": before[0][0].id}),
            ("/account/keys/end", {"id": before[1][0].id}),
            ("/account/passkeys/end", {"id": before[2][0].id}),
            ("/account/elsewhere/end", {"issuer": "https://login.example.org"}),
        ):
            assert client.post(path, data=data).status_code < 500
    assert things() == before
