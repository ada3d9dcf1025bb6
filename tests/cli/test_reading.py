from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from broadsheet.feed import demo

PAGE = Path(__file__).parents[1] / "data" / "hf-text" / "jul_29.txt"
TITLE = "Paper boats in channel number 17: how they fold and where they float"


def test_search_prints_a_line_a_paper_into_a_pipe(filled):
    lines = filled("search", "channel", "17", "--limit", "5").stdout.splitlines()
    assert 1 <= len(lines) <= 5
    key, day, votes, title, authors, score = lines[0].split("\t")
    assert (key, day, votes, title) == ("2401.00017", "2024-01-02", "", TITLE)
    assert authors == "Ada Invented; Ben Madeup"
    assert float(score) > 0


def test_search_answers_programs(filled):
    data = filled("search", "boats", "--limit", "3", "--json").data
    assert data["total"] == 25
    assert len(data["papers"]) == 3
    assert all(paper["kind"] == "broadsheet-paper" and paper["score"] > 0 for paper in data["papers"])
    assert dict(data["facets"]["year"]) == {"2024": 25}
    assert "took_ms" not in data
    explained = filled("search", "boats", "--limit", "3", "--json", "--explain").data
    assert explained["query"] == "boats"
    assert explained["took_ms"]["total"] > 0
    assert explained["papers"][0]["legs"]["words"] == 1


def test_search_sorts(filled):
    newest = filled("search", "boats", "--sort", "date", "--limit", "25", "--json").data["papers"]
    days = [paper["submitted"] for paper in newest]
    assert days == sorted(days, reverse=True)
    filled("search", "boats", "--sort", "beauty", code=2)


def test_search_is_set_for_a_person_at_a_terminal(filled, at_terminal):
    done = filled("search", "channel", "17", "--limit", "2", "--explain")
    assert TITLE in done.stdout
    assert "2401.00017 · Ada Invented, Ben Madeup" in done.stdout
    assert "words" in done.stdout
    assert "2 of 25 papers" in done.stderr
    assert "read as: channel 17" in done.stderr


def test_search_has_an_answer_to_everything(filled):
    assert filled("search", "--", 'author:"', "-", "((", "cat:").exit_code == 0
    assert filled("search", "nothing-like-this-anywhere").stdout == ""
    assert "year" in filled("search", "year:soon").stderr


def test_a_minus_is_kept_behind_two(filled):
    assert filled("search", "--json", "--", "boats", "-lanterns").data["total"] == 0


@pytest.mark.parametrize(
    "reference", ["2401.00017", "arXiv:2401.00017v1", "https://arxiv.org/abs/2401.00017", "arxiv:2401.00017"]
)
def test_show_knows_every_spelling(filled, reference):
    assert TITLE in filled("show", reference).stdout.replace("\n", " ")


def test_show_for_people_programs_readers_and_bibliographies(filled):
    shown = filled("show", "2401.00017").stdout
    assert "arxiv:2401.00017" in shown
    assert "cs.IR, cs.CL" in shown
    assert "We fold 17 boats. They float." in shown
    assert filled("show", "2401.00017", "--json").data["title"] == TITLE
    assert TITLE in filled("show", "2401.00017", "--markdown").stdout
    assert filled("show", "2401.00017", "--bibtex").stdout.startswith("@")
    filled("show", "2401.00017", "--bibtex", "--json", code=2)


def test_show_says_what_is_not_here(filled):
    missing = filled("show", "2499.00001", code=3)
    assert missing.stdout == ""
    assert missing.stderr == "broadsheet: no such paper: '2499.00001'\n"


def test_the_latest_edition(filled):
    lines = filled("edition").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"2401.{n:05}" for n in range(20, 26)]


def test_an_edition_by_its_name(filled):
    data = filled("edition", "2024-01-01", "--json").data
    assert data["span"] == "2024-01-01"
    assert data["title"] == "Monday, 1 January 2024"
    assert data["number"] == 1
    assert data["next"] == "2024-01-02"
    assert data["previous"] is None
    assert data["total"] == len(data["papers"]) == 9
    assert filled("edition", "2024-W01", "--json").data["total"] == 25
    assert len(filled("edition", "2024-01", "--limit", "12").stdout.splitlines()) == 12


