from __future__ import annotations

import io
import json

import pytest

from broadsheet.papers import Rejection, Status
from broadsheet.sources import openreview


def read(note, version=2):
    content = {"title": "T", "authors": ["Ada"]} | note.pop("content", {})
    if version == 2:
        content = {key: {"value": value} for key, value in content.items()}
    note = {"id": "abc", "forum": "abc", "cdate": 1700000000000, "content": content} | note
    (result,) = openreview.parse(io.BytesIO(json.dumps({"notes": [note]}).encode()))
    return result


@pytest.mark.parametrize("version", [1, 2])
def test_both_versions_of_the_api_say_the_same(version):
    record = read({"content": {"abstract": "A.", "keywords": ["x"], "venue": "ICML 2024"}}, version)
    assert (record.title, record.abstract, record.keywords, record.venue) == ("T", "A.", ("x",), "ICML 2024")
    assert str(record.identifiers[0]) == "openreview:abc"


@pytest.mark.parametrize(
    ("venue", "venueid", "where", "state"),
    [
        ("ICML 2024 Poster", "ICML.cc/2024/Conference", "ICML 2024 Poster", None),
        ("TMLR", "TMLR", "TMLR", None),
        ("Submitted to ICML 2024", "ICML.cc/2024/Conference/Submission", "", "submitted"),
        ("Submitted to ICML 2024", "ICML.cc/2024/Conference/Rejected_Submission", "", "rejected"),
        (
            "ICML 2024 Conference Withdrawn Submission",
            "ICML.cc/2024/Conference/Withdrawn_Submission",
            "",
            "withdrawn",
        ),
        ("ICML 2024", "ICML.cc/2024/Conference/Desk_Rejected_Submission", "", "desk_rejected"),
        ("ICLR 2021 Conference Blind Submission", "", "", "submitted"),
        ("Under review for TMLR", "TMLR/Under_Review", "", "submitted"),
        ("", "", "", None),
    ],
)
def test_a_submission_is_no_venue(venue, venueid, where, state):
    record = read({"content": {"venue": venue, "venueid": venueid}, "pdate": 1700000000000})
    assert record.venue == where
    assert record.extra.get("submission_state") == state
    assert record.status is Status.STANDING
    assert bool(record.published) == bool(where)


def test_an_abstract_may_be_null():
    assert read({"content": {"abstract": None}}).abstract == ""


@pytest.mark.parametrize("authors", ["Anonymous", ["Anonymous"], ["Anonymous Authors"], [], None, ""])
def test_anonymous_authors_are_none(authors):
    assert read({"content": {"authors": authors}}).authors == ()


@pytest.mark.parametrize(
    "authors", ["Ada, Bob", "Ada and Bob", ["Ada", "Bob"], [{"fullname": "Ada"}, {"name": "Bob"}]]
)
def test_authors_come_in_many_ways(authors):
    assert [author.name for author in read({"content": {"authors": authors}}).authors] == ["Ada", "Bob"]


def test_people_s_mail_addresses_are_not_kept():
    record = read({"content": {"authorids": ["~Ada1", "bob@example.org"]}})
    assert "bob@example.org" not in json.dumps(dict(record.extra))
    assert record.extra["authorids"] == ["~Ada1"]


def test_a_relative_pdf_is_the_site_s():
    assert read({"content": {"pdf": "/pdf/1.pdf"}}).link("pdf") == "https://openreview.net/pdf/1.pdf"
    assert read({"content": {"pdf": "https://example.org/1.pdf"}}).link("pdf") == "https://example.org/1.pdf"
    assert read({"content": {"pdf": "javascript:x"}}).link("pdf") == ""


def test_replies_and_stray_notes_are_rejected():
    assert "a reply" in read({"id": "rev1"}).reason
    assert "a reply" in read({"replyto": "abc"}).reason
    assert "no title" in read({"content": {"title": None}}).reason
    for note in (None, 1, {}, {"id": "x"}, {"id": "x", "content": 3}):
        (result,) = openreview.parse(io.BytesIO(json.dumps({"notes": [note]}).encode()))
        assert isinstance(result, Rejection)


def test_milliseconds_become_days():
    record = read({"pdate": 1705000000000, "content": {"venue": "ICML"}})
    assert (record.submitted.isoformat(), record.published) == ("2023-11-14", "2024-01-11")
    assert read({"cdate": "soon"}).submitted is None
