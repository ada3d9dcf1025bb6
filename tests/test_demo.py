from __future__ import annotations

import re
from datetime import timedelta

import pytest

from broadsheet.categories import section_of
from broadsheet.feed import demo
from broadsheet.feed.editions import sentences

PAPERS = demo.edition().papers


def test_the_demonstration_edition_fills_a_front_page():
    edition = demo.edition()
    assert edition.title == "Demonstration edition"
    assert edition.span is None
    assert edition.total == len(edition.papers) >= 30
    assert edition.lead is not None
    assert edition.lead.title == "Attention Is All You Need"
    assert len(edition.top) == 7
    assert len(edition.sections) >= 5


def test_every_paper_stands_once():
    assert len({paper.id for paper in PAPERS}) == len(PAPERS)
    assert len({paper.key for paper in PAPERS}) == len(PAPERS)
    assert len({paper.title for paper in PAPERS}) == len(PAPERS)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.key)
def test_a_paper_has_the_facts_and_a_summary(paper):
    assert paper.authors
    assert len({author.name for author in paper.authors}) == len(paper.authors)
    assert 3 <= len(list(sentences(paper.abstract))) <= 5
    assert paper.abstract.count("$") % 2 == 0
    assert re.fullmatch(r"\d{4}", paper.published)
    assert section_of(paper.primary_category)
    assert paper.link("page").startswith("https://")
    assert re.fullmatch(r"[\w./():-]+", paper.key)


@pytest.mark.parametrize("paper", [p for p in PAPERS if p.identifier("arxiv")], ids=lambda paper: paper.key)
def test_an_arxiv_number_tells_the_month_of_submission(paper):
    number = paper.identifier("arxiv")
    assert re.fullmatch(r"\d{4}\.\d{4,5}", number)
    # A number is given on the day of announcement, which may already be in the next month.
    assert number[:4] in {f"{paper.submitted + timedelta(days):%y%m}" for days in range(5)}
    assert int(paper.published) >= paper.submitted.year


def test_nobody_has_voted_for_them():
    assert all(paper.upvotes is None and paper.comments is None for paper in PAPERS)
