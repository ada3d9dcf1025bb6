"""Every route there is, found in the app's own table, so that a new one cannot escape what holds for all."""

import re
from urllib.parse import quote

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from broadsheet.exceptions import StoreError
from broadsheet.papers import Identifier
from broadsheet.web import press
from broadsheet.web.app import create_app

HEADERS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# A value of each parameter of a path that leads somewhere, by the path; others lead nowhere, and that is an answer.
PLACES = {
    "/papers/date/{name}": "/papers/date/2025-07-28",
    "/papers/week/{name}": "/papers/week/2025-W31",
    "/papers/month/{name}": "/papers/month/2025-07",
    "/papers/{reference:path}": "/papers/2507.00001",
    "/api/papers/{key:path}": "/api/papers/2507.00001",
    "/api/editions/{span}": "/api/editions/2025-07-28",
    "/methods/{name}": "/methods/muvera",
    "/api/methods/{name}": "/api/methods/muvera",
    "/papers/date/{name}/map": "/papers/date/2025-07-28/map",
    "/papers/week/{name}/map": "/papers/week/2025-W31/map",
    "/papers/month/{name}/map": "/papers/month/2025-07/map",
    "/topics/{number}": "/topics/1",
    "/api/topics/{number}": "/api/topics/1",
    "/tags/{name}": "/tags/harbours",
    "/api/tags/{name}": "/api/tags/harbours",
    "/api/tags/{name}/papers": "/api/tags/harbours/papers?paper=2507.00001",
    "/static/{name}": "/static/broadsheet.css",
    "/api/similar": "/api/similar?like=2507.00001",
    "/api/marks": "/api/marks?paper=2507.00001",
    "/api/comments": "/api/comments?paper=2507.00001",
    "/api/follows": "/api/follows?thing=author:Ada",
    "/api/claims": "/api/claims?paper=2507.00001",
    "/api/curate/comments/{number}": "/api/curate/comments/2",
    "/api/curate/readers/{name}": "/api/curate/readers/owner",
    "/readers/{name}": "/readers/owner",
    "/authors/{name}": "/authors/Ada Example",
    "/comments/{number}": "/comments/2",
    "/shelves/{number}": "/shelves/1",
    "/api/shelves/{number}": "/api/shelves/1",
    "/api/shelves/{number}/papers": "/api/shelves/1/papers?paper=2507.00001",
    "/api/comments/{number}": "/api/comments/2",
    "/api/marks/{kind}": "/api/marks/vote?paper=2507.00001",
    "/for-you/go": "/for-you/go?paper=2507.00001",
    "/api/for-you/papers/{kind}": "/api/for-you/papers/down?paper=2507.00001",
    "/api/for-you/wishes/{kind}": "/api/for-you/wishes/less?what=tides",
}
DOOR = re.compile(r"/(following/|for-you/feed/|sign-|invitation/|reset|confirm/|people|mail/)")


def flat(routes):
    """The routes, those of included routers too."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            inner = getattr(route, "original_router", route)
            yield from flat(inner.routes)


@pytest.fixture(scope="module")
def routes(client):
    found = {(method, route.path) for route in flat(client.app.routes) for method in route.methods}
    assert len(found) > 20
    return sorted(found)


def check(answer):
    assert answer.status_code < 500, answer.url
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, answer.url
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert answer.headers["cache-control"], answer.url
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert "server" not in answer.headers


def test_every_route_answers_and_carries_the_headers_of_safety(client, routes):
    for method, path in routes:
        place = PLACES.get(path, path)
        assert "{" not in place or "{token}" in place, f"say in PLACES where {path} leads"
        answer = client.request(method, place, follow_redirects=False)
        # In the house of one reader there is no door; a form without its token is refused (test_permissions).
        there = (200, 303, 307) if method == "GET" else (303, 403)
        assert answer.status_code in there or DOOR.match(path), (method, path, answer.status_code)
        check(answer)


def test_so_does_every_refusal(client, routes):
    for path in sorted({path for _, path in routes}):
        allowed = {method for method, other in routes if other == path}
        for method in {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} - allowed:
            answer = client.request(method, PLACES.get(path, path))
            assert answer.status_code == 405, (method, path)
            check(answer)


def parameters(dependant):
    """The names of all that a route reads from the query."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(parameters, dependant.dependencies))


