import json
import logging
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from broadsheet.web.app import create_app
from broadsheet.web.gate import JsonLines

PAGES = (
    "/papers",
    "/papers/date/2025-07-28",
    "/papers/month/2025-07",
    "/papers/trending",
    "/papers/archive",
    "/papers/2507.00001",
    "/papers?q=hostile",
    "/docs/api",
    "/papers/nobody",
    "/account",
)


class Finder(HTMLParser):
    """What a page would run or load, and what is on the page that should not be."""

    def __init__(self):
        super().__init__()
        self.problems, self.loads = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("iframe", "object", "embed", "base", "img", "svg"):
            self.problems.append(tag)
        if tag == "script" and not re.fullmatch(
            r"/static/(keys|marks|passkeys)\.[0-9a-f]+\.js", given.get("src") or ""
        ):
            self.problems.append("script")
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.problems.append(f"{tag} {name}")
            if name in ("href", "action", "formaction", "src") and value:
                if value.lower().lstrip().startswith(("javascript", "data:", "vbscript")):
                    self.problems.append(value)
                if name == "src" or (
                    tag == "link" and given.get("rel") in ("stylesheet", "icon", "manifest")
                ):
                    self.loads.append(value)


def look(page):
    finder = Finder()
    finder.feed(page)
    finder.close()
    return finder


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers_of_safety(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-request-id"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere_and_hold_no_script(client, path):
    found = look(client.get(path).text)
    assert found.problems == []
    assert found.loads
    assert all(address.startswith("/") and not address.startswith("//") for address in found.loads)


def test_hostile_papers_stay_text_everywhere(client, xss):
    for number in range(len(xss)):
        found = look(client.get(f"/papers/2507.{70 + number:05}").text)
        assert found.problems == [], xss[number]
    for path in ("/papers?q=hostile", "/papers/date/2025-07-25", "/papers?q=hostile&sort=date"):
        assert look(client.get(path).text).problems == []


@pytest.mark.parametrize(
    "path",
    ["/papers?q={}", "/papers/{}", "/papers/date/{}", "/papers?category={}", "/api/search?q={}", "/{}"],
)
def test_hostile_addresses_stay_text(client, xss, path):
    for text in xss:
        answer = client.get(path.format(text.replace("#", "%23").replace("?", "%3F")))
        assert answer.status_code < 500
        if "html" in answer.headers["content-type"]:
            assert look(answer.text).problems == [], text


WEIRD = (
    "word " * 10_000,
    "\x00\x01\x1f",
    "\u202eabc\u202c שלום مرحبا",
    '"' * 501,
    "((((" * 400,
    "author:" * 500,
    "* OR NOT AND -",
    "😀" * 300,
    "\ud83d".encode("utf-16-le", "surrogatepass").decode("latin-1"),
    "like:nobody",
    "date:9999-99-99 year:-1",
    "%",
    "a" * 5000,
)


@pytest.mark.parametrize("query", WEIRD)
def test_no_query_breaks_anything(client, query):
    for path in ("/papers", "/api/search", "/api/papers/search"):
        answer = client.get(path, params={"q": query})
        assert answer.status_code == 200, answer.text[:300]
    assert client.get("/papers", params={"q": query, "format": "atom"}).status_code == 200
    assert client.get("/api/daily_papers", params={"submitter": query}).status_code in (200, 422)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=200))
def test_no_text_breaks_the_search_page(client, query):
    assert client.get("/papers", params={"q": query}).status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(min_size=1, max_size=60))
def test_no_name_breaks_a_page(client, name):
    for path in ("/papers/", "/papers/date/", "/api/papers/", "/api/editions/", "/static/"):
        from urllib.parse import quote

        assert (
            client.get(path + quote(name.encode("utf-8", "replace")), follow_redirects=False).status_code
            < 500
        )


@pytest.mark.parametrize(
    "path", [*PAGES, "/", "/papers?format=atom", "/healthz", "/api/daily_papers", "/openapi.json"]
)
def test_head_is_get_without_a_body(client, path):
    got, headed = client.get(path, follow_redirects=False), client.head(path, follow_redirects=False)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed.headers.get("content-length") == got.headers.get("content-length")
    assert headed.headers.get("etag") == got.headers.get("etag")


