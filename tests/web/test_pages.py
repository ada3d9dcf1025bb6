import re

import pytest
from starlette.testclient import TestClient

from broadsheet.store import Harvest
from broadsheet.web.app import create_app


def text(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_front_door_leads_to_the_latest_edition(client):
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/papers")
    page = client.get("/papers").text
    assert "<h1>Monday, 28 July 2025</h1>" in page
    assert "No. 5" in page


def test_an_edition_has_a_lead_with_its_whole_abstract_and_every_paper_once(client):
    page = client.get("/papers/date/2025-07-27").text
    assert '<article class="card lead"' in page
    assert "A short proof and a long table are given." in page
    assert page.count('<article class="card') == 20
    assert re.search(r'<section class="band" aria-label="Vision">|<h2 class="head">Vision', page)


def test_votes_are_the_sources_own(client):
    page = client.get("/papers/date/2025-07-28").text
    assert "199 at Hugging Face" in page
    unvoted = text(client.get("/papers/10.5555/abc.def(12)34").text)
    assert "at hugging face" not in unvoted.lower()


def test_a_field_of_an_edition(client):
    page = client.get("/papers/date/2025-07-28?category=cs.CV").text
    assert page.count('<article class="card') == 3
    assert 'aria-current="true">cs.CV' in page


def test_a_day_whose_year_nobody_told(client):
    page = client.get("/papers/date/--07-29").text
    assert "<h1>29 July</h1>" in page
    assert page.count('<article class="card') == 8


@pytest.mark.parametrize("path", ["/papers/week/2025-W30", "/papers/month/2025-07"])
def test_weeks_and_months_name_their_days(client, path):
    page = client.get(path).text
    assert 'aria-label="Days"' in page
    assert "/papers/date/2025-07-27" in page


def test_long_lists_have_pages(client):
    first = client.get("/papers/month/2025-07").text
    assert "Page 1 of 4" in first
    assert "/papers/month/2025-07?page=2" in first
    second = client.get("/papers/month/2025-07?page=2").text
    assert '<article class="card lead"' not in second
    titles = re.compile(r'<h3[^>]*>.*?href="([^"]+)"', re.S)
    assert not set(titles.findall(first)) & set(titles.findall(second))


@pytest.mark.parametrize(
    "path", ["/papers/date/2031-01-01", "/papers/week/2020-W10", "/papers/month/1999-12"]
)
def test_a_day_without_papers_points_to_its_neighbours(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert (
        "/papers/date/2025-07-" in answer.text
        or "/papers/week/2025" in answer.text
        or "/papers/month/2025" in answer.text
    )


@pytest.mark.parametrize(
    "path",
    ["/papers/date/yesterday", "/papers/week/2025-07-28", "/papers/date/2025-02-30", "/papers/month/2025-13"],
)
def test_what_is_no_day_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<main" in answer.text


def test_past_the_last_page(client):
    answer = client.get("/papers/date/2025-07-28?page=9")
    assert answer.status_code == 404
    assert "past the end" in answer.text


def test_a_paper(client):
    page = client.get("/papers/2507.00061").text
    plain = text(page)
    assert "<h1" in page
    assert "Withdrawn. Its authors have taken this paper back" in plain
    assert "lemma 2 is wrong" in plain
    assert "Submitted 23 July 2025" in plain
    assert "Announced 25 July 2025" in plain
    assert "Revised 9 July 2025" in plain
    assert "139 votes, 5 comments" in plain
    assert "v1, 1 July 2025 v2, 9 July 2025" in plain
    assert 'href="https://github.com/example/comets"' in page
    assert "javascript:alert" not in page
    assert "Where this comes from" in plain
    assert "hf:2507.00061" in plain
    assert "In short, by a machine of Hugging Face" in plain
    assert "More like this" in plain


def test_maths_is_mathml_and_falls_back_to_its_source(client):
    page = client.get("/papers/math/0309136").text
    assert "<math" in page
    assert '<span class="tex">$\\nosuchcommand$</span>' in page
    assert "paragraph, 20% <em>better</em>, see" in page
    assert "<p>Second paragraph.</p>" in page


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("arXiv:2507.00001v3", "2507.00001"),
        ("https://arxiv.org/abs/2507.00001", "2507.00001"),
        ("10.5555/ABC.def(12)34", "10.5555/abc.def(12)34"),
        ("math.GT/0309136", "math/0309136"),
        ("arxiv:2507.00001.bib", "2507.00001.bib"),
    ],
)
def test_other_names_lead_to_the_papers_own_address(client, name, key):
    answer = client.get(f"/papers/{name}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, f"/papers/{key}")


def test_other_forms_of_a_paper(client):
    markdown = client.get("/papers/2507.00061.md")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert markdown.text.startswith("# A withdrawn count of comets\n\n> **Withdrawn.**")
    assert "## Abstract\n\nWe count" in markdown.text
    assert "\n\n\n" not in markdown.text
    assert client.get("/papers/2507.00001.bib").text.startswith("@")
    assert client.get("/papers/2507.00001.ris").text.startswith("TY  - ")
    assert client.get("/papers/2507.00001.csl.json").json()[0]["title"].startswith("Counting lanterns")
    assert client.get("/papers/10.5555/abc.def(12)34.bib").status_code == 200
    for suffix in ("md", "bib", "ris", "csl.json"):
        assert client.get(f"/papers/nobody.{suffix}").status_code == 404


def test_search_shows_whole_abstracts_with_the_words_marked(client):
    page = client.get("/papers?q=glaciers").text
    assert "<mark>glaciers</mark>" in page
    assert "A short proof and a long table are given." in page
    assert 'value="glaciers"' in page
    assert "cat%3Acs." in page or "cat:cs." in page


def test_who_reads_a_page_is_given_more_time_than_a_program(client, house, monkeypatch):
    asked = []
    find = house.index.find
    monkeypatch.setattr(
        house.index, "find", lambda text, **given: asked.append(given.get("budget_ms")) or find(text, **given)
    )
    client.get("/papers", params={"q": "lamps that nobody asked for yet"})
    client.get("/api/search", params={"q": "lamps that nobody asked for yet"})
    assert asked == [4 * house.settings.budget_ms, None]


def test_search_in_other_orders_and_pages(client):
    assert "Page 1 of 3" in client.get("/papers?q=counting").text
    assert client.get("/papers?q=counting&page=2").status_code == 200
    for sort in ("relevance", "date", "votes"):
        assert f"sort={sort}" in client.get("/papers?q=counting").text
    assert client.get("/papers?q=counting&sort=upside").status_code == 422


def test_search_tells_how_a_query_was_repaired_and_helps_where_nothing_is_found(client):
    assert 'class="notice"' in client.get("/papers", params={"q": "date:someday glaciers"}).text
    page = client.get("/papers?q=zyxwvutsrq").text
    assert "Nothing was found" in page
    assert "broadsheet pull ids 2205.13147" in page
    assert "broadsheet pull ids 2301.00001" in client.get("/papers?q=arXiv:2301.00001v2").text


def test_trending_can_be_by_the_sources_votes(client):
    page = client.get("/papers/trending?by=sources").text
    counts = [int(count) for count in re.findall(r"([\d,]+) at Hugging Face", page)]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) == 20
    assert '<ol class="ranks" start="21">' in client.get("/papers/trending?by=sources&page=2").text


