from __future__ import annotations

import io

import pytest

from broadsheet.exceptions import TooLargeError, UnreadableInputError
from broadsheet.sources.reading import xml_records
from broadsheet.sources.reading.xml_records import child_text, elements, local_name, xml_bytes


def titles(data: bytes) -> list[str]:
    return [child_text(f.element, "title") for f in elements(io.BytesIO(data), ("item",), roots=("rss",))]


def test_records_come_with_what_stands_around_them():
    data = b"<rss><channel><day>Monday</day><item><title>a</title></item>t<item><title>b</title></item></channel></rss>"
    found = list(elements(io.BytesIO(data), ("item",), roots=("rss",)))
    assert [child_text(f.element, "title") for f in found] == ["a", "b"]
    assert [local_name(e) for e in found[0].around] == ["rss", "channel"]
    assert child_text(found[1].around[-1], "day") == "Monday"
    assert xml_bytes(found[0].element) == b"<item><title>a</title></item>"
    assert titles(xml_bytes(found[0].element)) == ["a"]


def test_namespaces_and_nested_names_make_no_difference():
    data = b'<r:rss xmlns:r="urn:r"><r:item><r:title>a<b>c</b></r:title><item><title>inner</title></item></r:item></r:rss>'
    assert titles(data) == ["ac"]


def test_records_are_let_go():
    class Endless(io.RawIOBase):
        sent = 0

        def read(self, size=-1):
            self.sent += 1
            return b"<rss>" if self.sent == 1 else b"<item><title>%d</title></item>" % self.sent * 500

    stream = elements(Endless(), ("item",), roots=("rss",))
    for _ in range(50_000):
        found = next(stream)
    assert len(found.around[0]) < 2000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Rate exceeded.", "it says: 'Rate exceeded.'"),
        (b"<!DOCTYPE html><html><p>x</html>", "web page"),
        (b"<html><body/></html>", "<html>"),
        (b"<opml/>", "<opml>, not a <rss>"),
        (b"<rss><item><title>a</title>", "damaged or cut short"),
        (b"<rss><item></rss>", "damaged or cut short"),
        (b"<rss>&nbsp;</rss>", "damaged"),
        (b'<?xml version="1.0" encoding="nonsense"?><rss/>', "damaged|cannot be decoded"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "document type"),
        (b"<!DOCTYPE rss SYSTEM 'http://example.org/x'><rss/>", "document type"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(data, words):
    with pytest.raises(UnreadableInputError, match=words):
        titles(data)


def test_what_stood_before_the_break_is_given():
    stream = elements(io.BytesIO(b"<rss><item><title>a</title></item><item>"), ("item",), roots=("rss",))
    assert child_text(next(stream).element, "title") == "a"
    with pytest.raises(UnreadableInputError):
        next(stream)


def test_depth_and_size_are_capped(monkeypatch):
    with pytest.raises(TooLargeError, match="nested deeper"):
        titles(b"<rss>" + b"<a>" * 1000)
    monkeypatch.setattr(xml_records, "MAX_RECORD_BYTES", 100_000)
    with pytest.raises(TooLargeError, match="single record"):
        titles(b"<rss><item><title>" + b"x" * 1_000_000)
    many = b"<rss>" + b"<item><title>x</title></item>" * 20_000 + b"</rss>"
    assert len(titles(many)) == 20_000


def test_encodings_that_are_declared_are_read():
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><rss><item><title>Müller</title></item></rss>'
    assert titles(text.encode("latin-1")) == ["Müller"]
    assert titles(b"\xef\xbb\xbf\n" + text.partition("?>")[2].encode()) == ["Müller"]
