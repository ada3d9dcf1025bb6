from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.exceptions import ConfigError, FetchError, ForbiddenAddressError, TooLargeError
from broadsheet.sources.harvest import feed as harvest_feed
from broadsheet.sources.harvest.step import Position

RSS = '<?xml version="1.0"?><rss version="2.0"><channel><title>A journal</title></channel></rss>'


def after(step):
    return Position(step.etag, step.last_modified, step.cursor)


def test_a_feed_and_its_next_visit(world, server, client):
    url = server.on(
        "/feed",
        world.xml(RSS, ETag='"1"', Last_Modified="Tue, 15 Sep 2026 00:00:00 GMT"),
        world.Answer(status=304),
    )
    [first] = harvest_feed.pull(client, [url])
    assert first.payload.decode() == RSS
    assert (first.format, first.cursor, first.etag) == ("", "", '"1"')
    [second] = harvest_feed.pull(client, [url], state=after(first))
    assert (second.payload, second.note) == (b"", "nothing new since the last time")
    assert after(second) == after(first)
    assert server.seen[1].headers["if-modified-since"] == "Tue, 15 Sep 2026 00:00:00 GMT"


def test_a_page_that_names_its_feed(world, server, client):
    html = """<!DOCTYPE html><html><head><title>A journal</title>
    <link rel="stylesheet" href="/style.css"><link rel=alternate hreflang=de href=/de>
    <link rel="ALTERNATE nofollow" type="application/rss+xml; charset=utf-8" href="feeds/new.xml">
    <link rel="alternate" type="application/atom+xml" href="/all.atom"></head><body>"""
    url = server.on("/journal/", world.page(html, ETag='"page"'))
    server.on("/journal/feeds/new.xml", world.xml(RSS, ETag='"feed"'), world.Answer(status=304))
    [first] = harvest_feed.pull(client, [url], state=Position(etag='"of the page"'))
    assert first.payload.decode() == RSS
    assert first.etag == '"feed"'
    assert (
        first.note
        == f"the feed of this page is {server.url}/journal/feeds/new.xml (it also names {server.url}/all.atom)"
    )
    [second] = harvest_feed.pull(client, [url], state=after(first))
    assert [request.path for request in server.seen] == ["/journal/", *["/journal/feeds/new.xml"] * 2]
    assert server.seen[2].headers["if-none-match"] == '"feed"'
    assert "if-none-match" not in server.seen[1].headers
    assert after(second) == after(first)


def test_a_page_that_names_a_feed_on_a_private_address(world, server, client):
    url = server.on(
        "/", world.page('<html><link rel=alternate type=application/rss+xml href="http://10.0.0.1/">')
    )
    with pytest.raises(ForbiddenAddressError):
        list(harvest_feed.pull(client, [url]))


def test_a_page_without_a_feed(world, server, client):
    with pytest.raises(FetchError, match=r"a web page that names no feed; give the feed's own address"):
        list(harvest_feed.pull(client, [server.on("/", world.page("<html><p>Nothing here"))]))


def test_a_page_whose_feed_is_a_page(world, server, client):
    url = server.on("/", world.page('<html><link rel=alternate type=application/rss+xml href="/">'))
    with pytest.raises(FetchError, match="is a web page too"):
        list(harvest_feed.pull(client, [url]))
    assert len(server.seen) == 2


def test_a_feed_that_became_a_page(world, server, client):
    server.on("/feed", world.page("<html>Gone"))
    state = Position(cursor=f'{{"feed":"{server.url}/feed"}}')
    with pytest.raises(FetchError, match="names no feed"):
        list(harvest_feed.pull(client, [server.url], state=state))


def test_a_feed_with_nothing_in_it(world, server, client):
    with pytest.raises(FetchError, match="answered with nothing"):
        list(harvest_feed.pull(client, [server.on("/", world.page(" \n"))]))


def test_a_json_feed_and_a_moved_feed(world, server, client):
    server.on("/new", world.as_json({"version": "https://jsonfeed.org/version/1.1", "items": []}))
    [step] = harvest_feed.pull(client, [server.on("/old", world.redirect("/new", 301))])
    assert step.payload.startswith(b'{"version"')


def test_a_feed_larger_than_the_cap(world, server, make_client):
    with pytest.raises(TooLargeError):
        list(
            harvest_feed.pull(
                make_client(max_bytes=10_000), [server.on("/", world.gzipped(b" " * 1_000_000))]
            )
        )


def test_without_a_scheme_it_is_https(client):
    with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.2"):
        list(harvest_feed.pull(client, ["127.0.0.2/feed"]))


@pytest.mark.parametrize("words", [[], ["https://a.example", "https://b.example"], ["set=cs"]])
def test_words_nobody_understands(client, words):
    with pytest.raises(ConfigError, match="feed URL"):
        list(harvest_feed.pull(client, words))


def test_an_address_with_an_equals_sign_is_an_address(world, server, client):
    url = server.on("/feed", world.xml(RSS)) + "?journal=fold&set=new"
    list(harvest_feed.pull(client, [url]))
    assert server.seen[0].query == {"journal": "fold", "set": "new"}


def test_an_offer_that_is_no_address_is_passed_over():
    page = b'<link rel=alternate type=application/rss+xml href="http://["><link rel=alternate type=application/rss+xml href=b>'
    assert harvest_feed.discover(page, "https://journal.example/a") == ["https://journal.example/b"]


def test_a_base_element_counts():
    page = b'<html><base href="https://cdn.example/x/"><link rel=alternate type=application/atom+xml href=a.atom>'
    assert harvest_feed.discover(page, "https://journal.example/") == ["https://cdn.example/x/a.atom"]


@given(
    st.one_of(st.binary(max_size=500), st.text("<>link relatnhf=/\"'!-[]&;:", max_size=200).map(str.encode))
)
def test_discovery_never_fails(page):
    assert len(harvest_feed.discover(page, "https://journal.example/")) <= 50


def test_discovery_is_linear_in_hostile_pages():
    began = time.monotonic()
    for hostile in (
        b"<link " * 100_000,
        b"<" * 500_000,
        b"<!--" * 100_000,
        b"<link a=" * 50_000,
        b"<a " + b"a='" * 100_000,
    ):
        harvest_feed.discover(hostile, "https://journal.example/")
    assert time.monotonic() - began < 20
