import json
import warnings
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from starlette.testclient import TestClient

from broadsheet.papers import Manifestation, Paper, Status
from broadsheet.web import feeds
from broadsheet.web.addresses import Addresses
from broadsheet.web.app import create_app

LISTS = (
    "/papers",
    "/papers?category=cs.CV",
    "/papers/date/2025-07-28",
    "/papers/date/--07-29",
    "/papers/week/2025-W30",
    "/papers/month/2025-07",
    "/papers/trending",
    "/papers/trending?days=30",
    "/papers?q=glaciers&sort=date",
)
WHERE = Addresses("", "https://papers.example.org")
CHANNEL = feeds.Channel("Papers", "https://papers.example.org/papers", "https://papers.example.org/feed")
SEEN = datetime(2025, 7, 29, tzinfo=UTC)


def of(path, name):
    return f"{path}{'&' if '?' in path else '?'}format={name}"


def paper(**given):
    kept = Manifestation(7, "arxiv", "2507.1", "arxiv-atom", "", SEEN, SEEN)
    fields = {
        "id": 1,
        "key": "2507.1",
        "title": "T",
        "added": SEEN,
        "updated": SEEN,
        "manifestations": (kept,),
    }
    return Paper(**{**fields, **given})


def parsed(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feedparser.parse(content)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("name", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_every_list_is_a_feed_that_a_reader_understands(client, path, name, version):
    answer = client.get(of(path, name))
    assert answer.status_code == 200
    feed = parsed(answer.content)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == version
    if path != "/papers/trending?days=30":
        assert feed.entries
    for entry in feed.entries:
        assert entry.id.startswith("urn:uuid:")
        assert entry.link.startswith("http://testserver/papers/")
        assert entry.title
        assert entry.published_parsed
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_a_json_feed(client, path):
    answer = client.get(of(path, "json"))
    assert answer.headers["content-type"].startswith("application/feed+json")
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].startswith("http://testserver/papers")
    for item in feed["items"]:
        assert {"id", "url", "title", "content_html", "date_published", "date_modified"} <= item.keys()
        assert datetime.fromisoformat(item["date_published"]).tzinfo


@pytest.mark.parametrize("path", LISTS)
def test_every_page_names_its_feeds(client, path):
    page = client.get(path).text
    for name in ("atom", "rss", "json"):
        address = f"format={name}"
        head = page.split("</head>")[0]
        assert address in head, name
    types = ("application/atom+xml", "application/rss+xml", "application/feed+json")
    assert all(f'rel="alternate" type="{media_type}"' in page for media_type in types)


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl-json", "csv", "markdown", "jsonl"])
def test_every_list_can_be_taken_along(client, name):
    for path in LISTS:
        answer = client.get(of(path, name))
        assert answer.status_code == 200
        assert "papers." in answer.headers["content-disposition"]


def test_limit_and_unknown_formats(client):
    assert len(client.get("/papers?format=json&limit=3").json()["items"]) == 3
    assert len(client.get("/papers?format=json&limit=50").json()["items"]) == 50
    answer = client.get("/papers?format=pdf", headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert "atom" in answer.json()["error"]


def test_the_latest_feed_goes_on_over_the_days(client):
    items = client.get("/papers?format=json&limit=60").json()["items"]
    days = [item["date_published"][:10] for item in items]
    assert days[0] == "2025-07-28"
    assert "2025-07-26" in days
    assert days == sorted(days, reverse=True)


def test_withdrawn_papers_are_flagged(client):
    titles = [item["title"] for item in client.get("/papers?q=comets&format=json").json()["items"]]
    assert set(titles) >= {
        "[Withdrawn] A withdrawn count of comets",
        "[Retracted] A retracted count of comets and moths",
    }
    body = feeds.write("atom", CHANNEL, [paper(status=Status.WITHDRAWN)], WHERE)
    assert "Withdrawn" in parsed(body).entries[0].content[0].value


def test_an_entry_keeps_its_id_when_a_better_key_or_a_new_version_arrives():
    first = paper()
    later = Manifestation(9, "crossref", "10.5/x", "crossref", "", SEEN, SEEN)
    second = replace(first, key="10.5/x", title="New", manifestations=(*first.manifestations, later))
    assert feeds.identity(first) == feeds.identity(second)
    assert feeds.identity(first) != feeds.identity(paper(manifestations=(later,)))


@pytest.mark.parametrize("name", list(feeds.FORMATS))
def test_the_same_papers_make_the_same_bytes(name):
    papers = [paper(), paper(id=2, key="b", manifestations=(), days=("2025-07-01",))]
    assert feeds.write(name, CHANNEL, papers, WHERE) == feeds.write(name, CHANNEL, papers, WHERE)


@pytest.mark.parametrize("name", list(feeds.FORMATS))
def test_control_characters_are_stripped(name):
    bad = "a\x00b\x0bc\x1b\ufffe<&>"
    body = feeds.write(name, CHANNEL, [paper(title=bad, abstract=bad, categories=(bad, " "))], WHERE)
    for character in ("\x00", "\x0b", "\x1b", "\\u0000", "\\u001b"):
        assert character not in body.decode()
    if name == "json":
        assert json.loads(body)["items"][0]["title"] == "abc<&>"
    else:
        assert not parsed(body).bozo
        assert parsed(body).entries[0].title.startswith("abc")


def test_updated_moves_only_with_a_paper(new_house, make_record):
    house = new_house([make_record(1), make_record(2)])
    client = TestClient(create_app(house))

    def entries():
        return {
            entry.link: entry.updated for entry in parsed(client.get("/papers?format=atom").content).entries
        }

    before = entries()
    house.store.ingest([make_record(1, title="Counting lanterns again, with more care taken", raw=b"[]")])
    after = entries()
    changed = {link for link in before if before[link] != after[link]}
    assert changed == {"http://testserver/papers/2507.00001"}


def test_feeds_and_pages_answer_304(client):
    for path in (
        "/papers",
        *(of("/papers", name) for name in feeds.FORMATS),
        "/api/daily_papers",
        "/papers/2507.00001",
    ):
        first = client.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
        for given in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
            second = client.get(path, headers={"if-none-match": given})
            assert second.status_code == 304, (path, given)
            assert second.content == b""
            assert second.headers["etag"] == tag
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_feeds_tell_when_they_changed(client):
    first = client.get("/papers?format=atom")
    modified = first.headers["last-modified"]
    assert client.get("/papers?format=atom", headers={"if-modified-since": modified}).status_code == 304
    old = {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert client.get("/papers?format=atom", headers=old).status_code == 200
    assert client.get("/papers?format=atom", headers={"if-modified-since": "yesterday"}).status_code == 200


def test_a_feed_of_a_search_begins_with_what_is_new(client):
    for name in ("atom", "rss"):
        read = feedparser.parse(client.get(f"/papers?q=counting+shores&limit=60&format={name}").content)
        days = [entry.published_parsed for entry in read.entries]
        assert len(set(days)) > 2
        assert days == sorted(days, reverse=True)
    asked = client.get("/papers?q=counting+shores&sort=votes&format=json").json()["items"]
    assert [item["title"] for item in asked] != [entry.title for entry in read.entries][: len(asked)]