@pytest.mark.parametrize("host", ["evil.example/path", "a b", 'x"><script>', "user@evil.example", ""])
def test_a_host_that_is_no_host_is_refused(client, host):
    answer = client.get("/papers?format=atom", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_with_a_base_url_the_host_header_is_never_repeated(new_house, make_record):
    client = TestClient(create_app(new_house([make_record(1)], base_url="https://papers.example.org")))
    for path in ("/papers", "/papers?format=atom", "/llms.txt", "/opensearch.xml", "/api/daily_papers"):
        assert "evil.example" not in client.get(path, headers={"host": "evil.example"}).text


def test_bodies_are_limited(client):
    assert client.post("/theme", content=b"x" * 70_000).status_code == 413
    assert client.post("/theme", content=b"x", follow_redirects=False).status_code == 303
    assert client.get("/papers", headers={"content-length": "-1"}).status_code == 413
    form = {"content-type": "application/x-www-form-urlencoded"}
    untold = client.post("/mark", content=(b"x" * (1 << 20) for _ in range(5)), headers=form)
    assert untold.status_code == 413


def test_a_failure_is_a_page_with_a_number_and_no_secrets(new_house, monkeypatch, caplog):
    house = new_house()
    client = TestClient(create_app(house), raise_server_exceptions=False)
    monkeypatch.setattr(type(house), "latest", lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR, "broadsheet.web"):
        answer = client.get("/papers", headers={"x-request-id": "abc-1"})
    assert answer.status_code == 500
    assert "abc-1" in answer.text
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivision" in caplog.text
    assert answer.headers["content-security-policy"]
    api = client.get("/papers", headers={"accept": "application/json"})
    assert api.json() == {"error": "Internal Server Error", "status": 500}


def test_even_the_page_of_an_error_may_fail(new_house, monkeypatch):
    house = new_house()
    client = TestClient(create_app(house), raise_server_exceptions=False)

    def broken(_):
        raise RuntimeError("down")

    monkeypatch.setattr(type(house), "harvests", broken)
    answer = client.get("/papers")
    assert (answer.status_code, answer.text) == (500, "500 Internal Server Error\n")


def test_request_ids_are_given_kept_and_checked(client):
    assert (
        client.get("/healthz", headers={"x-request-id": "from-proxy.1"}).headers["x-request-id"]
        == "from-proxy.1"
    )
    made = client.get("/healthz", headers={"x-request-id": "no good\x7f"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_the_access_log_can_be_json(client, caplog):
    with caplog.at_level(logging.INFO, "broadsheet.access"):
        client.head("/papers?q=tides", headers={"x-request-id": "r-1"})
    record = next(record for record in caplog.records if record.name == "broadsheet.access")
    line = json.loads(JsonLines().format(record))
    assert (line["method"], line["path"], line["query"], line["status"]) == (
        "HEAD",
        "/papers",
        "q=tides",
        200,
    )
    assert line["request_id"] == "r-1"
    assert line["ms"] >= 0


def test_an_address_cannot_write_lines_of_its_own_into_the_log(client, caplog):
    with caplog.at_level(logging.INFO, "broadsheet.access"):
        client.get("/papers/a%0d%0a2026-01-01%20INFO%20forged%1b[31m")
    message = caplog.records[-1].getMessage()
    assert message.startswith("GET /papers/a%0D%0A2026-01-01%20INFO%20forged%1B")
    assert message.isprintable()


def test_pages_that_are_kept_follow_the_house(new_house, make_record):
    house = new_house([make_record(1)])
    client = TestClient(create_app(house))
    first = client.get("/papers")
    assert client.get("/papers").headers["etag"] == first.headers["etag"]
    house.store.ingest([make_record(2)])
    second = client.get("/papers", headers={"if-none-match": first.headers["etag"]})
    assert second.status_code == 200
    assert "part 2" in second.text
    dark = client.get("/papers", headers={"cookie": "broadsheet-theme=dark"})
    assert dark.headers["etag"] != second.headers["etag"]
    assert "Cookie" in dark.headers["vary"]


def test_static_files_may_be_kept_for_ever(client):
    page = client.get("/papers").text
    style = re.search(r'href="(/static/broadsheet\.[0-9a-f]+\.css)"', page)[1]
    answer = client.get(style)
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/broadsheet.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../app.py").status_code == 404
    assert answer.headers["content-encoding"] == "gzip"
    for loaded in re.findall(r"url\(([^)]+)\)|@import", answer.text):
        pytest.fail(f"the style sheet loads {loaded}")
