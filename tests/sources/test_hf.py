"""The traps of Hugging Face's formats that the golden pairs do not show."""

from __future__ import annotations

import io
import json
import textwrap

import pytest

from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Record, Rejection
from broadsheet.sources import hf_html, hf_json, hf_markdown, hf_text

LONG = "This abstract is long enough to be one. " * 10


def parsed(each, text, **kwargs):
    data = text if isinstance(text, str) else json.dumps(text)
    return list(each.parse(io.BytesIO(data.encode()), **kwargs))


def page(*paragraphs, day="Jul 29", end="\n\n"):
    return end.join(
        ["new", "Subscribe", "Daily Papers", "byAK and the research community", day, *paragraphs, ""]
    )


def wrapped(**paper):
    paper = {"id": "2601.00001", "title": "T", "publishedAt": "2026-01-01T00:00:00.000Z"} | paper
    return [{"paper": paper, "title": "T", "publishedAt": "2025-12-31T20:00:00.000Z"}]


def test_the_three_dates_are_told_apart():
    (record,) = parsed(hf_json, wrapped(submittedOnDailyAt="2026-01-05T00:00:00.000Z"))
    assert record.submitted.isoformat() == "2026-01-01"
    assert [listing.day for listing in record.listings] == ["2026-01-05"]
    assert record.extra["wrapper"]["publishedAt"].startswith("2025-12-31")
    assert record.announced is None


def test_a_paper_that_was_never_listed_has_no_listing():
    (record,) = parsed(hf_json, wrapped())
    assert record.listings == ()


def test_missing_votes_are_not_zero_votes():
    assert parsed(hf_json, wrapped())[0].votes is None
    assert parsed(hf_json, wrapped(upvotes=0))[0].votes == 0
    assert parsed(hf_json, wrapped(upvotes="7"))[0].votes is None
    assert parsed(hf_json, wrapped(upvotes=-1))[0].votes is None
    assert parsed(hf_json, wrapped(upvotes=True))[0].votes is None


def test_the_abstract_is_the_papers_and_the_wrappers_only_for_want_of_it():
    entry = wrapped(summary="The\nabstract.")[0] | {"summary": "The teaser."}
    assert parsed(hf_json, [entry])[0].abstract == "The abstract."
    del entry["paper"]["summary"]
    assert parsed(hf_json, [entry])[0].abstract == "The teaser."


def test_submitters_are_kept_however_they_are_called():
    for by in ({"user": "ada"}, {"name": "ada"}):
        assert parsed(hf_json, wrapped(submittedOnDailyBy=by))[0].extra["submittedOnDailyBy"] == by


def test_addresses_that_are_none_make_no_links():
    (record,) = parsed(
        hf_json,
        wrapped(githubRepo="javascript:alert(1)", projectPage="soon", linkedModels=[{"id": "../x y"}]),
    )
    assert [link.kind for link in record.links] == ["discussion"]


def test_odd_fields_do_no_harm():
    for value in (None, 0, "", "x", [], [None], {}, {"a": 1}, [[1]]):
        for field in (
            "authors",
            "summary",
            "ai_keywords",
            "ai_summary",
            "linkedModels",
            "upvotes",
            "organization",
        ):
            (record,) = parsed(hf_json, wrapped(**{field: value}))
            assert record.key == "2601.00001"
    for entry in (None, 1, "x", [], {"paper": None}, {"paper": []}):
        (rejection,) = parsed(hf_json, [entry])
        assert isinstance(rejection, Rejection)


def test_a_text_page_never_invents_its_year():
    (record,) = parsed(hf_text, page("A Title", LONG))
    assert record.listings[0].day == "--07-29"
    (record,) = parsed(hf_text, page("A Title", LONG), year=2025)
    assert record.listings[0].day == "2025-07-29"
    (record,) = parsed(hf_text, page("A Title", LONG, day="Jul 29, 2024"), year=2025)
    assert record.listings[0].day == "2024-07-29"


@pytest.mark.parametrize(
    ("named", "day"),
    [
        ("Oct 9", "--10-09"),
        ("October 9th", "--10-09"),
        ("9 October", "--10-09"),
        ("Thu, Oct 9", "--10-09"),
        ("Oct 9, 2025", "2025-10-09"),
        ("2025-10-09", "2025-10-09"),
        ("Feb 29", "--02-29"),
        ("Sept. 3", "--09-03"),
    ],
)
def test_days_of_a_page(named, day):
    assert parsed(hf_text, page("A Title", LONG, day=named))[0].listings[0].day == day


def test_a_day_that_is_none_in_that_year_makes_no_listing():
    (record,) = [
        r for r in parsed(hf_text, page("A Title", LONG, day="Feb 29"), year=2025) if isinstance(r, Record)
    ]
    assert record.listings == ()


