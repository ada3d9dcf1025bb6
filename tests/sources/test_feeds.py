"""Feeds of journals and blogs, and lists of feeds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from broadsheet.exceptions import UnreadableInputError
from broadsheet.sources import formats, journal_feed, opml
from broadsheet.sources.opml import Subscription

DATA = Path(__file__).parents[1] / "data"


def rss(item: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>J</title>{item}</channel></rss>'.encode()


def read(data: bytes, source=journal_feed):
    return list(source.parse(io.BytesIO(data)))


@pytest.mark.parametrize("source", [journal_feed, opml])
@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE rss [<!ENTITY x "y">]>',
        '<!DOCTYPE rss SYSTEM "https://example.org/x.dtd">',
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hosts">]>',
    ],
)
def test_document_types_and_entities_are_refused(source, head):
    data = rss("<item><title>&x;</title></item>", head)
    if source is opml:
        data = data.replace(b"<rss", b"<opml").replace(b"</rss", b"</opml")
    assert formats.recognise(data) is source
    with pytest.raises(UnreadableInputError, match="DOCTYPE"):
        read(data, source)


def test_entities_of_html_are_read_though_xml_has_none():
    (record,) = read(
        rss("<item><title>Caf&eacute;&nbsp;au&hellip; &amp;amp; R&amp;D</title><guid>1</guid></item>")
    )
    assert record.title == "Café au… & R&D"


def test_a_broken_feed_gives_what_stood_before_the_break():
    data = rss("<item><title>One</title></item><item><title>Two</title></item>")
    found = []
    with pytest.raises(UnreadableInputError):
        found.extend(iter_into(found, data[:-40]))
    assert [record.title for record in found] == ["One"]


def iter_into(found, data):
    for record in journal_feed.parse(io.BytesIO(data)):
        found.append(record)
    return ()


def test_a_doi_is_lower_case_and_is_the_key():
    data = (DATA / "journal-feed" / "rdf.xml").read_bytes()
    (record,) = read(data)
    assert record.key == "10.5555/moth.9"


def test_only_addresses_of_the_web_are_links():
    (record,) = read(rss("<item><title>T</title><link>javascript:alert(1)</link><guid>g</guid></item>"))
    assert record.links == ()


def test_scripts_in_a_description_are_no_text():
    item = "<item><title>T</title><guid>g</guid><description>&lt;script&gt;x()&lt;/script&gt;Safe.</description></item>"
    assert read(rss(item))[0].abstract == "Safe."


def test_subscriptions_with_their_folders():
    with (DATA / "opml" / "feeds.opml").open("rb") as stream:
        assert opml.subscriptions(stream) == [
            Subscription("Moth Letters", "https://moths.example.org/rss", "Journals/Biology"),
            Subscription("Lamps", "https://lights.example.org/feed.json", "lights/far"),
        ]
