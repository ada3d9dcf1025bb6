"""Everything a source controls, filled with what it should not hold, in every form in which papers leave the house."""

import csv
import io
import json
import time
from xml.etree import ElementTree

import feedparser
import pytest
from starlette.testclient import TestClient

from broadsheet.papers import Author, Identifier, Link, Listing, Version
from broadsheet.web.app import create_app
from broadsheet.web.searching import marked_words
from broadsheet.web.typeset import paragraphs, typeset

EVIL = (
    "</script><script>window.hacked=1</script>",
    "\"' onfocus=window.hacked=1 autofocus x='",
    "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>1</x:script>",
    "$\\text{</math><img src=x onerror=window.hacked=1>}$",
    "$<annotation-xml encoding='text/html'><img src=x onerror=1>$ $\\rule{9999em}{9999em}$",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, make_record):
    import broadsheet

    def record(number, text):
        return make_record(
            200 + number,
            title=text,
            abstract=f"{text}\n\n{text}",
            authors=(Author(text, affiliation=text, orcid=text),),
            identifiers=(
                Identifier("arxiv", f"2507.{200 + number:05}"),
                Identifier("s2", text),
                Identifier("url", "javascript:x"),
            ),
            comment=text,
            venue=text,
            journal_ref=text,
            licence=text,
            keywords=(text, text + "2"),
            categories=("cs.LG", text),
            tldr=text,
            links=tuple(
                Link(kind, url)
                for kind in ("page", "pdf", "code", "project", "demo", text)
                for url in (
                    "javascript:window.hacked=1",
                    "data:text/html,<script>1</script>",
                    " \tJavaScript:1",
                    f"https://example.org/{text}",
                )
            ),
            versions=(Version(1), Version(2)),
            listings=(Listing("hf", "2025-07-28", number + 1), Listing(text, "2025-07-28", 1)),
            extra={
                "submittedOnDailyBy": {"user": text, "fullname": text},
                "organization": {"name": text},
                "githubStars": text,
                "discussionId": text,
            },
        )

    with broadsheet.open(tmp_path_factory.mktemp("hostile"), encoder="none") as house:
        house.store.ingest([record(number, text) for number, text in enumerate(EVIL)])
        house.refresh()
        yield TestClient(create_app(house), raise_server_exceptions=False)


PAGES = (
    "/papers/date/2025-07-28",
    "/papers/trending",
    "/papers?q=hacked",
    "/papers?q=evil&sort=date",
    "/papers/archive",
)


def elements(page):
    """Names of elements and attributes of a page, as a browser reads it."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        found = set()

        def handle_starttag(self, tag, attributes):
            self.found.add(tag)
            for name, value in attributes:
                self.found.add(f"@{name}")
                if name in ("href", "src", "action", "formaction"):
                    assert (
                        not (value or "").strip().lower().startswith(("javascript:", "data:", "vbscript:"))
                    ), value

    reader = Reader()
    reader.found = set()
    reader.feed(page)
    reader.close()
    return reader.found


def test_pages_hold_no_element_of_others(hostile):
    for path in (*PAGES, *(f"/papers/2507.{200 + n:05}" for n in range(len(EVIL)))):
        answer = hostile.get(path)
        assert answer.status_code == 200, path
        found = elements(answer.text)
        assert not found & {"img", "x:script", "annotation-xml", "iframe", "svg", "object", "style"}, path
        assert not {name for name in found if name.startswith("@on")} | found & {"@autofocus", "@style"}, path
        assert answer.text.count("<script") == 2, path


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_feeds_are_sound_and_their_entries_harmless(hostile, name):
    body = hostile.get(f"/papers/date/2025-07-28?format={name}").content
    root = ElementTree.fromstring(body)
    assert not [e for e in root.iter() if e.tag.rpartition("}")[2] == "script"]
    read = feedparser.parse(body, sanitize_html=False)
    assert (read.bozo, len(read.entries)) == (False, len(EVIL))
    for entry in read.entries:
        assert entry.link.startswith("http://testserver/papers/2507.")
        assert not elements(entry.content[0].value if "content" in entry else entry.description) - {"p", "em"}


def test_json_is_sound_and_links_lead_to_the_web(hostile):
    for item in hostile.get("/papers/date/2025-07-28?format=json").json()["items"]:
        assert not elements(item["content_html"]) - {"p", "em"}
        assert item["url"].startswith("http://")
    for daily in hostile.get("/api/daily_papers").json():
        paper = daily["paper"]
        for url in (
            *(link["url"] for link in paper["links"]),
            paper.get("projectPage", "http://"),
            paper.get("githubRepo", "http://"),
        ):
            assert url.startswith(("http://", "https://"))
        assert json.loads(hostile.get(f"/api/papers/{paper['key']}").text)["title"] == paper["title"]


def test_no_cell_is_a_formula(hostile):
    rows = list(csv.reader(io.StringIO(hostile.get("/papers/date/2025-07-28?format=csv").text)))
    assert len(rows) == len(EVIL) + 1
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_markdown_is_text(hostile):
    for number in range(len(EVIL)):
        answer = hostile.get(f"/papers/2507.{200 + number:05}.md")
        assert not [tag for tag in ("<script", "<img", "</", "<x:", "<annotation") if tag in answer.text]
        assert "](" not in answer.text
        assert "javascript:" not in answer.text.replace("javascript:x", "")


@pytest.mark.parametrize(
    "piece",
    [
        "$a",
        "$ a",
        "\\[",
        "\\(",
        "$$x",
        "\\emph{",
        "\\href{http://",
        "\\emph{\\emph{x}}",
        "''",
        '"a',
        "http://",
        "a-",
        "a'",
        "~a",
        "--",
        "(",
        "$x_1$ ",
    ],
)
def test_no_text_takes_long(piece):
    def seconds(size):
        started = time.process_time()
        typeset(piece * (size // len(piece)), frozenset({"a"}))
        paragraphs(piece * (size // len(piece)))
        return time.process_time() - started

    seconds(1000)
    assert seconds(80_000) < 5


def test_no_marking_takes_long():
    started = time.process_time()
    assert marked_words("<mark>" * 100_000) == frozenset()
    assert time.process_time() - started < 2