def test_nor_is_a_value_that_breaks_out_let_through(client):
    read: dict[str, set[str]] = {}
    for route in flat(client.app.routes):
        read.setdefault(route.path, set()).update(
            parameters(route.dependant) if hasattr(route, "dependant") else ()
        )
    assert {"q", "page", "format", "sort"} <= read["/papers"]
    value = "\x00<'\"${7*7}\r\nX: y"
    for path, names in read.items():
        place = PLACES.get(path, path)
        for name in sorted(names):
            check(client.get(place, params={name: value}, follow_redirects=False))
        check(
            client.get(
                place, params=dict.fromkeys([*names, "p", "year", "whatever"], value), follow_redirects=False
            )
        )


def test_an_override_of_the_method_is_not_listened_to(client):
    answer = client.get("/theme?_method=POST", headers={"x-http-method-override": "POST"})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/....//app.py",
        "/static/%2fetc%2fpasswd",
        "/papers/../../etc/passwd",
        "/papers/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/papers/%00",
        "/papers/date/..%2f..%2fetc",
        "/api/papers/file:%2f%2f%2fetc%2fpasswd",
    ],
)
def test_no_address_leads_out_of_the_house(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "import annotations" not in answer.text


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "/a\r\nX-Y: z",
        "\\\\x",
        "",
    ],
)
def test_the_theme_leads_nowhere_else(client, back):
    answer = client.post("/theme", params={"to": "dark", "back": back}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "x-y" not in answer.headers


def test_another_site_changes_nothing_here(client):
    answer = client.post("/theme?to=dark", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    for site in ("same-origin", "none"):
        answer = client.post("/theme?to=dark", headers={"sec-fetch-site": site}, follow_redirects=False)
        assert answer.status_code == 303


def test_a_cookie_that_came_by_tls_stays_there(new_house, make_record):
    client = TestClient(create_app(new_house([make_record(1)], base_url="https://papers.example.org/daily")))
    cookie = client.post("/daily/theme?to=dark", follow_redirects=False).headers["set-cookie"].lower()
    assert "secure" in cookie
    assert "path=/daily" in cookie
    assert "httponly" in cookie


def test_a_name_of_any_letters_is_a_file_name_of_plain_ones(new_house, make_record):
    names = ('10.5555/a"b;c', "10.5555/文—é")
    house = new_house(
        [
            make_record(
                n, title=f"Paper {n} of odd names", key=doi, identifiers=(Identifier("doi", doi),), links=()
            )
            for n, doi in enumerate(names)
        ]
    )
    client = TestClient(create_app(house))
    for paper in house.store.iterate():
        for suffix in (".bib", ".ris", ".csl.json"):
            answer = client.get(f"/papers/{quote(paper.key)}{suffix}")
            assert answer.status_code == 200, paper.key
            assert re.fullmatch(r'inline; filename="[A-Za-z0-9._-]+"', answer.headers["content-disposition"])
            assert "x-y" not in answer.headers


def test_a_long_address_is_not_echoed_many_times(client):
    words = "tides " * 2_500
    plain = len(client.get("/papers?q=tides").text)
    assert len(client.get("/papers", params={"q": words}).text) < 4 * len(words) + plain + 200_000
    many = "&".join(f"p{n}=<i>{n}" for n in range(2500))
    answer = client.get(f"/papers?q=tides&{many}")
    assert answer.status_code == 200
    assert len(answer.text) == plain


def test_what_is_kept_is_weighed_with_its_address(new_house, make_record, monkeypatch):
    monkeypatch.setattr(press, "CACHE_BYTES", 200_000)
    app = create_app(new_house([make_record(1)]))
    client = TestClient(app)
    for number in range(40):
        client.get("/api/papers/search", params={"q": f"{number}" + "x" * 5000})
    assert len(app.state.press._sheets) < 12


def test_errors_say_nothing_of_the_machine(new_house, monkeypatch):
    house = new_house()
    client = TestClient(create_app(house), raise_server_exceptions=False)

    def ill(_):
        raise StoreError("unable to open database file /srv/secret/broadsheet.db")

    monkeypatch.setattr(type(house), "latest", ill)
    for headers in ({}, {"accept": "application/json"}):
        answer = client.get("/papers", headers=headers)
        assert answer.status_code == 503
        assert "secret" not in answer.text
        assert "Accept" in answer.headers["vary"]
