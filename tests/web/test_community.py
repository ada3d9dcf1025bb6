"""Discussion, shelves, following, curating and submitting, as pages and as JSON."""

import json
import re

import pytest
from starlette.testclient import TestClient

from broadsheet.web.app import create_app

KEY, OTHER = "2507.00005", "2507.00006"


@pytest.fixture
def house(house_of_three):
    return house_of_three


def test_a_discussion_from_the_page(as_, house):
    ada, bo, nobody = as_("ada"), as_("bo"), as_("")
    answer = ada.post("/comments", data={"paper": KEY, "text": "Is it *tight*, @bo?"})
    number = int(re.fullmatch(rf"/papers/{KEY}#c(\d+)", answer.headers["location"])[1])
    bo.post("/comments", data={"paper": KEY, "text": "Yes: $x<y$", "parent": number})
    page = nobody.get(f"/papers/{KEY}").text
    assert 'Is it <em>tight</em>, <a href="/readers/bo"' in page
    assert page.index("<em>tight</em>") < page.index('<ol class="thread"', page.index("<em>tight</em>"))
    assert '<form class="say"' not in page
    assert "to take part" in page
    assert "2 comments" in nobody.get("/papers/date/2025-07-28").text
    assert "Where others call you" in bo.get("/readers/bo").text
    ada.post("/comments/edit", data={"paper": KEY, "number": number, "text": "Is it tight?"})
    history = nobody.get(f"/comments/{number}").text
    assert history.index("<p>Is it tight?</p>") < history.index("<em>tight</em>")
    assert bo.post("/comments/edit", data={"paper": KEY, "number": number, "text": "Ha"}).status_code == 403
    ada.post("/comments/remove", data={"paper": KEY, "number": number})
    assert "Taken away by its writer" in nobody.get(f"/papers/{KEY}").text
    assert "tight" not in nobody.get(f"/comments/{number}").text


def test_curators_hide_and_close(as_):
    ada, cy, nobody = as_("ada"), as_("cy"), as_("")
    location = ada.post("/comments", data={"paper": KEY, "text": "A rude word"}).headers["location"]
    number = location.partition("#c")[2]
    ada.post("/report", data={"paper": KEY, "thing": f"comment:{number}", "reason": "my own"})
    assert "“my own”" in cy.get("/curate").text
    assert ada.get("/curate").status_code == 403
    cy.post("/comments/hide", data={"paper": KEY, "number": number, "reason": "rude"})
    page = nobody.get(f"/papers/{KEY}").text
    assert "Hidden by a curator: rude" in page
    assert "A rude word" not in page
    assert "A rude word" not in nobody.get(f"/comments/{number}").text
    assert "Nothing is waiting" in cy.get("/curate").text
    cy.post("/comments/lock", data={"paper": KEY, "reason": "enough"})
    assert "closed this discussion: enough" in nobody.get(f"/papers/{KEY}").text
    assert ada.post("/comments", data={"paper": KEY, "text": "But"}).status_code == 403


def test_shelves_from_the_page(as_):
    ada, bo, nobody = as_("ada"), as_("bo"), as_("")
    ada.post("/shelves/put", data={"paper": KEY, "new": "Lamps", "note": "Read *it*", "tags": "a, b"})
    shelf = re.search(r'href="(/shelves/\d+)">Lamps', ada.get("/shelves").text)[1]
    number = shelf.rpartition("/")[2]
    page = ada.get(shelf).text
    assert "Read <em>it</em>" in page
    assert '<span class="tag">a</span>' in page
    assert bo.get(shelf).status_code == 404
    assert nobody.get(shelf).status_code == 404
    ada.post("/shelves/change", data={"number": number, "name": "Lamps", "access": "link"})
    link = re.search(rf'href="({shelf}\?token=[^"]+)"', ada.get(shelf).text)[1]
    assert nobody.get(shelf).status_code == 404
    assert nobody.get(link).status_code == 200
    assert "Counting looms" in nobody.get(f"{link}&format=atom").text
    ada.post("/shelves/change", data={"number": number, "name": "Lamps", "access": "public"})
    assert "Lamps" in nobody.get("/shelves").text
    assert "Lamps" in nobody.get("/readers/ada").text
    ada.post("/shelves/take", data={"paper": KEY, "number": number})
    assert "Nothing stands on it" in nobody.get(shelf).text
    assert bo.post("/shelves/remove", data={"number": number}).status_code == 403
    ada.post("/shelves/remove", data={"number": number})
    assert nobody.get(shelf).status_code == 404


