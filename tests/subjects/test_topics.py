from __future__ import annotations

import numpy as np
import pytest

from broadsheet.subjects.topics import Topics, how_many, month_of

from .conftest import PLANTED, planted


@pytest.fixture
def found(house):
    topics = house.subjects.find_topics(count=4)
    assert topics is not None
    return topics


def test_the_planted_things_are_the_topics(found, house):
    assert len(found.topics) == 4
    for topic in found.topics:
        kinds = {paper.key.partition(".")[2][0] for paper in house.store.papers(found.papers_of(topic))}
        assert len(kinds) == 1
        own = tuple(PLANTED)[int(kinds.pop())]
        words = {word.rstrip("s") for term in topic.terms for word in term.split()}
        assert words & {word.rstrip("s") for word in PLANTED[own]}
        assert topic.stability > 0.6
        assert topic.size == len(found.papers_of(topic)) == 30


def test_curves_are_shares_of_each_months_papers(found, house):
    assert found.months == tuple(f"2024-{month:02}" for month in range(1, 13))
    for place, month in enumerate(found.months):
        papers = [p for p in house.store.papers(house.store.ids()) if month_of(p) == month]
        assert found.counts[place] == len(papers)
        for topic in found.topics:
            inside = set(found.papers_of(topic))
            share = sum(paper.id in inside for paper in papers) / len(papers)
            assert topic.curve[place] == pytest.approx(share, abs=1e-4)
        assert sum(topic.curve[place] for topic in found.topics) == pytest.approx(1, abs=1e-3)


def test_what_was_saved_is_what_was_found(found, house, tmp_path):
    found.save(tmp_path)
    again = Topics.load(tmp_path)
    assert again.topics == found.topics
    np.testing.assert_array_equal(again.labels, found.labels)
    assert house.subjects.topics().topics == found.topics
    (tmp_path / "saved.json").write_text("{}")
    assert Topics.load(tmp_path) is None


def test_the_same_papers_have_the_same_topics(found, house):
    assert house.subjects.find_topics(count=4).topics == found.topics


def test_topics_are_found_when_there_are_enough_papers_and_again_when_a_tenth_has_come(make_house):
    few = make_house([planted("tides", number) for number in range(20)])
    few.subjects.refresh()
    assert few.subjects.topics() is None
    few.store.ingest([planted("bees", number) for number in range(20)])
    few.refresh()
    assert few.subjects.refresh() == 40
    first = few.subjects.topics()
    few.store.ingest([planted("glaciers", 1)])
    few.refresh()
    assert few.subjects.refresh() == 0
    few.store.ingest([planted("violins", number) for number in range(20)])
    few.refresh()
    assert few.subjects.refresh() == 61
    assert few.subjects.topics().at > first.at


def test_more_papers_are_told_apart_more_finely():
    counts = [how_many(papers) for papers in (30, 100, 1000, 10_000, 1_000_000)]
    assert counts == sorted(counts)
    assert counts[-1] == 40