def test_the_archive_is_a_calendar(client):
    page = client.get("/papers/archive").text
    assert 'href="/papers/date/2025-07-28"' in page
    assert 'href="/papers/week/2025-W31"' in page
    assert 'href="/papers/month/2025-07"' in page
    assert "Year unknown" in page
    assert client.get("/papers/archive?year=2025").status_code == 200
    assert client.get("/papers/archive?year=1999").status_code == 404


def test_an_empty_house_welcomes_and_shows_a_demonstration(new_house):
    client = TestClient(create_app(new_house()))
    page = client.get("/papers").text
    assert "broadsheet import papers.bib" in page
    assert "broadsheet pull arxiv cs.LG cs.CL" in page
    assert "broadsheet pull ids 2205.13147" in page
    assert "Demonstration" in page
    assert not re.findall(r'<h[23][^>]*><a href="/papers/', page), (
        "papers that are not kept have no page here"
    )
    for path in (
        "/papers/trending",
        "/papers/archive",
        "/papers?q=x",
        "/papers?format=atom",
        "/api/daily_papers",
    ):
        assert client.get(path).status_code == 200, path


def test_a_house_without_dates_says_so(new_house, undated_record):
    client = TestClient(create_app(new_house([undated_record])))
    page = client.get("/papers").text
    assert "No edition yet" in page
    assert "1 paper is kept here" in page


def test_errors_wear_the_same_dress(client):
    answer = client.get("/papers/nobody-knows")
    assert answer.status_code == 404
    assert 'class="masthead"' in answer.text
    assert "nobody-knows" in answer.text
    assert 'href="/papers?q=nobody-knows"' in answer.text
    assert "broadsheet pull ids 2205.13147" in client.get("/papers/arXiv:2205.13147v2").text
    assert client.get("/nowhere").status_code == 404
    assert client.post("/papers").status_code == 405


def test_the_theme_is_chosen_without_a_script(client):
    answer = client.post("/theme?to=dark&back=/papers/archive", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/papers/archive")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = client.get("/papers", headers={"cookie": "broadsheet-theme=dark"}).text
    assert 'data-theme="dark"' in page
    assert "data-theme" not in client.get("/papers", headers={"cookie": "broadsheet-theme=pink"}).text
    for away in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        answer = client.post("/theme", params={"to": "light", "back": away}, follow_redirects=False)
        assert answer.headers["location"] == "/"
    client.cookies.clear()


def test_the_site_describes_itself(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ok"
    assert "Disallow: /papers?q=" in client.get("/robots.txt").text
    manifest = client.get("/manifest.webmanifest").json()
    assert manifest["start_url"] == "/papers"
    assert client.get(manifest["icons"][0]["src"]).headers["content-type"] == "image/svg+xml"
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert "{searchTerms}" in client.get("/opensearch.xml").text
    told = client.get("/llms.txt").text
    for path in re.findall(r"\]\(http://testserver(/[^)]*)\)", told):
        assert client.get(path).status_code == 200, path
    assert "?format=" in told
    api = client.get("/docs/api").text
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in api


def test_stale_sources_are_said_loudly(new_house):
    house = new_house()
    client = TestClient(create_app(house))
    assert "Nothing new has come" not in client.get("/papers").text
    assert client.get("/readyz").json()["stale"] == []
    house.store.save_harvest(Harvest(source="arxiv", query="cs.LG", last_error="429 Too Many Requests"))
    page = client.get("/papers").text
    assert "Nothing new has come from arXiv" in page
    assert client.get("/readyz").json()["stale"] == [
        {"source": "arxiv", "query": "cs.LG", "last_success": None, "last_error": "429 Too Many Requests"}
    ]
    house.forget_harvest("arxiv", ["cs.LG"])
    assert "Nothing new has come" not in client.get("/papers").text
    assert client.get("/readyz").json()["stale"] == []
