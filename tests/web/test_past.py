"""Editions and discussions as of a moment."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.testclient import TestClient

from broadsheet.web.app import create_app


def test_an_edition_as_of_a_moment(client, house):
    day = house.latest()
    now, there = f"/api/editions/{day.name}", day.path
    today = client.get(now).json()
    assert today["papers"]
    moment = datetime.now(UTC).isoformat()
    assert client.get(now, params={"as_of": moment}).json()["papers"] == today["papers"]
    before = client.get(now, params={"as_of": "2020-01-01"}).json()
    assert (before["papers"], before["total"]) == ([], 0)
    page = client.get(there, params={"as_of": moment})
    assert "As it stood on" in page.text
    assert "as_of=" in client.get(there, params={"as_of": moment}).text
    feed = client.get(there, params={"as_of": moment, "format": "json"}).json()
    assert len(feed["items"]) == today["total"]
    assert client.get(there, params={"as_of": "2020-01-01"}).status_code == 404
    assert client.get(now, params={"as_of": "soon"}).status_code == 400


def test_what_was_said_as_of_a_moment(new_house, make_record):
    house = new_house([make_record(1)])
    key, owner = "2507.00001", house.people.owner()
    client = TestClient(create_app(house), base_url="http://localhost:8000")
    house.community.comment(owner, key, "The first word.")
    moment = datetime.now(UTC).isoformat()
    house.community.comment(owner, key, "The second word.")
    assert "The second word." in client.get(f"/papers/{key}").text
    then = client.get(f"/papers/{key}", params={"as_of": moment}).text
    assert "The first word." in then
    assert "The second word." not in then


def test_whoever_can_be_followed_can_be_had_by_mail(client):
    assert "/subscribe?kind=person&amp;of=" in client.get("/readers/owner").text
    assert "/subscribe?kind=query&amp;of=author" in client.get("/authors/Somebody Else").text
