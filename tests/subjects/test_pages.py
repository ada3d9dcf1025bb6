"""Tags as pages and for programs: what is asked for happens, and reasons are on the page."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from broadsheet.web.app import create_app

from .conftest import PLANTED, planted


@pytest.fixture
def paper_house(make_house):
    return make_house(
        [planted(topic, number, category=number < 12) for topic in PLANTED for number in range(15)]
    )


@pytest.fixture
def client(paper_house):
    client = TestClient(create_app(paper_house), follow_redirects=True)
    page = client.get("/tags").text
    client.headers["x-csrf-token"] = re.search(r'name="csrf" value="(\w+)"', page)[1]
    return client


def test_a_tag_is_made_suggests_and_is_taught(client, paper_house):
    keys = [planted("bees", number).key for number in range(3)]
    page = client.post("/tags", data={"name": "Hives", "papers": "\n".join(keys), "said": ""})
    assert page.url.path == "/tags/Hives"
    suggested = re.findall(
        r'<input type="hidden" name="paper" value="([^"]+)"><input type="hidden" name="fits" value="yes">',
        page.text,
    )
    assert len(suggested) >= 3
    assert all(key.partition(".")[2].startswith("1") for key in suggested)
    assert "Like “<a href=" in page.text
    assert "In common: " in page.text
    page = client.post("/tags/mark", data={"tag": "Hives", "paper": suggested[0], "fits": "yes"})
    assert suggested[0] in {
        p.key for p in paper_house.subjects.tagging.papers(paper_house.people.owner(), "hives")
    }
    page = client.post("/tags/mark", data={"tag": "hives", "paper": suggested[1], "fits": "no"})
    assert "Refused: 1" in page.text
    page = client.post("/tags/Hives", data={"said": "bees in a hive\n\nhoney", "do": "keep"})
    assert "bees in a hive" in page.text
    assert client.post("/tags/Hives", data={"do": "remove"}).url.path == "/tags"
    assert client.get("/tags/Hives").status_code == 404


def test_a_papers_own_page_gives_and_takes_tags(client):
    key = planted("tides", 3).key
    page = client.post(
        "/tags/mark", data={"tag": "The Sea", "paper": key, "fits": "yes", "back": f"/papers/{key}"}
    )
    assert page.url.path == f"/papers/{key}"
    assert 'href="/tags/The%20Sea"' in page.text
    assert client.get("/tags").text.count("The Sea") >= 1
    page = client.post(
        "/tags/mark", data={"tag": "The Sea", "paper": key, "fits": "none", "back": f"/papers/{key}"}
    )
    assert 'class="tagged"' not in page.text


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/tags", {"name": "a/b"}, 400),
        ("/tags", {"name": "x", "papers": "2499.99999"}, 400),
        ("/tags/mark", {"tag": "none", "paper": "2401.00000", "fits": "no"}, 404),
        ("/tags/mark", {"tag": "none", "paper": "2401.00000", "fits": "perhaps"}, 400),
        ("/tags/none", {"said": "x"}, 404),
    ],
)
def test_what_cannot_be_is_said(client, path, form, status):
    assert client.post(path, data=form).status_code == status


def test_going_back_stays_on_this_site(client):
    form = {"tag": "sea", "paper": planted("tides", 1).key, "fits": "yes", "back": "https://evil.example/"}
    answer = client.post("/tags/mark", data=form, follow_redirects=False)
    assert answer.headers["location"].startswith("/")
    assert "evil" not in answer.headers["location"]


def test_a_program_makes_teaches_and_removes_a_tag(client):
    keys = [planted("violins", number).key for number in range(3)]
    made = client.put("/api/tags/strings", json={"papers": keys, "said": ["a bow on a string"]}).json()
    assert (made["fits"], made["wanting"], made["said"]) == (3, 0, ["a bow on a string"])
    first = made["suggestions"][0]
    assert {reason["kind"] for reason in first["reasons"]} >= {"like", "said"}
    told = client.put(
        "/api/tags/strings/papers", params={"paper": first["paper"]["key"], "fits": "false"}
    ).json()
    assert told["refused"] == 1
    again = client.get("/api/tags/strings").json()
    assert first["paper"]["key"] not in {each["paper"]["key"] for each in again["suggestions"]}
    assert client.get("/api/tags").json()[0]["name"] == "strings"
    assert client.delete("/api/tags/strings").json() == []
    assert client.put("/api/tags/a%2Fb", json={}).status_code in (400, 404)


def test_a_guess_is_marked_on_pages_cards_and_in_the_api(client, paper_house):
    key = planted("glaciers", 13).key
    assert "guessed" not in client.get(f"/papers/{key}").text
    assert paper_house.subjects.refresh()
    page = client.get(f"/papers/{key}").text
    assert "Field, guessed" in page
    assert "<span> guessed</span>" in page
    assert "guessed by this house" in client.get(f"/papers/{key}.md").text
    told = client.get(f"/api/papers/{key}").json()
    assert told["categories"] == []
    assert told["guessed_category"]["category"].startswith("physics")
    assert 0 < told["guessed_category"]["sure"] <= 1
    found = client.get("/api/search", params={"q": "moraine crevasse", "limit": 100}).json()["hits"]
    by_key = {hit["paper"]["key"]: hit["paper"] for hit in found}
    assert by_key[key]["guessed_category"] == told["guessed_category"]
    assert "guessed_category" not in by_key[planted("glaciers", 2).key]
    assert ", guessed</span>" in client.get("/papers", params={"q": "moraine crevasse"}).text
    for suffix in (".bib", ".ris", ".csl.json"):
        assert "physics" not in client.get(f"/papers/{key}{suffix}").text


def test_hostile_words_stay_words(client):
    name = '"><script>window.hacked=1<-script>'
    page = client.post("/tags", data={"name": name, "said": "<img src=x onerror=1>\n{{7*7}}"})
    assert page.status_code == 200
    assert "<script>window" not in page.text
    assert "<img" not in page.text
    assert "{{7*7}}" in page.text
