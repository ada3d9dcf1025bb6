"""For You in the browser and for programs: what it shows, what one click does, and whose it is."""

from __future__ import annotations

import html
import json
import re

import pytest
from starlette.testclient import TestClient

from broadsheet.people.door import Visitor
from broadsheet.readers import Role
from broadsheet.store.tastes import Session
from broadsheet.subscriptions import Channel, Kind, Wish
from broadsheet.web.app import create_app

MARK = "zyxmark"


@pytest.fixture
def many(new_house, make_record):
    """A house with accounts: the house, its app, and ways to sign in."""
    config = {"readers": "many", "smtp_host": "127.0.0.1", "mail_from": "paper@example.org"}
    house = new_house([make_record(number) for number in range(1, 41)], **config)
    app = create_app(house)

    def sign_in(name, role=Role.READER):
        reader = house.people.create(name, email=f"{name}@example.org", confirmed=True, role=role)
        client = TestClient(app, follow_redirects=False)
        client.cookies.set("broadsheet-session", house.people.door.open(reader, "password", Visitor("test")))
        page = client.get("/account").text
        client.headers["x-csrf-token"] = re.search(r'name="csrf" (?:value|content)="(\w+)"', page)[1]
        return reader, client

    return house, app, sign_in


def order(client):
    found = re.findall(r'<article class="card middle[^"]*" id="p(\d+)">', client.get("/for-you").text)
    return [int(number) for number in found]


