from __future__ import annotations

import re

import numpy as np
import pytest
from starlette.testclient import TestClient

from broadsheet.subjects.maps import HEIGHT, WIDTH
from broadsheet.web.app import create_app
from broadsheet.web.topics import View

from .conftest import PLANTED, planted


@pytest.fixture
def drawn(house):
    return house.subjects.map(house.store.papers(house.store.ids()))


def test_papers_of_a_kind_lie_together(drawn):
    places = np.array([(point.x, point.y) for point in drawn.points])
    kinds = [point.paper.key.partition(".")[2][0] for point in drawn.points]
    away = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    alike = [kinds[i] == kinds[j] for i, j in enumerate(away.argmin(axis=1))]
    assert np.mean(alike) > 0.9


def test_everybody_is_on_the_map_once_and_inside(drawn):
    points = drawn.points
    assert len({point.paper.id for point in points}) == len(points) == 120
    assert [point.number for point in points] == list(range(1, 121))
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in points)
    assert drawn.left == 0


def test_the_same_papers_make_the_same_map(house, drawn):
    fresh = type(house.subjects)(house.store, house.index, house.folder)
    again = fresh.map(house.store.papers(house.store.ids()))
    assert [(p.x, p.y, p.paper.id) for p in again.points] == [(p.x, p.y, p.paper.id) for p in drawn.points]


def test_few_papers_and_none_have_maps(house):
    papers = house.store.papers(house.store.ids())
    for count in (0, 1, 2, 3, 5):
        assert len(house.subjects.map(papers[:count]).points) == count


@pytest.mark.parametrize(("x", "y", "zoom"), [(-5, -5, 4), (1e6, 1e6, 8), (500, 320, 3), (0, 0, 1)])
def test_a_view_never_leaves_the_map(x, y, zoom):
    view = View.of(x, y, zoom)
    left, top, width, height = map(float, view.box.split())
    assert left >= -0.1
    assert top >= -0.1
    assert left + width <= WIDTH + 0.1
    assert top + height <= HEIGHT + 0.1
    for other in (view.moved(1, 0), view.moved(-1, 1), view.nearer(1), view.nearer(-1)):
        assert other is None or View.of(other.x, other.y, other.zoom) == other


@pytest.fixture
def client(make_house):
    records = [planted(topic, number) for topic in PLANTED for number in range(15)]
    house = make_house(records)
    return TestClient(create_app(house), follow_redirects=True), house


def test_a_map_is_moved_and_enlarged_by_links(client, monkeypatch):
    browser, house = client
    papers = house.store.papers(house.store.ids())
    monkeypatch.setattr("broadsheet.web.gathering.of_span", lambda *_, **__: papers)
    page = browser.get("/papers/date/2024-01-01/map").text
    assert page.count('class="point"') == len(papers)
    assert 'viewBox="0.0 0.0 1000.0 640.0"' in page
    nearer = re.search(r'<a href="([^"]+)" data-map="\+">', page)[1].replace("&amp;", "&")
    page = browser.get(nearer).text
    assert 'viewBox="250.0 160.0 500.0 320.0"' in page
    assert "The whole" in page
    right = re.search(r'<a href="([^"]+)" data-map="ArrowRight">', page)[1].replace("&amp;", "&")
    assert 'viewBox="500.0 160.0 500.0 320.0"' in browser.get(right).text
    first = house.subjects.map(papers).points[0]
    page = browser.get(f"/papers/date/2024-01-01/map?x={first.x}&y={first.y}&zoom=2").text
    assert '<text class="label"' in page
    listed = re.findall(r'<li value="(\d+)">', page)
    assert "1" in listed
    assert len(listed) < len(papers)
    assert page.count('tabindex="-1"') >= len(papers) - len(listed)


def test_what_is_no_map_is_said(client):
    browser, _ = client
    assert browser.get("/papers/date/1999-01-01/map").status_code == 404
    assert browser.get("/papers/date/2024-99-01/map").status_code == 404
    assert browser.get("/papers/date/2024-01-01/map?x=nan").status_code == 422
    assert browser.get("/papers/date/2024-01-01/map?zoom=0").status_code == 422


def test_topics_are_pages_and_json(client):
    browser, house = client
    assert "broadsheet topics --find" in browser.get("/topics").text
    assert browser.get("/api/topics").json() == {"at": "", "papers": 0, "months": [], "topics": []}
    assert browser.get("/topics/1").status_code == 404
    topics = house.subjects.find_topics()
    page = browser.get("/topics").text
    assert page.count("<polyline") == len(topics.topics)
    first = topics.topics[0]
    told = browser.get("/api/topics").json()
    assert told["topics"][0]["name"] == first.name
    assert told["papers"] == 60
    one = browser.get("/topics/1").text
    for paper in house.store.papers(first.papers[:3]):
        assert f'href="/papers/{paper.key}"' in one
    assert len(browser.get("/api/topics/1").json()["papers"]) == len(first.papers)
