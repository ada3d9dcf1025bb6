"""Hugging Face's own client and command line, unmodified, against this house."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

huggingface_hub = pytest.importorskip("huggingface_hub")


@pytest.fixture(scope="module")
def hf(served):
    return huggingface_hub.HfApi(endpoint=served, token=False)


@pytest.fixture
def run(served, tmp_path):
    def run(*arguments, status=0):
        environment = {
            **os.environ,
            "HF_ENDPOINT": served,
            "HF_HOME": str(tmp_path),
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        environment |= {"NO_COLOR": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "COLUMNS": "200"}
        found = subprocess.run(
            [str(Path(sys.executable).with_name("hf")), "papers", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )
        assert found.returncode == status, found.stderr
        return found.stdout if status == 0 else found.stderr + found.stdout

    return run


def test_list_daily_papers(hf):
    papers = list(hf.list_daily_papers(date="2025-07-28"))
    first = papers[0]
    assert len(papers) == 19
    assert first.id == "2507.00001"
    assert first.title.startswith("Counting lanterns")
    assert first.summary.startswith("We count lanterns")
    assert [author.name for author in first.authors][:2] == ["Ada Example", "Bo Sample"]
    assert first.published_at == datetime(2025, 7, 26, tzinfo=UTC)
    assert first.submitted_at == datetime(2025, 7, 28, tzinfo=UTC)
    assert (first.upvotes, first.comments) == (199, 1)
    assert first.submitted_by.fullname == "Cole Lector"
    assert [paper.upvotes for paper in papers if paper.id == "2507.00003"] == [None]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"week": "2025-W30"},
        {"month": "2025-07"},
        {"sort": "trending"},
        {"sort": "publishedAt", "month": "2025-07"},
        {"submitter": "cole"},
        {"date": "2025-07-28", "p": 1, "limit": 10},
    ],
)
def test_list_daily_papers_takes_every_option(hf, options):
    papers = list(hf.list_daily_papers(**options))
    assert papers
    assert all(paper.id and paper.title for paper in papers)


def test_list_papers(hf):
    papers = list(hf.list_papers(query="glaciers", limit=4))
    assert len(papers) == 4
    assert all("glaciers" in paper.title + paper.summary for paper in papers)


def test_paper_info(hf):
    paper = hf.paper_info("2507.00061")
    assert paper.title == "A withdrawn count of comets"
    assert paper.summary.startswith("We count")
    assert paper.published_at == datetime(2025, 7, 23, tzinfo=UTC)
    assert paper.submitted_at == datetime(2025, 7, 25, tzinfo=UTC)
    assert paper.ai_summary == "It does not hold."
    assert (paper.github_repo, paper.github_stars) == ("https://github.com/example/comets", 41)
    assert paper.organization.fullname == "Tide Lab"
    assert hf.paper_info("math/0309136").id == "math/0309136"
    with pytest.raises(huggingface_hub.errors.HfHubHTTPError) as caught:
        hf.paper_info("0000.00000")
    assert caught.value.response.status_code == 404


def test_read_paper(hf):
    assert hf.read_paper("2507.00001").startswith("# Counting lanterns")


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--date", "2025-07-28"),
        ("--week", "2025-W30"),
        ("--month", "2025-07"),
        ("--sort", "trending"),
        ("--sort", "publishedAt", "--limit", "5"),
        ("--submitter", "cole"),
    ],
)
def test_hf_papers_ls(run, options):
    papers = json.loads(run("ls", *options, "--format", "json"))
    assert papers
    assert papers[0]["title"]
    if "--limit" in options:
        assert len(papers) == 5


@pytest.mark.slow
def test_hf_papers_ls_of_today_and_as_a_table(run):
    assert json.loads(run("ls", "--date", "today", "--format", "json")) == []
    table = run("ls", "--date", "2025-07-28", "--limit", "3")
    assert "2507.00001" in table


@pytest.mark.slow
def test_hf_papers_search_info_and_read(run):
    found = json.loads(run("search", "glaciers", "--limit", "3", "--format", "json"))
    assert len(found) == 3
    assert "2507.00001" in run("info", "2507.00001")
    assert run("read", "2507.00001").startswith("# Counting lanterns")
    assert "not found" in run("info", "0000.00000", status=1)
    assert "not found" in run("read", "0000.00000", status=1)