def test_a_shelf_as_of_any_moment(as_, house):
    ada = as_("ada")
    reader = house.people.named("ada")
    shelf = house.community.make_shelf(reader, "Lamps", access="public")
    house.community.shelve(reader, shelf.number, KEY)
    then = house.store.events.after()[-1].at.isoformat()
    house.community.unshelve(reader, shelf.number, KEY)
    house.community.shelve(reader, shelf.number, OTHER)
    page = ada.get(f"/shelves/{shelf.number}", params={"as_of": then}).text
    assert f"/papers/{KEY}" in page
    assert f"/papers/{OTHER}" not in page
    told = ada.get(f"/api/shelves/{shelf.number}", params={"as_of": then}).json()
    assert [item["paper"] for item in told["standing"]] == [KEY]


def test_following_is_a_feed(as_, house):
    ada, nobody = as_("ada"), as_("")
    bo_ = house.people.named("bo")
    shelf = house.community.make_shelf(bo_, "Lamps", access="public")
    house.community.shelve(bo_, shelf.number, KEY)
    house.community.comment(bo_, OTHER, "Good")
    for thing in (f"shelf:{shelf.number}", f"reader:{bo_.id}", "author:Di Instance"):
        assert ada.post("/follow", data={"thing": thing}).status_code == 303
    page = ada.get("/following").text
    assert page.count("Counting ") >= 8
    feed = re.search(r'href="(/following/[^"?]+)\?format=atom"', page)[1]
    assert "Counting looms" in nobody.get(feed).text
    assert json.loads(nobody.get(f"{feed}?format=json").text)["items"]
    assert nobody.get(feed[:-3] + "abc").status_code == 404
    assert nobody.get("/following").status_code in (303, 401)
    for path in ("/readers/bo", "/authors/Di Instance", f"/shelves/{shelf.number}"):
        assert "Following" in ada.get(path).text
        assert "<feed" in nobody.get(f"{path}?format=atom").text
    house.store.accounts.change(house.people.named("ada").id, disabled=True)
    assert nobody.get(feed).status_code == 404


def test_authorship_is_claimed_and_verified(as_):
    ada, cy, nobody = as_("ada"), as_("cy"), as_("")
    ada.post("/claim", data={"paper": KEY, "author": "Ada Example"})
    assert "a curator will look" in ada.get(f"/papers/{KEY}").text
    assert "says: I am Ada Example" in cy.get("/curate").text
    cy.post("/curate/verify", data={"paper": KEY, "name": "ada"})
    ada.post("/comments", data={"paper": KEY, "text": "Ask me"})
    page = nobody.get(f"/papers/{KEY}").text
    assert "Ada Example is" in page
    assert '<span class="flag">author</span>' in page
    assert "Wrote" in nobody.get("/readers/ada").text
    assert ada.post("/claim", data={"paper": OTHER, "author": "Somebody Else"}).status_code == 400
    ada.post("/claim", data={"paper": KEY, "withdraw": "1"})
    assert "Ada Example is" not in nobody.get(f"/papers/{KEY}").text


def test_curators_vouch(as_, house):
    cy, ada = as_("cy"), as_("ada")
    house.community.vote(house.people.named("bo"), KEY)
    assert house.community.explain(house.paper(KEY))[1].trusted == 0
    assert ada.post("/curate/vouch", data={"name": "bo"}).status_code == 403
    cy.post("/curate/vouch", data={"name": "bo", "trust": "1"})
    assert house.community.explain(house.paper(KEY))[1].trusted == 1
    for wrong in ("2", "-1", "much", "nan"):
        assert cy.post("/curate/vouch", data={"name": "bo", "trust": wrong}).status_code == 400


