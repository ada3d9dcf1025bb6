"""Editions and discussions as of a moment."""

from __future__ import annotations

from datetime import UTC, datetime


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


def test_what_was_said_as_of_a_moment(client, house):
    paper = house.edition().papers[0]
    owner = house.people.owner()
    house.community.comment(owner, paper.key, "The first word.")
    moment = datetime.now(UTC).isoformat()
    house.community.comment(owner, paper.key, "The second word.")
    page = f"/papers/{paper.key}"
    assert "The second word." in client.get(page).text
    then = client.get(page, params={"as_of": moment}).text
    assert "The first word." in then
    assert "The second word." not in then
