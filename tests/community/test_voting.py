from __future__ import annotations

import pytest

from broadsheet.community.voting import Signs
from broadsheet.exceptions import PaperNotFoundError

FIRST, SECOND = "2603.00001", "2603.00002"


def test_a_vote_counts_once_and_can_be_taken_back(house, people):
    community = house.community
    assert community.vote(people["ada"], FIRST)
    assert not community.vote(people["ada"], FIRST)
    assert community.vote(people["bo"], f"https://arxiv.org/abs/{FIRST}v2")
    paper = house.paper(FIRST)
    assert community.signs(people["ada"], [paper])[FIRST] == Signs(votes=2, voted=True)
    assert community.signs(None, [paper])[FIRST] == Signs(votes=2)
    assert community.vote(people["ada"], FIRST, up=False)
    assert not community.vote(people["ada"], FIRST, up=False)
    assert community.signs(people["ada"], [paper])[FIRST] == Signs(votes=1)


def test_the_other_marks_are_the_readers_own(house, people, clock):
    community, ada = house.community, people["ada"]
    for what in (community.save, community.hide, community.mark_read):
        assert what(ada, FIRST)
    clock.forward(minutes=1)
    community.save(ada, SECOND)
    paper = house.paper(FIRST)
    assert community.signs(ada, [paper])[FIRST] == Signs(saved=True, hidden=True, read=True)
    assert community.signs(people["bo"], [paper])[FIRST] == Signs()
    assert [paper.key for paper in community.marked(ada, "save")] == [SECOND, FIRST]
    community.save(ada, SECOND, keep=False)
    assert [paper.key for paper in community.marked(ada, "save")] == [FIRST]


def test_the_signs_of_any_moment(house, people, clock):
    before = clock.now
    clock.forward(hours=1)
    house.community.vote(people["ada"], FIRST)
    voted = clock.now
    clock.forward(hours=1)
    house.community.vote(people["bo"], FIRST)
    house.community.vote(people["ada"], FIRST, up=False)
    paper = house.paper(FIRST)
    seen = [house.community.signs(people["ada"], [paper], at=at)[FIRST] for at in (before, voted, clock.now)]
    assert seen == [Signs(), Signs(votes=1, voted=True), Signs(votes=1)]


def test_nobody_votes_twice_by_a_merge(house, people):
    community = house.community
    for reader in ("ada", "bo"):
        community.vote(people[reader], FIRST)
    community.vote(people["ada"], SECOND)
    house.merge(FIRST, SECOND)
    assert community.signs(None, [house.paper(FIRST)])[FIRST].votes == 2
    shown = community.trending()
    assert [b.votes for p, b in zip(shown.papers, shown.breakdowns, strict=True) if p.key == FIRST] == [2]


def test_a_paper_that_is_not_here_cannot_be_marked(house, people):
    with pytest.raises(PaperNotFoundError):
        house.community.vote(people["ada"], "2609.99999")
    with pytest.raises(ValueError, match="a mark is one of vote, save, hide, read, got 'dislike'"):
        house.community.mark(people["ada"], FIRST, "dislike", True)


def test_what_a_reader_did_goes_along_and_away(house, people):
    community, ada = house.community, people["ada"]
    community.vote(ada, FIRST)
    community.save(ada, SECOND)
    told = house.people.export(ada)["community"]["events"]
    assert [(line["kind"], line["paper"]) for line in told] == [("vote", FIRST), ("save", SECOND)]
    house.people.delete(ada)
    assert [(line["kind"], line["paper"]) for line in community.of_reader(ada.id)["events"]] == [
        ("vote", FIRST),
        ("save", ""),
    ]
    assert community.signs(None, [house.paper(FIRST)])[FIRST].votes == 1
    assert list(community.marked(ada, "save")) == []
