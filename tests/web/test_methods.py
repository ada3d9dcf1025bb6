"""Methods on the pages: their own, and marks where their papers are."""

import json

import pytest
from starlette.testclient import TestClient

from broadsheet.methods import Methods
from broadsheet.papers import Author, Identifier, Listing
from broadsheet.web.app import create_app


def muvera(make_record, **given):
    fields = {
        "title": "MUVERA: Multi-Vector Retrieval via Fixed Dimensional Encodings",
        "identifiers": (Identifier("arxiv", "2405.19504"),),
        "key": "2405.19504",
        "authors": (Author("Laxman Dhulipala"),),
    }
    return make_record(1, **{**fields, **given})


@pytest.fixture
def shown(new_house, make_record):
    return TestClient(create_app(new_house([muvera(make_record), make_record(2)])))


def test_a_papers_page_says_that_it_is_implemented_here_and_what_became_of_it(shown):
    text = shown.get("/papers/2405.19504").text
    muvera = Methods.shipped().named("muvera")
    assert "Implemented here" in text
    assert muvera.verdict in text
    assert muvera.headline.replace("'", "&#39;") in text
    assert 'href="/methods/muvera"' in text
    assert "Implemented here" not in shown.get("/papers/2507.00002").text


def test_so_do_its_card_its_markdown_and_its_json(shown):
    edition = shown.get("/papers/date/2025-07-28").text
    assert edition.count('class="mark"') == 1
    assert "Implemented here: MUVERA" in shown.get("/papers/2405.19504.md").text
    told = shown.get("/api/papers/2405.19504").json()["implemented"]
    assert [each["name"] for each in told] == ["muvera"]
    assert told[0]["url"] == "http://testserver/methods/muvera"
    assert "implemented" not in shown.get("/api/papers/2507.00002").json()


def test_a_paper_of_two_methods_names_both_on_its_card(new_house, make_record):
    nested = muvera(
        make_record,
        title="Matryoshka Representation Learning",
        identifiers=(Identifier("arxiv", "2205.13147"),),
        key="2205.13147",
        authors=(Author("Aditya Kusupati"),),
    )
    house = new_house([nested])
    assert len(Methods.shipped().of(house.paper("2205.13147"))) == 2
    edition = TestClient(create_app(house)).get("/papers/date/2025-07-28").text
    assert edition.count("Implemented here: ") == 1
    assert all(f'href="/methods/{name}"' in edition for name in ("matryoshka", "prefix"))


def test_a_saved_page_that_tells_titles_alone_is_enough(new_house, make_record):
    bare = muvera(
        make_record,
        identifiers=(),
        key="jul-29-1",
        authors=(),
        links=(),
        source="hf",
        format="hf-text",
        listings=(Listing("hf", "--07-29", 1),),
    )
    client = TestClient(create_app(new_house([bare])))
    key = client.get("/api/daily_papers?date=--07-29").json()[0]["paper"]["key"]
    assert "Implemented here" in client.get(f"/papers/{key}").text
    assert f'href="/papers/{key}"' in client.get("/methods/muvera").text


def test_a_method_leads_back_to_its_paper_where_that_is_kept(shown, client):
    assert 'href="/papers/2405.19504"' in shown.get("/methods/muvera").text
    elsewhere = client.get("/methods/muvera").text
    assert 'href="/papers/2405.19504"' not in elsewhere
    assert "https://arxiv.org/abs/2405.19504" in elsewhere


def test_every_method_has_a_page_with_all_that_was_measured(client):
    listed = client.get("/methods").text
    for each in Methods.shipped():
        assert f'href="/methods/{each.name}"' in listed
        page = client.get(f"/methods/{each.name}")
        assert page.status_code == 200
        assert page.text.count("<tr>") == 1 + len(each.evidence.rows)
        assert "style=" not in page.text
        assert "<style" not in page.text


def test_machines_get_the_same(client):
    every = client.get("/api/methods").json()
    assert [each["name"] for each in every] == [each.name for each in Methods.shipped()]
    inside = client.get("/api/methods?room=find").json()
    assert inside == [each for each in every if each["room"] == "find"]
    one = client.get("/api/methods/muvera").json()
    assert one in every
    kept = Methods.shipped().named("muvera").evidence
    assert one["rows"] == json.loads(json.dumps(kept.rows))
    assert one["checks"] == dict(kept.checks)


@pytest.mark.parametrize("name", ["alchemy", "muvera.json", "%00", "<script>alert(1)</script>"])
def test_a_method_that_is_not_there_is_said_so(client, name):
    page, told = client.get(f"/methods/{name}"), client.get(f"/api/methods/{name}")
    assert page.status_code == told.status_code == 404
    assert "<script>" not in page.text
    assert client.get(f"/methods/{'a' * 101}").status_code == 422


def test_below_a_root_every_link_keeps_to_it(new_house, make_record):
    house = new_house([muvera(make_record)], base_url="https://papers.example.org/daily")
    client = TestClient(create_app(house))
    assert 'href="/daily/methods/muvera"' in client.get("/daily/papers/2405.19504").text
    assert client.get("/daily/api/methods/muvera").json()["url"] == (
        "https://papers.example.org/daily/methods/muvera"
    )