def test_a_day_without_a_year(run):
    run("import", PAGE, code=4)  # the page has an abstract that lost its title
    lines = run("edition", "--07-29").stdout.splitlines()
    assert lines
    assert {line.split("\t")[1] for line in lines} == {"--07-29"}
    assert run("edition", "--07-29", "--json").data["title"] == "29 July"
    assert run("edition").stdout.splitlines() == lines
    assert len(run("export", "--edition", "--07-29").stdout.splitlines()) == len(lines)
    run("import", PAGE, "--year", "2025", code=4)
    assert len(run("edition", "2025-07-29").stdout.splitlines()) == len(lines)
    assert "no such edition: '--limt'" in run("edition", "--limt", code=3).stderr


def test_an_edition_of_several_pages_is_printed_whole(filled, monkeypatch):
    monkeypatch.setenv("BROADSHEET_PAGE_SIZE", "7")
    lines = filled("edition", "2024-01").stdout.splitlines()
    assert len({line.split("\t")[0] for line in lines}) == 25


def test_an_edition_is_set_as_a_newspaper(filled, at_terminal, monkeypatch):
    monkeypatch.setenv("BROADSHEET_TITLE", "The Morning Boat")
    page = filled("edition", "2024-01-02").stdout
    assert re.match(r" {37}The Morning Boat +\n═+\n", page)
    assert page.index("The Morning Boat") < page.index("Tuesday, 2 January 2024 · No. 2 · 10 papers")
    assert "RETRIEVAL" in page
    assert "\x1b[" not in page


def test_what_is_no_edition_is_not_found(filled):
    assert "want YYYY-MM-DD" in filled("edition", "tomorrow", code=3).stderr
    empty = filled("edition", "1999-01-01", code=3)
    assert empty.stdout == ""
    assert "no papers of Friday, 1 January 1999 are kept here" in empty.stderr
    assert "2024-01-01" in empty.stderr
    assert filled("edition", "2031", code=3).stdout == ""


def test_an_empty_house_says_how_to_begin(run):
    done = run("edition")
    assert done.stdout == ""
    assert "broadsheet import" in done.stderr


def test_the_demonstration_edition(run, at_terminal):
    page = run("edition", "--demo").stdout
    assert "Demonstration edition" in page
    assert "Attention Is All You Need" in page
    assert len(run("edition", "--demo", "--json").data["papers"]) == demo.edition().total


def test_trending(filled):
    everything = filled("trending", "--limit", "100").stdout
    assert len(everything.splitlines()) == 25
    key = everything.splitlines()[-1].split("\t")[0]
    filled("vote", key)
    # One of our readers' votes lifts the last above all that have none.
    assert filled("trending", "--limit", "1").stdout.startswith(f"{key}\t")
    newest = filled("trending", "--by", "sources", "--limit", "1").stdout  # none has counted any
    assert newest.startswith("2401.00025\t")
    assert filled("trending", "--days", "30", "--json").data["title"] == "Trending over 30 days"
    assert "scirate" in filled("trending", "--by", "chance", code=2).stderr


def test_the_archive(filled):
    assert filled("archive").stdout == "2024-01-03\t6\n2024-01-02\t10\n2024-01-01\t9\n"
    assert filled("archive", "--limit", "1").stdout == "2024-01-03\t6\n"
    assert filled("archive", "--json").data[2] == {
        "day": "2024-01-01",
        "title": "Monday, 1 January 2024",
        "papers": 9,
    }


def test_the_archive_at_a_terminal(filled, at_terminal):
    assert "Wednesday, 3 January 2024" in filled("archive").stdout


def test_json_is_one_object_and_keeps_letters(filled):
    text = filled("show", "2401.00017", "--json").stdout
    assert json.loads(text)["data"]["authors"] == [{"name": "Ada Invented"}, {"name": "Ben Madeup"}]