def test_a_page_without_a_day_is_read_without_one():
    (record,) = parsed(hf_text, f"Daily Papers\n\nA Title\n\n{LONG}\n")
    assert record.listings == ()
    assert record.extra == {"position": 1}


def test_windows_lines_and_trailing_spaces_change_nothing():
    text = page("A Title", LONG, "Another Title", LONG)
    plain = parsed(hf_text, text)
    spaced = parsed(hf_text, text.replace("\n", "  \r\n"))
    assert [(r.title, r.abstract, r.key, r.listings) for r in spaced] == [
        (r.title, r.abstract, r.key, r.listings) for r in plain
    ]
    assert [r.place for r in spaced] == [r.place for r in plain] == ["line 11", "line 15"]


def test_hard_wrapped_paragraphs_are_one():
    (record,) = parsed(
        hf_text, page("A Title\nthat Wraps", textwrap.fill("First line of the abstract. " + LONG))
    )
    assert record.title == "A Title that Wraps"
    assert record.abstract.startswith("First line of the abstract. This")


def test_paragraphs_on_lines_of_their_own_are_read():
    one, two = parsed(hf_text, page("A Title", LONG, "Another", LONG, end="\n"))
    assert (one.title, two.title) == ("A Title", "Another")


def test_furniture_of_the_page_is_passed_over():
    text = page(
        "Submitted by",
        "ada",
        "12",
        "A Title",
        LONG,
        "3",
        "·",
        "7 authors",
        "Another",
        LONG,
        "Previous",
        "Next",
        "© 2025",
    )
    results = parsed(hf_text, text)
    assert [r.title for r in results if isinstance(r, Record)] == ["A Title", "Another"]
    assert [r.excerpt for r in results if isinstance(r, Rejection)] == ["ada"]


def test_odd_paragraphs_are_rejected_with_their_line():
    results = parsed(hf_text, page(LONG, "A Title", LONG, "Left over"))
    assert [type(r) for r in results] == [Rejection, Record, Rejection]
    assert [r.place for r in results] == ["line 11", "line 13", "line 17"]


def test_two_days_on_one_page_are_told_apart():
    one, two = parsed(hf_text, page("A Title", LONG, "Jul 28", "Another", LONG))
    assert (one.listings[0].day, two.listings[0].day) == ("--07-29", "--07-28")


def test_the_same_paper_on_two_pages_has_one_key():
    (one,) = parsed(hf_text, page("A Title: of Note", LONG))
    (two,) = parsed(hf_text, page("A title – of note", LONG, day="Oct 9"))
    assert one.key == two.key


def test_other_text_is_no_page():
    assert not hf_text.recognise(b"Dear diary,\n\ntoday I read the daily papers.\n")
    with pytest.raises(UnreadableInputError, match="Daily Papers"):
        parsed(hf_text, "Dear diary")


def test_a_web_page_without_papers_is_refused_in_words():
    with pytest.raises(UnreadableInputError, match="carries no papers"):
        parsed(hf_html, "<!DOCTYPE html><html><div data-target='DailyPapers'></div></html>")


def test_a_page_whose_data_come_late_is_recognised_by_its_address():
    head = "<!doctype html><html><head>" + "<meta name='x'>" * 6000
    assert not hf_html.recognise(head.encode()[:65536])
    known = head.replace(
        "<head>", '<head><meta property="og:url" content="https://huggingface.co/papers/date/2026-01-23">'
    )
    assert hf_html.recognise(known.encode()[:65536])


def test_weeks_and_months_date_nothing():
    def days(period, day):
        props = {"periodType": period, "dateString": day, "dailyPapers": wrapped()}
        attribute = json.dumps(props).replace("&", "&amp;").replace('"', "&quot;")
        (record,) = parsed(
            hf_html, f'<html><div data-target="DailyPapers" data-props="{attribute}"></div></html>'
        )
        return [listing.day for listing in record.listings]

    assert days("day", "2026-01-23") == ["2026-01-23"]
    assert days("week", "2026-W04") == []
    assert days("month", "2026-01") == []
    assert days("month", "2026-01-01") == []


def test_the_body_of_a_markdown_page_is_no_abstract():
    text = (
        "Title: T\n\nURL Source: https://arxiv.org/abs/2401.00001\n\nMarkdown Content:\n# T\n\nFull text.\n"
    )
    (record,) = parsed(hf_markdown, text)
    assert (record.title, record.abstract, record.key) == ("T", "", "2401.00001")
    (record,) = parsed(
        hf_markdown, text.replace("Full text.", "## Abstract\n\nShort.\n\n## 1 Intro\n\nFull text.")
    )
    assert record.abstract == "Short."