def test_a_newcomer_brings_a_bib_sees_reasons_corrects_one_and_the_order_changes(many):
    house, _, sign_in = many
    _, client = sign_in("ada")
    assert "Nothing is known of you yet" in client.get("/for-you").text
    before = order(client)
    known = [house.paper(f"2507.{number:05}") for number in (8, 16)]  # of tides
    bib = "".join(
        f"@misc{{k{p.id}, title={{{p.title}}}, eprint={{{p.key}}}, archivePrefix={{arXiv}}}}\n" for p in known
    )
    answer = client.post("/for-you/library", files={"file": ("thesis.bib", bib.encode(), "text/plain")})
    assert answer.status_code == 200
    assert "2 papers are kept here and count as liked" in answer.text
    page = client.get("/for-you").text
    assert "in thesis.bib" in html.unescape(page)
    after = order(client)
    assert after != before
    assert "tides" in house.store.papers([after[0]])[0].title
    answer = client.post("/for-you/correct", data={"do": "less", "what": "tides", "back": "/for-you"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/for-you?done=less&what=tides")
    told = client.get(answer.headers["location"]).text
    assert "Less of" in told
    assert "Undo" in told
    assert order(client) != after
    client.post("/for-you/correct", data={"do": "unless", "what": "tides"})
    assert order(client) == after
    client.post("/for-you/correct", data={"do": "ignore", "what": known[0].key})
    assert "2507.00008" not in re.findall(r"Like <a href=\"/papers/([\d.]+)\"", client.get("/for-you").text)


def test_every_correction_is_kept_and_taken_back(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    for do, what, kept in (
        ("mute", "tides", {"muted": ["tides"]}),
        ("away", "Ada Example", {"authors": ["ada example"]}),
        ("drop", "tag:sea", {"dropped": ["tag:sea"]}),
    ):
        assert client.post("/for-you/correct", data={"do": do, "what": what}).status_code == 303
        assert house.for_you.said(ada).kept() == kept
        client.post("/for-you/correct", data={"do": f"un{do}", "what": what})
        assert house.for_you.said(ada).kept() == {}
    for do in ("up", "down", "ignore"):
        client.post("/for-you/correct", data={"do": do, "what": "2507.00001"})
        assert house.store.events.marks(do, reader_id=ada.id)
        client.post("/for-you/correct", data={"do": f"un{do}", "what": "2507.00001"})
        assert not house.store.events.marks(do, reader_id=ada.id)
    assert client.post("/for-you/correct", data={"do": "hop", "what": "x"}).status_code == 400
    assert client.post("/for-you/correct", data={"do": "mute", "what": "x" * 90}).status_code == 400
    assert client.post("/for-you/correct", data={"do": "up", "what": "2499.99999"}).status_code == 404
    elsewhere = client.post(
        "/for-you/correct", data={"do": "mute", "what": "kites", "back": "//evil.example"}
    )
    assert elsewhere.headers["location"].startswith("/?")


def test_the_model_page_tells_all_and_changes_how_it_goes(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    house.community.vote(ada, "2507.00001")
    house.for_you.judge(ada, "2507.00002", "down")
    page = client.get("/for-you/model").text
    assert house.paper("2507.00001").title in page
    assert house.paper("2507.00002").title in page
    told = client.get("/for-you/model.json")
    assert "attachment" in told.headers["content-disposition"]
    assert [held["key"] for held in told.json()["against"]] == ["2507.00002"]
    client.post("/for-you/model", data={"do": "explore", "explore": "30"})
    assert house.for_you.said(ada).explore == 0.3
    assert client.post("/for-you/model", data={"do": "explore", "explore": "much"}).status_code == 400
    assert "Keep my reading out" in client.get("/for-you/model").text
    client.post("/for-you/model", data={"do": "alone"})
    assert house.for_you.said(ada).alone
    assert "Let my reading teach others" in client.get("/for-you/model").text
    client.post("/for-you/model", data={"do": "together"})
    assert not house.for_you.said(ada).alone
    client.post("/for-you/model", data={"do": "off"})
    assert "switched this off" in client.get("/for-you").text
    client.post("/for-you/model", data={"do": "on"})
    client.post("/for-you/model", data={"do": "reset"})
    assert "Nothing is known of you yet" in client.get("/for-you").text
    assert client.post("/for-you/model", data={"do": "dance"}).status_code == 400


def test_ten_ratings_teach(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    page = client.get("/for-you/begin").text
    asked = list(dict.fromkeys(re.findall(r'name="rate-([\d.]+)"', page)))
    assert len(asked) == 10
    answers = {
        f"rate-{asked[0]}": "up",
        f"rate-{asked[1]}": "down",
        f"rate-{asked[2]}": "none",
        "rate-x": "hop",
    }
    assert client.post("/for-you/begin", data=answers).status_code == 303
    marks = {mark.kind: mark.work_key for mark in house.store.events.marks("up", "down", reader_id=ada.id)}
    assert marks == {"up": asked[0], "down": asked[1]}


def test_only_links_of_ones_own_page_note_that_a_paper_was_opened(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    _, other = sign_in("bo")
    link = html.unescape(re.search(r'href="(/for-you/go[^"]+)"', client.get("/for-you").text)[1])
    for who, address in ((other, link), (client, link[:-1] + "0"), (client, "/for-you/go?paper=2507.00001")):
        assert who.get(address).headers["location"].startswith("/papers/2507.")
    opened = house.store.events.marks("open")
    assert len(opened) <= 1  # a link may end in 0
    assert client.get(link).status_code == 303
    assert [mark.reader_id for mark in house.store.events.marks("open")] == [ada.id]


def test_a_library_may_be_larger_than_a_form_and_not_larger_than_that(many):
    _, _, sign_in = many
    _, client = sign_in("ada")
    lines = "".join(
        f"@book{{b{n}, title={{A book of no interest, volume {n} {'x' * 90}}}}}\n" for n in range(1200)
    )
    assert 64 << 10 < len(lines) < 4 << 20
    assert client.put("/api/for-you/library?name=big", content=lines.encode()).json()["elsewhere"] == 1200
    assert client.put("/api/for-you/library", content=b"x" * (5 << 20)).status_code == 413
    assert client.post("/for-you/correct", content=b"x" * (65 << 10)).status_code == 413
    noise = client.post("/for-you/library", files={"file": ("x", b"\0\1\2", "text/plain")})
    assert noise.status_code == 400
    assert 'role="alert"' in noise.text


def test_programs_do_the_same(many):
    house, app, sign_in = many
    ada, _ = sign_in("ada")
    client = TestClient(app)
    key = house.people.keys.make(ada, "a key", frozenset({"read", "write"}))
    client.headers["authorization"] = f"Bearer {key}"
    assert client.put("/api/for-you/papers/up?paper=2507.00001").status_code == 204
    assert client.put("/api/for-you/wishes/mute?what=kites").status_code == 204
    page = client.get("/api/for-you?limit=5").json()
    assert page["known"]
    assert len(page["choices"]) == 5
    assert page["choices"][0]["why"]
    assert not any("kites" in choice["paper"]["title"] for choice in page["choices"])
    assert house.store.tastes.of(ada.id).shown == b""  # asking leaves no trace
    assert client.get("/api/for-you/model").json()["said"] == {"muted": ["kites"]}
    assert client.delete("/api/for-you/wishes/mute?what=kites").status_code == 204
    assert client.delete("/api/for-you").status_code == 204
    assert not client.get("/api/for-you").json()["known"]


def test_a_shelf_is_put_in_the_order_to_read_and_says_what_it_wants(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    shelf = house.community.make_shelf(ada, "Counting")
    for number in (1, 9, 2, 17, 10):  # of two subjects
        house.community.shelve(ada, shelf.number, f"2507.{number:05}")

    def standing(address):
        return re.findall(r'class="card result" id="p(\d+)"', client.get(address).text)

    latest, ordered = standing(f"/shelves/{shelf.number}"), standing(f"/shelves/{shelf.number}?order=reading")
    assert sorted(latest) == sorted(ordered)
    assert latest != ordered
    page = client.get(f"/shelves/{shelf.number}").text
    assert "It may want" in page
    wanted = re.search(
        r'name="paper" value="([\d.]+)"><input type="hidden" name="back"', page[page.index("It may want") :]
    )[1]
    client.post("/shelves/put", data={"number": shelf.number, "paper": wanted, "back": "/"})
    assert len(standing(f"/shelves/{shelf.number}")) == 6


def test_a_paper_says_what_to_read_next_to_it(many):
    house, _, sign_in = many
    ada, client = sign_in("ada")
    shelf = house.community.make_shelf(ada, "Shown", access="public")
    for number in (1, 12):
        house.community.shelve(ada, shelf.number, f"2507.{number:05}")
    page = client.get("/papers/2507.00001").text
    assert "Read next to this" in page
    assert "On 1 public shelf with it." in page


def test_the_lab_is_for_admins_and_tells_its_course(many):
    house, _, sign_in = many
    reader, _ = sign_in("ada")
    _, admin = sign_in("root", Role.ADMIN)
    assert "Nothing is compared" in admin.get("/lab").text
    days = [
        Session("a:A / b:B", reader.id, f"2026-01-{day:02}", 1.0, float(day % 9 == 0)) for day in range(1, 29)
    ]
    house.store.tastes.settle(days)
    page = admin.get("/lab").text
    assert "Readers prefer A." in page
    assert "<polyline" in page
    (told,) = admin.get("/api/lab").json()
    assert (told["days_to_first"], told["draws"], told["winner"]) == (25, 3, "a:A")


# Whose it is


@pytest.fixture
def two(many):
    """Ada, who has made of everything something private, and Bo, who has not."""
    house, app, sign_in = many
    ada, of_ada = sign_in("ada")
    bo, of_bo = sign_in("bo")
    house.community.vote(bo, "2507.00001")
    before = order(of_bo)
    house.for_you.say(ada, house.for_you.said(ada).with_word("muted", f"{MARK} muted").with_author(MARK))
    of_ada.put(
        f"/api/for-you/library?name={MARK}.bib", content=f"@book{{b, title={{{MARK} of a book}}}}".encode()
    )
    shelf = house.community.make_shelf(ada, f"{MARK} shelf", about=MARK)
    house.community.shelve(ada, shelf.number, "2507.00003", note=f"{MARK} note", tags=[MARK])
    house.subjects.tagging.make(ada, f"{MARK} tag", ["2507.00004"], [f"{MARK} sentence"])
    house.community.follow(ada, f"author:{MARK}")
    for kind in ("save", "hide", "read"):
        house.community.mark(ada, "2507.00005", kind, True)
    for kind in ("up", "open", "ignore"):
        house.for_you.judge(ada, "2507.00006", kind)
    house.people.keys.make(ada, f"{MARK} key", frozenset({"read"}))
    wish = Wish(kind=Kind.QUERY, object=f"{MARK} query")
    asked, _ = house.mail.store.ask(Channel.WEBHOOK, f"https://example.org/{MARK}", ada.id, wish)
    of_ada.get("/for-you")
    return house, app, (ada, of_ada, shelf.number, asked.id), (bo, of_bo, before)


def reading(app):
    """The addresses of all that can be read, with what stands for parameters."""
    stands = {
        "name": "owner",
        "number": "1",
        "kind": "vote",
        "span": "2025-07-28",
        "reference:path": "2507.00001",
    }
    stands |= {"key:path": "2507.00001", "token": "none", "deed": "up"}

    def flat(routes):
        for route in routes:
            if hasattr(route, "methods"):
                yield route
            else:
                yield from flat(getattr(route, "original_router", route).routes)

    for route in flat(app.routes):
        if "GET" in route.methods:
            yield re.sub(r"{([\w:]+)}", lambda found: stands[found[1]], route.path)


def test_nothing_of_a_readers_own_is_on_any_page_of_another(two):
    house, app, (_, of_ada, shelf, _), (_, of_bo, _) = two
    seen = sum(
        MARK in of_ada.get(path).text
        for path in ("/for-you/model", "/tags", f"/shelves/{shelf}", "/following")
    )
    assert seen == 4  # so that looking for nothing can fail
    stranger = TestClient(app, follow_redirects=False)
    paths = [
        *reading(app),
        f"/shelves/{shelf}",
        f"/api/shelves/{shelf}",
    ]
    paths += [
        "/readers/ada",
        "/papers/2507.00003",
        "/papers/2507.00005",
        "/papers/2507.00006",
        "/papers?q=book",
    ]
    paths += ["/api/marks?paper=2507.00005", "/shelves/1?token=none", "/account/export"]
    paths += [f"/for-you?format={name}" for name in ("atom", "json")]
    assert len(paths) > 60
    for client in (of_bo, stranger):
        for path in paths:
            answer = client.get(path)
            assert MARK not in answer.text.casefold(), path
    for path in (f"/tags/{MARK} tag", f"/api/tags/{MARK} tag"):
        assert of_bo.get(path).status_code == 404
    sign = house.community.beside(house.people.named("bo"), ["2507.00005"])["2507.00005"]
    assert (sign.saved, sign.hidden, sign.read) == (False, False, False)


def test_a_feed_token_opens_one_readers_feed_and_nothing_else(two):
    house, app, (_, of_ada, _, _), (bo, of_bo, _) = two
    stranger = TestClient(app, follow_redirects=False)
    mine = re.search(r'href="(/for-you/feed/[^"?]+)', of_bo.get("/for-you").text)[1]
    token = mine.rpartition("/")[2]
    for name in ("atom", "rss", "json", "bibtex", "csv", "jsonl"):
        answer = stranger.get(mine, params={"format": name})
        assert answer.status_code == 200
        assert MARK not in answer.text
    ids = [item["url"] for item in json.loads(stranger.get(mine, params={"format": "json"}).text)["items"]]
    assert ids != [
        i["url"]
        for i in stranger.get(
            re.search(r'href="(/for-you/feed/[^"?]+)', of_ada.get("/for-you").text)[1],
            params={"format": "json"},
        ).json()["items"]
    ]
    for other in ("/following/", "/mail/feed/", "/mail/settings/", "/reset/", "/invitation/"):
        assert stranger.get(other + token).status_code in (400, 404, 410), other
    following = house.people.signer("following").dumps(bo.id)
    for forged in (following, token[:-2] + "xx", house.people.signer("for-you").dumps(bo.id), "1"):
        assert stranger.get(f"/for-you/feed/{forged}").status_code == 404
    of_bo.post("/for-you/model", data={"do": "feed"})
    assert stranger.get(mine).status_code == 404  # a new address makes the old one void


def test_what_others_do_moves_neither_page_nor_feed_nor_answer(two):
    _, _, _, (_, of_bo, before) = two
    assert order(of_bo) == before


def test_nobody_changes_what_is_anothers(two):
    house, _, (ada, _, shelf, subscription), (_, of_bo, _) = two
    comment = house.community.comment(ada, "2507.00003", "my own words")
    taken = house.people.export(ada)
    tries = [
        ("POST", "/shelves/change", {"number": shelf, "name": "mine now"}),
        ("POST", "/shelves/remove", {"number": shelf}),
        ("POST", "/shelves/put", {"number": shelf, "paper": "2507.00009"}),
        ("POST", "/shelves/take", {"number": shelf, "paper": "2507.00003"}),
        ("DELETE", f"/api/shelves/{shelf}", None),
        ("DELETE", f"/api/shelves/{shelf}/papers?paper=2507.00003", None),
        ("POST", "/comments/edit", {"number": comment, "text": "not my words"}),
        ("POST", "/comments/remove", {"number": comment}),
        ("DELETE", f"/api/comments/{comment}", None),
        ("POST", "/subscriptions/end", {"id": subscription}),
        ("POST", f"/tags/{MARK} tag", {"do": "remove"}),
        ("DELETE", f"/api/tags/{MARK} tag", None),
        ("POST", "/for-you/correct", {"do": "release", "what": f"{MARK}.bib"}),
        ("DELETE", f"/api/for-you/library?name={MARK}.bib", None),
        ("POST", "/for-you/correct", {"do": "unmute", "what": f"{MARK} muted"}),
        ("DELETE", "/api/for-you/papers/up?paper=2507.00006", None),
        ("POST", "/follow", {"thing": f"author:{MARK}", "stop": "1"}),
        ("DELETE", f"/api/follows?thing=author:{MARK}", None),
        ("POST", "/for-you/model", {"do": "reset"}),
        ("DELETE", "/api/for-you", None),
    ]
    for method, path, data in tries:
        answer = of_bo.request(method, path, data=data)
        assert answer.status_code < 500, path
    assert house.people.export(ada) == taken
    assert house.mail.store.subscription(subscription).ended is None
