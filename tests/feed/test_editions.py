"""The layout of an edition: who leads, who gets how much room, and what stands first in an abstract."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.feed.editions import SENTENCES, lay_out, sentences, standfirst, weight
from broadsheet.papers import Paper, SourceVotes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def paper(number: int, *, category: str = "", votes: int | None = None, comments: int | None = None) -> Paper:
    counted = () if votes is None else (SourceVotes("hf", votes, comments),)
    return Paper(
        id=number,
        key=f"p{number}",
        title=f"Paper {number}",
        abstract="One is here. Two is here. Three is here. Four is here.",
        primary_category=category,
        votes=counted,
        added=NOW,
        updated=NOW,
    )


@given(st.lists(st.sampled_from(["", "cs.CV", "cs.CL", "stat.ML", "math.AG"]), max_size=80), st.booleans())
def test_every_paper_is_laid_out_exactly_once(categories: list[str], first_page: bool) -> None:
    papers = [paper(n, category=c) for n, c in enumerate(categories)]
    lead, top, sections = lay_out(papers, first_page=first_page)
    laid = [c.paper.id for s in sections for c in s.columns] + ([lead.id] if lead else [])
    assert sorted(laid) == list(range(len(papers)))
    assert (lead is None) == (not papers or not first_page)
    assert {p.id for p in top} <= set(laid)
    assert len({s.title for s in sections}) == len(sections)


def test_sections_follow_their_heaviest_paper_and_sizes_follow_rank() -> None:
    papers = [paper(n, category="cs.CL" if n in (1, 5) else "cs.CV") for n in range(13)]
    lead, top, sections = lay_out(papers)
    assert lead is papers[0]
    assert [p.id for p in top] == [1, 2, 3, 4, 5, 6, 7]
    assert [s.title for s in sections] == ["Language", "Vision"]
    sizes = {c.paper.id: c.size for s in sections for c in s.columns}
    assert [sizes[n] for n in range(1, 13)] == ["big"] * 2 + ["middle"] * 4 + ["small"] * 6


def test_the_standfirst_of_a_size_has_that_many_sentences() -> None:
    for size, count in SENTENCES.items():
        assert len(list(sentences(standfirst(paper(0).abstract, count)))) == count, size


def test_learning_is_one_section_whoever_files_it() -> None:
    _, _, sections = lay_out([paper(0), paper(1, category="cs.LG"), paper(2, category="stat.ML")])
    assert [(s.title, len(s.columns)) for s in sections] == [("Learning", 2)]


def test_votes_weigh_more_than_comments_and_unknown_is_nothing() -> None:
    assert weight(paper(0)) == 0
    assert weight(paper(0, votes=0)) == 0
    assert weight(paper(0, votes=9)) > weight(paper(0, votes=0, comments=9)) > 0
    assert weight(paper(0, votes=100)) > weight(paper(0, votes=10))


@given(st.text(max_size=300))
def test_sentences_lose_no_word(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We use e.g. Adam. It works.", 2),
        ("As in Fig. 3 and Eq. (2), it holds.", 1),
        ("By J. R. Smith and others.", 1),
        ("Accuracy rises by 3.5 points. Why? We ask!", 3),
        ("Take $a. B$ as given. Then stop.", 2),
        ("It ends in “quotes.” Then more.", 2),
        ("no capital. follows here", 1),
        ("", 0),
    ],
)
def test_where_a_sentence_ends(text: str, count: int) -> None:
    assert len(list(sentences(text))) == count


@given(st.text(alphabet="ab $.A", max_size=2000), st.integers(1, 4))
def test_a_standfirst_is_short_and_leaves_no_half_formula(text: str, count: int) -> None:
    opening = standfirst(text, count, limit=100)
    assert len(opening) <= 102
    if text.count("$") % 2 == 0 and opening.endswith("…"):
        assert opening.count("$") % 2 == 0