def test_submitting_from_the_page(as_, house):
    ada = as_("ada")
    asked = []
    house.community.pull = lambda source, words: asked.append((source, *words))
    page = ada.post("/submit", data={"name": "https://arxiv.org/abs/2609.12345v2"}).text
    assert "is kept by its name" in page
    assert asked == [("ids", "arxiv:2609.12345")]
    assert "Nothing is known of this paper yet but its name" in ada.get("/papers/2609.12345").text
    assert "It is here already" in ada.post("/submit", data={"name": KEY}).text
    refused = ada.post("/submit", data={"name": "http://169.254.169.254/latest/"})
    assert refused.status_code == 400
    assert "names no paper" in refused.text
    assert len(asked) == 1


def test_the_json_of_all_of_it(as_, house):
    ada, bo = as_("ada"), as_("bo")
    made = ada.post("/api/comments", json={"paper": KEY, "text": "One"})
    assert made.status_code == 201
    number = made.json()["number"]
    bo.post("/api/comments", json={"paper": KEY, "text": "Two @ada", "parent": number})
    assert ada.put(f"/api/comments/{number}", json={"text": "One!"}).json()["edited"] is True
    told = ada.get("/api/comments", params={"paper": KEY}).json()
    assert [(c["by"], c["text"], c["parent"], c["mentions"]) for c in told] == [
        ("ada", "One!", 0, []),
        ("bo", "Two @ada", number, ["ada"]),
    ]
    assert ada.delete(f"/api/comments/{number}").status_code == 204
    assert bo.delete(f"/api/comments/{number}").status_code == 403
    shelf = ada.post("/api/shelves", json={"name": "Lamps", "access": "link"}).json()
    path = f"/api/shelves/{shelf['number']}"
    assert ada.put(f"{path}/papers?paper={KEY}", json={"note": "n", "tags": ["t"]}).status_code == 204
    assert ada.put(f"{path}/papers?paper={OTHER}").status_code == 204
    assert bo.get(path).status_code == 404
    seen = bo.get(f"{path}?token={shelf['token']}").json()
    assert "token" not in seen
    assert [(item["paper"], item["note"]) for item in seen["standing"]] == [(OTHER, ""), (KEY, "n")]
    assert ada.delete(f"{path}/papers?paper={OTHER}").status_code == 204
    assert ada.put(path, json={"name": "Lights"}).json()["access"] == "private"
    assert [s["name"] for s in ada.get("/api/shelves").json()] == ["Lights"]
    assert bo.get("/api/shelves").json() == []
    assert ada.delete(path).status_code == 204
    assert ada.put("/api/follows?thing=author:Ada Example").status_code == 204
    assert ada.get("/api/follows").json() == [{"thing": "author:Ada Example", "title": "Ada Example"}]
    assert ada.delete("/api/follows?thing=author:Ada Example").status_code == 204
    assert ada.put("/api/follows?thing=topic:x").status_code == 400
    house.community.pull = None
    assert ada.post("/api/submit", json={"name": "2609.12345"}).json()["state"] == "kept"


def test_a_key_needs_its_scopes(house):
    ada = house.people.named("ada")
    client = TestClient(create_app(house), raise_server_exceptions=False)
    for scopes, status in ((["read"], 403), (["read", "write"], 200)):
        key = house.people.keys.make(ada, "a key", frozenset(scopes))
        token = key if isinstance(key, str) else key[0]
        client.headers["authorization"] = f"Bearer {token}"
        assert client.put(f"/api/marks/vote?paper={KEY}").status_code == status
    assert client.get(f"/api/marks?paper={KEY}").json()["voted"] is True


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/comments", {"paper": KEY, "text": ""}),
        ("/comments", {"paper": "nobody", "text": "x"}),
        ("/comments", {"paper": KEY, "text": "x", "parent": "77"}),
        ("/comments/edit", {"paper": KEY, "number": "77", "text": "x"}),
        ("/shelves", {"name": ""}),
        ("/shelves", {"name": "x", "access": "all"}),
        ("/shelves/put", {"paper": KEY, "number": "77"}),
        ("/follow", {"thing": "reader:0x1"}),
        ("/report", {"paper": KEY, "reason": ""}),
        ("/comments", {"paper": KEY, "text": "x", "parent": "99999999999999999999"}),
    ],
)
def test_what_cannot_be_is_refused_politely(as_, path, data):
    answer = as_("ada").post(path, data=data)
    assert answer.status_code in (400, 404, 422)
    assert "Traceback" not in answer.text
