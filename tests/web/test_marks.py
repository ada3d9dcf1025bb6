import re

import pytest
from starlette.testclient import TestClient

from broadsheet.web.app import create_app

KEY = "2507.00005"


@pytest.fixture
def house(new_house, make_record):
    return new_house([make_record(number) for number in range(1, 9)])


@pytest.fixture
def client(house):
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        yield client


def form_of(page, key):
    """The fields and buttons of the form that marks a paper."""
    forms = re.findall(r'<form class="marks".*?</form>', page, re.S)
    (form,) = [form for form in forms if f'name="paper" value="{key}"' in form][:1]
    fields = dict(re.findall(r'name="(csrf|paper|back)" value="([^"]*)"', form))
    return fields, re.findall(r'<button name="do" value="(\w+)" aria-pressed="(\w+)"', form)


def test_a_vote_from_a_page_comes_back_to_the_paper(client, house):
    path = "/papers/date/2025-07-28"
    fields, buttons = form_of(client.get(path).text, KEY)
    assert buttons == [("vote", "false"), ("save", "false"), ("hide", "false")]
    answer = client.post("/mark", data={**fields, "do": "vote"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}#p{house.paper(KEY).id}"
    page = client.get(path).text
    fields, buttons = form_of(page, KEY)
    assert buttons[0] == ("unvote", "true")
    client.post("/mark", data={**fields, "do": "unvote"})
    assert form_of(client.get(path).text, KEY)[1][0] == ("vote", "false")


def test_the_script_gets_json(client):
    fields, _ = form_of(client.get("/papers/trending").text, KEY)
    answer = client.post("/mark", data={**fields, "do": "save"}, headers={"Accept": "application/json"})
    assert answer.json() == {
        "paper": KEY,
        "votes": 0,
        "comments": 0,
        "voted": False,
        "saved": True,
        "hidden": False,
        "read": False,
    }


def test_a_hidden_paper_is_folded_away_and_can_be_brought_back(client):
    fields, _ = form_of(client.get("/papers/trending").text, KEY)
    client.post("/mark", data={**fields, "do": "hide"})
    for path in ("/papers/trending", "/papers/date/2025-07-28"):
        page = client.get(path).text
        assert "Hidden by you: Counting looms" in page
        assert form_of(page, KEY)[1][2] == ("unhide", "true")
    client.post("/mark", data={**fields, "do": "unhide"})
    assert "Hidden by you" not in client.get("/papers/trending").text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"do": "dislike"}, 400),
        ({"paper": "2609.99999"}, 404),
        ({"csrf": "0" * 64}, 403),
        ({"paper": ""}, 422),
        ({"paper": "x" * 501}, 422),
    ],
)
def test_a_form_that_cannot_be_is_refused(client, given, status):
    fields, _ = form_of(client.get("/papers/trending").text, KEY)
    assert client.post("/mark", data={**fields, "do": "vote", **given}).status_code == status


def test_nobody_is_sent_to_another_site(client):
    fields, _ = form_of(client.get("/papers/trending").text, KEY)
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/mark", data={**fields, "do": "vote", "back": back}, follow_redirects=False)
        assert re.fullmatch(r"/#p\d+", answer.headers["location"])


def test_strangers_see_counts_and_cannot_vote(new_house, make_record):
    house = new_house([make_record(5)], readers="many")
    ada = house.people.create("ada")
    house.community.vote(ada, KEY)
    with TestClient(create_app(house), raise_server_exceptions=False) as client:
        page = client.get("/papers/trending").text
        assert '<form class="marks"' not in page
        assert "1 vote here" in page
        assert client.put(f"/api/marks/vote?paper={KEY}").status_code in (401, 403)
        assert client.get(f"/api/marks?paper={KEY}").json()["votes"] == 1


def test_marks_by_api(client, house):
    token = form_of(client.get("/papers/trending").text, KEY)[0]["csrf"]
    headers = {"X-CSRF-Token": token}
    for kind, state in (("vote", "voted"), ("save", "saved"), ("hide", "hidden"), ("read", "read")):
        address = f"/api/marks/{kind}?paper=https://arxiv.org/abs/{KEY}"
        for _ in range(2):
            assert client.put(address, headers=headers).json()[state] is True
        assert client.delete(address, headers=headers).json()[state] is False
    assert client.put(f"/api/marks/dislike?paper={KEY}", headers=headers).status_code == 422
    assert client.put("/api/marks/vote?paper=nobody", headers=headers).status_code == 404


def test_trending_explains_itself_and_its_api_says_the_same(client, house):
    house.community.vote(house.people.owner(), KEY)
    page = client.get("/papers/trending").text
    told = client.get("/api/trending").json()
    first = told["papers"][0]
    assert (first["place"], first["paper"]["key"], first["why"]["votes"]) == (1, KEY, 1)
    why = first["why"]
    assert why["heat"] == pytest.approx(why["readers"] + why["sources"] + why["prior"], rel=1e-4)
    assert "1 vote, 1 by trust" in page
    assert page.index(f"/papers/{KEY}") < page.index("/papers/2507.00001")


def test_a_list_asked_for_as_of_its_moment_is_the_same(client, house):
    reader = house.people.owner()
    house.community.vote(reader, KEY)
    then = client.get("/api/trending").json()
    main = re.search(
        r'<ol class="ranks".*</ol>', client.get(f"/papers/trending?as_of={then['at']}").text, re.S
    )[0]
    house.community.vote(reader, KEY, up=False)
    house.community.vote(reader, "2507.00007")
    assert client.get("/api/trending").json()["papers"][0]["paper"]["key"] == "2507.00007"
    again = client.get("/api/trending", params={"as_of": then["at"]}).json()
    assert again == then
    page = client.get(f"/papers/trending?as_of={then['at']}").text
    assert re.search(r'<ol class="ranks".*</ol>', page, re.S)[0] == main
    assert "As of <time" in page


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01", "2026-03-02T99:00"])
def test_a_moment_that_is_none_is_refused(client, wrong):
    assert client.get(f"/papers/trending?as_of={wrong}").status_code == 400
    assert client.get(f"/api/trending?as_of={wrong}").status_code == 400


def test_every_preset_has_a_page_a_feed_and_json(client):
    for preset in ("broadsheet", "votes", "hn", "scirate", "sources"):
        assert client.get(f"/papers/trending?by={preset}").status_code == 200
        assert client.get(f"/papers/trending?by={preset}&format=atom").status_code == 200
        assert client.get(f"/api/trending?by={preset}").json()["by"] == preset
    assert client.get("/papers/trending?by=best").status_code == 422


def test_what_if_shows_how_far_papers_move(client, house):
    house.community.vote(house.people.owner(), "2507.00008")
    page = client.get("/papers/trending/what-if?half_life=365&prior=0&source_weight=0").text
    first = page.index("/papers/2507.00008")
    assert "stays" in page[first : first + 400]
    assert re.search(r'name="half_life"[^>]*value="365.0"', page)
    assert "in force: 3" in page
    held = client.get("/papers/trending/what-if?half_life=-5&prior=nan").text
    assert re.search(r'name="half_life"[^>]*value="0.25"', held)
    assert client.get("/papers/trending/what-if?half_life=much").status_code == 422


def test_what_if_by_api(client):
    told = client.get("/api/trending?half_life=9").json()
    assert told["formula"]["half_life"] == 9
