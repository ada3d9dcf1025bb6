import pytest
from starlette.testclient import TestClient

from broadsheet.web.app import create_app


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [entry["paper"]["id"] for entry in answer.json()]


def test_the_daily_papers_of_a_day_by_votes(client):
    papers = client.get("/api/daily_papers?date=2025-07-28").json()
    votes = [entry["paper"].get("upvotes", 0) for entry in papers]
    assert votes == sorted(votes, reverse=True)
    assert len(papers) == 19


def test_the_three_dates_are_not_confused(client):
    entry = client.get("/api/daily_papers?date=2025-07-28").json()[0]
    assert entry["paper"]["publishedAt"] == "2025-07-26T00:00:00Z"
    assert entry["paper"]["submittedOnDailyAt"] == "2025-07-28T00:00:00Z"
    assert entry["publishedAt"] == entry["submittedOnDailyAt"] == "2025-07-28T00:00:00Z"
    undated = client.get("/api/daily_papers?date=--07-29").json()[0]
    assert "publishedAt" not in undated
    assert "submittedOnDailyAt" not in undated


def test_the_wrapper_repeats_title_and_summary_in_full(client):
    for entry in client.get("/api/daily_papers?limit=200").json():
        assert entry["title"] == entry["paper"]["title"] != ""
        assert entry["summary"] == entry["paper"]["summary"]


def test_pages_and_limits_cut_one_order(client):
    everything = ids(client.get("/api/daily_papers?limit=1000"))
    assert len(everything) == len(set(everything)) == 84
    pages = [ids(client.get(f"/api/daily_papers?limit=9&p={p}")) for p in range(11)]
    assert [i for page in pages for i in page] == everything
    assert len(ids(client.get("/api/daily_papers"))) == 50


@pytest.mark.parametrize("query", ["date=2025-07-27", "week=2025-W30", "month=2025-07", ""])
def test_pages_cut_every_span_and_sort(client, query):
    for sort in ("publishedAt", "trending"):
        whole = ids(client.get(f"/api/daily_papers?{query}&sort={sort}&limit=500"))
        parts = [ids(client.get(f"/api/daily_papers?{query}&sort={sort}&limit=7&p={p}")) for p in range(15)]
        assert [i for part in parts for i in part] == whole
        assert len(set(whole)) == len(whole)


def test_a_week_is_newest_first_or_by_votes(client):
    days = [e["submittedOnDailyAt"] for e in client.get("/api/daily_papers?week=2025-W30&limit=100").json()]
    assert days == sorted(days, reverse=True)
    votes = [
        entry["paper"].get("upvotes", 0)
        for entry in client.get("/api/daily_papers?week=2025-W30&sort=trending&limit=100").json()
    ]
    assert votes == sorted(votes, reverse=True)


def test_by_submitter(client):
    found = client.get("/api/daily_papers?submitter=Cole").json()
    assert [entry["submittedBy"]["fullname"] for entry in found] == ["Cole Lector"] * 8
    assert client.get("/api/daily_papers?submitter=nobody").json() == []


def test_a_day_without_papers_is_an_empty_list(client):
    assert client.get("/api/daily_papers?date=2001-01-01").json() == []


def test_what_cannot_be_understood_is_refused_in_one_shape(client):
    cases = {
        "/api/daily_papers?date=yesterday": 400,
        "/api/daily_papers?week=2025-07-28": 400,
        "/api/daily_papers?sort=upside": 422,
        "/api/daily_papers?limit=0": 422,
        "/api/papers/nobody-knows": 404,
        "/api/editions/never": 404,
        "/api/nowhere": 404,
    }
    for path, status in cases.items():
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.json().keys() == {"error", "status"}
        assert answer.json()["status"] == status
        assert answer.json()["error"]


def test_a_paper_in_full(client):
    paper = client.get("/api/papers/2507.00061").json()
    assert paper["status"] == "withdrawn"
    assert paper["upvotes"] == 139
    assert paper["githubStars"] == 41
    assert paper["organization"] == {"name": "tide-lab", "fullname": "Tide Lab"}
    assert paper["ai_summary"] == "It does not hold."
    assert paper["provenance"]["title"] == "hf:2507.00061"
    assert paper["manifestations"][0]["format"] == "hf-json"
    assert "projectPage" not in paper, "a script is no address"
    assert client.get("/api/papers/https://arxiv.org/abs/2507.00061v4").json()["id"] == "2507.00061"
    assert client.get("/api/papers/10.5555/abc.def(12)34").json()["key"] == "10.5555/abc.def(12)34"


def test_nobody_counted_is_not_nought(client):
    assert "upvotes" not in client.get("/api/papers/10.5555/abc.def(12)34").json()


def test_search_explains_itself(client):
    found = client.get("/api/search", params={"q": "glaciers date:someday", "limit": 5}).json()
    assert len(found["hits"]) == 5
    assert found["total"] > 5
    assert found["hits"][0]["legs"]["words"] == 1
    assert found["notes"]
    assert dict(found["facets"]["source"])["hf"] > 0
    again = client.get("/api/search", params={"q": "glaciers", "limit": 3, "offset": 2}).json()
    first = client.get("/api/search", params={"q": "glaciers", "limit": 5}).json()
    assert again["hits"][0]["paper"] == first["hits"][2]["paper"]


def test_an_edition_as_json(client):
    edition = client.get("/api/editions/2025-07-27").json()
    assert edition["total"] == len(edition["papers"]) == 20
    assert (edition["previous"], edition["next"]) == ("2025-07-26", "2025-07-28")
    assert client.get("/api/editions/2025-07-27?category=cs.CV").json()["total"] < 20
    assert client.get("/api/editions/2001-01-01").json()["papers"] == []


def test_mounted_below_a_path_with_and_without_the_proxy_taking_it_away(new_house, make_record):
    house = new_house([make_record(1)], base_url="https://papers.example.org/daily")
    client = TestClient(create_app(house))
    for path in ("/daily/papers", "/papers"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert 'href="/daily/papers/2507.00001"' in page.text
        assert 'href="/daily/static/' in page.text
        assert 'href="/papers' not in page.text
    assert client.get("/daily/", follow_redirects=False).headers["location"] == "/daily/papers"
    assert client.get("/daily/papers/arxiv:2507.00001", follow_redirects=False).headers["location"] == (
        "/daily/papers/2507.00001"
    )
    assert client.get("/daily/papers/date/2025-07-28").status_code == 200
    feed = client.get("/daily/papers?format=json").json()
    assert feed["items"][0]["url"] == "https://papers.example.org/daily/papers/2507.00001"
    assert client.get("/daily/api/papers/2507.00001").json()["url"] == feed["items"][0]["url"]
    assert client.get("/daily/api/nowhere").json()["status"] == 404
    assert "back=%2Fdaily%2Fpapers" in client.get("/daily/papers").text
